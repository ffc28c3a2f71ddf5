/*
 * segments.pml: a journal in which several segments are recorded in turn: what it knows of each goes on from file to file.
 *
 * LIVES writers own the journal one after the other, in any order; each records one of two segments, whose N messages are
 * published. All but the last of each segment may be killed between any two steps. A file holds ROOM records of one segment; its
 * tables, there before it has its name, tell for every segment what comes next.
 *
 * Recorder: its acknowledgement is the group's position. -DGAP: the group of the first segment is removed and made anew farther on,
 * while nobody records. Claims: a message is appended once, in order, before it is acknowledged; and who reads the journal, from any
 * file on, finds as many messages missing as never came, though the other segment was recorded in between.
 *
 * Inline (-DINLINE): a producer appends, then publishes; the next one of its segment takes back what was never published, also
 * from a file that others follow; its messages have other contents. Claims: what is published is in the journal, once, with its
 * content; no file but the last is left without its end, and nothing looks missing.
 *
 * A step is one store of a shared word, one copy of a body, or one system call; g… are ghosts.
 */
#ifndef N
#define N 3
#endif
#ifndef LIVES
#define LIVES 4
#endif
#define ROOM 2
#define FILES 10
#define NONE 15                      /* no message of the segment is known */
#define AT(f, r) ((f) * ROOM + (r))
#define OTHER(s) (1 - (s))
#define SEGMENT_OF(life) (((life) - 1) % 2)
#define WHOLE(f, r) (magic[AT(f, r)] && body[AT(f, r)] != 0)
#define UNTIL_DEAD unless { dead[me] -> release() }

/* the segments */
byte position[2];                    /* of the recorder's group */
byte head[2];                        /* of -DINLINE */

/* the journal; a body is the number of a message, and from bit 2 on its content, plus one */
byte files;                          /* so many have a name */
byte segment[FILES];
byte table[FILES * 2];
bool sealed[FILES];                  /* a padding record ends it */
byte body[FILES * ROOM];
bool magic[FILES * ROOM];
#define NUMBER(f, r) ((body[AT(f, r)] - 1) % 4)
#define CONTENT(f, r) ((body[AT(f, r)] - 1) / 4)

/* kernel */
byte writerLock, memberLock[2];
bool dead[LIVES + 1];

/* ghosts */
byte gCount[2 * 4];                  /* how often a message was appended */
byte gGap[FILES];                    /* messages that are missing before a file */
byte gJumps;
byte gContent;                       /* contents are numbered */
byte gPublished[2 * 4];              /* the content of each published message */

inline release()
{
  if
  :: atomic { writerLock == me -> writerLock = 0 }; atomic { if :: memberLock[s] == me -> memberLock[s] = 0 :: else fi }
  :: atomic { memberLock[s] == me -> memberLock[s] = 0 }; atomic { if :: writerLock == me -> writerLock = 0 :: else fi }
  :: atomic { writerLock != me && memberLock[s] != me -> skip }
  fi
}

/* the last file alone: its tables, and its records for its own segment; what was begun behind them is wiped */
inline open_journal()
{
  atomic { writerLock == 0 -> writerLock = me }
  d_step {
    due[0] = NONE; due[1] = NONE; count = 0;
    if
    :: files > 0 ->
         due[0] = table[(files - 1) * 2]; due[1] = table[(files - 1) * 2 + 1];
         do
         :: count < ROOM && WHOLE(files - 1, count) -> due[segment[files - 1]] = NUMBER(files - 1, count) + 1; count++
         :: else -> break
         od;
#ifdef STALE_TABLE
         if :: segment[files - 1] != s -> due[OTHER(s)] = table[(files - 1) * 2 + OTHER(s)] :: else fi;
#endif
#ifdef LAST_FILE_ALONE
         if :: segment[files - 1] != s -> due[s] = NONE :: else fi;
#endif
    :: else
    fi
  }
  if :: files > 0 && count < ROOM -> body[AT(files - 1, count)] = 0 :: else fi
}

/* the next file: the one before it ends, then it gets its name, with all its tables */
inline begin_file()
{
  if :: files > 0 -> sealed[files - 1] = true :: else fi;
#ifdef NAME_FIRST
  atomic { assert(files < FILES); segment[files] = s; table[files * 2] = NONE; table[files * 2 + 1] = NONE; files++; count = 0 }
  atomic { table[(files - 1) * 2] = due[0]; table[(files - 1) * 2 + 1] = due[1]; gGap[files - 1] = jump; jump = 0 }
#else
  atomic {
    assert(files < FILES);
    table[files * 2] = due[0]; table[files * 2 + 1] = due[1];
#ifdef NOT_CARRIED
    if :: files > 0 && segment[files - 1] == s -> table[files * 2 + OTHER(s)] = NONE :: else fi;
#endif
    segment[files] = s; gGap[files] = jump; jump = 0; files++; count = 0
  }
#endif
}

#define IS_FULL (files == 0 || segment[files - 1] != s || count == ROOM || sealed[files - 1])

#ifdef INLINE
#define COUNT skip
#else
#define COUNT assert(gCount[s * 4 + number] == 0); gCount[s * 4 + number]++
#endif

/* SYNC journaled: the magic last */
inline append(what)
{
  if :: IS_FULL -> begin_file() :: else fi;
  body[AT(files - 1, count)] = what;
  atomic { magic[AT(files - 1, count)] = true; COUNT; due[s] = number + 1; count++ }
}

#ifndef INLINE

proctype Recorder(byte me)
{
  byte s, count, number, read, jump;
  byte due[2];
  s = SEGMENT_OF(me);
  {
    open_journal();
    atomic { memberLock[s] == 0 -> memberLock[s] = me; read = position[s] }
    do
    :: read < N ->
         number = read;
         if
         :: due[s] != NONE && number < due[s] -> skip            /* the journal has it */
         :: due[s] != NONE && number > due[s] ->                 /* a gap begins a file, whose table tells of it */
              atomic { jump = number - due[s]; due[s] = number }
              begin_file();
              append(number + 1)
         :: else -> append(number + 1)
         fi;
         read++
    :: read > position[s] ->
         atomic {
           number = position[s];
           do :: number < read -> assert(gCount[s * 4 + number] == 1); number++ :: else -> number = 0; break od;
           position[s] = read                                    /* SYNC consumed */
         }
    :: read == N && position[s] == N -> break
    od;
    release()                                                    /* it detaches */
  } UNTIL_DEAD
}

/* the group is removed, and is made anew behind a message */
proctype Remover()
{
  do
  :: atomic { gJumps < 2 && memberLock[0] == 0 && position[0] < N - 1 -> position[0]++; gJumps++ }
  :: break
  od
}

#else

proctype Producer(byte me)
{
  byte s, count, number, jump, content, f, r;
  byte due[2];
  s = SEGMENT_OF(me);
  {
    open_journal();
    atomic { memberLock[s] == 0 -> memberLock[s] = me }           /* the lane's */
    if
    :: due[s] != NONE && due[s] > head[s] ->                      /* SYNC journaled: the last one first, the magic first of each */
         d_step {
           f = files - 1;
           do :: segment[f] != s || (table[f * 2 + s] != NONE && table[f * 2 + s] > head[s]) -> f-- :: else -> break od;
           r = ROOM
         }
#ifdef TAKE_BACK_LAST_FILE_ALONE
         if
         :: f != files - 1 -> r = 0
         :: else -> skip
         fi;
#endif
#ifdef SET_FIRST
         due[s] = head[s]; begin_file();
#endif
#ifndef TAKE_BACK_LAST_FILE_ALONE
         if :: f < files - 1 -> sealed[f] = false :: else fi;
#endif
         do
         :: r > 0 && body[AT(f, r - 1)] != 0 && NUMBER(f, r - 1) >= head[s] -> magic[AT(f, r - 1)] = false; body[AT(f, r - 1)] = 0; r--
         :: r > 0 && body[AT(f, r - 1)] == 0 -> r--
         :: else -> break
         od;
         if :: f < files - 1 -> sealed[f] = true :: f == files - 1 -> count = r fi;
#ifndef NOT_SET
         atomic { due[s] = head[s]; if :: head[s] == 0 -> due[s] = NONE :: else fi; f = 0; r = 0 }
#endif
    :: else
    fi;
    do
    :: head[s] == N -> break
    :: head[s] < N ->
         atomic { number = head[s]; gContent++; content = gContent }
         if
         :: due[s] != NONE && number < due[s] -> skip            /* the journal has it */
         :: else -> append(number + content * 4 + 1)
         fi;
         atomic { gPublished[s * 4 + number] = content; head[s]++; content = 0 }      /* SYNC published */
    od;
    release()
  } UNTIL_DEAD
}

#endif

proctype Killer()
{
  byte i = 1;
  do
  :: i <= LIVES - 2 -> dead[i] = true; i++
  :: i <= LIVES - 2 -> i++
  :: break
  od
}

/* reads from file `first` on: what it knows of a segment is what it has read, or else what the tables tell */
inline read_from(first)
{
  known[0] = NONE; known[1] = NONE; found = 0; expected = 0;
  f = first;
  do
  :: f < files ->
       l = segment[f];
       if
       :: known[l] != NONE && table[f * 2 + l] != NONE && table[f * 2 + l] > known[l] -> found = found + table[f * 2 + l] - known[l]
       :: else
       fi;
       known[l] = table[f * 2 + l];
#ifdef READER_FORGETS
       known[OTHER(l)] = NONE;
#else
#ifdef READER_SKIPS_TABLES
#else
       if :: known[OTHER(l)] == NONE -> known[OTHER(l)] = table[f * 2 + OTHER(l)] :: else fi;
#endif
#endif
       if :: f > first -> expected = expected + gGap[f] :: else fi;
       r = 0;
       do
       :: r < ROOM && WHOLE(f, r) ->
            assert(known[l] == NONE || known[l] == NUMBER(f, r));
            known[l] = NUMBER(f, r) + 1; r++
       :: else -> break
       od;
       assert(f == files - 1 || sealed[f]);
       assert(r == ROOM || body[AT(f, r)] == 0);
       f++
  :: else -> break
  od;
  assert(found == expected)
}

proctype Monitor()
{
  byte f, r, l, found, expected, first, known[2];
  timeout ->
  d_step {
    do :: first < files -> read_from(first); first++ :: else -> break od;
#ifndef INLINE
    assert(position[0] == N && position[1] == N)
#else
    assert(head[0] == N && head[1] == N);
    f = 0; found = 0;
    do
    :: f < files ->
         r = 0;
         do
         :: r < ROOM && WHOLE(f, r) -> assert(gPublished[segment[f] * 4 + NUMBER(f, r)] == CONTENT(f, r)); found++; r++
         :: else -> break
         od;
         f++
    :: else -> break
    od;
    assert(found == 2 * N)
#endif
  }
}

init {
  atomic {
#ifdef INLINE
    run Producer(1); run Producer(2); run Producer(LIVES - 1); run Producer(LIVES);
#if LIVES == 5
    run Producer(3);
#endif
#else
    run Recorder(1); run Recorder(2); run Recorder(LIVES - 1); run Recorder(LIVES);
#if LIVES == 5
    run Recorder(3);
#endif
#ifdef GAP
    run Remover();
#endif
#endif
    run Killer();
    run Monitor()
  }
}
