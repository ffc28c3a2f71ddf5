/*
 * journaled.pml: what is in the journal, whoever dies: of a recorder, and (-DINLINE) of a producer with a journal in its path.
 *
 * The journal is a file of records that is appended to: first the body, then the magic. LIVES writers own it one after the
 * other; all but the last may be killed between any two steps. Whoever opens it takes the whole records for what there is.
 *
 * Recorder: LANES lanes of N messages, a ring of CAP for each; the recorder is the one member of a durable group. -DFULL: now and
 * then there is no room in the file system. -DEVERY: acknowledged after the sync, which takes what the file held when it began.
 * -DREADER: a reader follows. Claims: a message is appended once, in order, and before it is acknowledged (with -DEVERY on the disk
 * before that); a reader never sees a magic without its record; in the end all is in the journal and acknowledged.
 *
 * Inline: one lane; messages of a batch of up to two are appended, then published together; the next producer takes back what
 * was never published, and its messages have other contents. Claims: what is published is in the journal, with its content;
 * behind a record that is not whole no whole one is ever found; in the end the journal is what was published.
 *
 * -DSTAGED: the file is not mapped to be written; what is appended is kept aside, and written before it is acknowledged or published: all
 * bodies, then all magics in order. With -DFULL each of these writes may find no room.
 *
 * A step is one load or one store of a shared word, one copy of a body, or one system call; g… are ghosts.
 */
#ifndef N
#define N 3
#endif
#ifndef LIVES
#define LIVES 3
#endif
#ifndef LANES
#define LANES 1
#endif
#ifndef CAP
#define CAP 2
#endif
#define LAST (LANES - 1)
#define MOST (LANES * N + 2)         /* with room for what should not be there */

/* the segment */
byte head[LANES], position[LANES];
byte slot[LANES * CAP];

/* the file; a body is lane and number of a message, or of -DINLINE the content, and 0 when nothing was written */
byte body[MOST];
bool magic[MOST];

/* kernel */
byte writerLock, memberLock;
byte synced;                         /* records of the file that are on the disk */
bool dead[LIVES + 1];

/* ghosts */
byte gCount[LANES];                  /* messages of a lane in the journal */
byte gContent;                       /* contents are numbered */
byte gPublished[N];                  /* content of each published message */
byte gFailures;                      /* times that there was no room */

#define WHOLE(i) (magic[i] && body[i] != 0)
#define MAY_FAIL (gFailures < 2)
#ifdef INLINE
#define COUNT skip
#else
#define COUNT assert(number == gCount[l]); gCount[l]++
#endif

/* SYNC journaled */
inline append(i, what)
{
#ifdef MAGIC_FIRST
  magic[i] = true;
  atomic { body[i] = what; COUNT }
#else
  body[i] = what;
  atomic { magic[i] = true; COUNT }
#endif
}

#ifdef INLINE
#define STAGED_COUNT skip
#else
#define STAGED_COUNT assert((body[i] - 1) % N == gCount[(body[i] - 1) / N]); gCount[(body[i] - 1) / N]++
#endif

#ifdef FULL
#define NO_ROOM MAY_FAIL
#else
#define NO_ROOM false
#endif

/* -DSTAGED: the records from `end` to `to`, whose bodies are `what`, an expression of i */
inline store(to, what)
{
  failed = false;
  i = end;
  do
  :: i < to -> body[i] = what; i++
  :: atomic { i < to && NO_ROOM -> gFailures++; failed = true; break }
  :: i >= to -> break
  od;
  if
  :: failed -> i = end
  :: else ->
#ifdef MAGICS_BACKWARD
       i = to;
       do :: i > end -> i--; magic[i] = true :: else -> break od;
       i = to;
#else
       i = end;
       do
       :: i < to -> atomic { magic[i] = true; STAGED_COUNT; i++ }
       :: atomic { i < to && NO_ROOM -> gFailures++; failed = true; break }
       :: i >= to -> break
       od
#endif
  fi;
#ifdef INLINE
  if
  :: failed ->                         /* none is published: the last one first */
       do :: i > end -> i--; magic[i] = false :: else -> break od
  :: else -> end = to
  fi;
#else
  end = i;                             /* those that have their magic stay */
#endif
  i = 0
}

inline release()                     /* the kernel closes the descriptors of the dead in any order */
{
  if
  :: atomic { writerLock == me -> writerLock = 0 }; atomic { if :: memberLock == me -> memberLock = 0 :: else fi }
  :: atomic { memberLock == me -> memberLock = 0 }; atomic { if :: writerLock == me -> writerLock = 0 :: else fi }
  :: atomic { writerLock != me && memberLock != me -> skip }
  fi
}

/* the whole records are what there is; what was begun behind them is wiped */
inline open_journal()
{
  atomic { writerLock == 0 -> writerLock = me }
  d_step {
    end = 0;
    do :: end < MOST && WHOLE(end) -> end++ :: else -> break od;
    i = end;
    do :: i < MOST -> assert(!WHOLE(i)); i++ :: else -> break od;       /* ERR_HERMES_CORRUPT_JOURNAL */
    i = 0
  }
#ifdef STAGED
  d_step { i = end; do :: i < MOST -> body[i] = 0; i++ :: else -> break od; i = 0 }
#else
  body[end] = 0
#endif
}

#ifndef INLINE

#define MESSAGE(lane, number) ((lane) * N + (number) + 1)
#define LANE_OF(i) ((body[i] - 1) / N)
#ifdef NO_SKIP
#define IS_RECORDED(number, due) false
#else
#define IS_RECORDED(number, due) (number < due)                  /* the journal has it */
#endif

proctype Producer(byte l)
{
  do
  :: head[l] == N -> break
  :: head[l] < N && head[l] - position[l] < CAP ->               /* SYNC consumed: the gate */
       slot[l * CAP + head[l] % CAP] = head[l] + 1;
       head[l]++                                                 /* SYNC published */
  od
}

inline acknowledge(l)
{
  atomic {
    assert(to[l] <= gCount[l]);                                  /* nothing acknowledged is missing */
#ifdef EVERY
    i = 0; number = 0;
    do :: i < synced -> if :: LANE_OF(i) == l -> number++ :: else fi; i++ :: else -> break od;
    assert(to[l] <= number);                                     /* nor on the disk */
    i = 0; number = 0;
#endif
    position[l] = to[l]                                          /* SYNC consumed */
  }
}

proctype Recorder(byte me)
{
  byte due[LANES], read[LANES], to[LANES];
  byte end, i, l, number, syncing;
  bool changed, failed;
#ifdef STAGED
  byte aside[MOST], last;
#endif
  {
    open_journal();
#ifdef STAGED
    last = end;
#endif
    d_step { do :: i < end -> due[LANE_OF(i)]++; i++ :: else -> i = 0; break od }
    atomic { memberLock == 0 -> memberLock = me; read[0] = position[0]; read[LAST] = position[LAST] }
#ifndef SYNC_OWN_ONLY
    changed = true;                                              /* what a dead one wrote may not be on the disk */
#endif
again:
    do
    :: atomic { (position[0] < N || position[LAST] < N) ->
         if
         :: head[0] > read[0] -> l = 0                           /* SYNC published */
         :: head[LAST] > read[LAST] -> l = LAST
         :: read[0] > position[0] || read[LAST] > position[LAST] -> l = LANES
         fi }
       if
       :: l < LANES ->
            number = slot[l * CAP + read[l] % CAP] - 1;
            assert(number == read[l]);                           /* the gate held */
#ifdef ACKNOWLEDGE_FIRST
            to[l] = read[l] + 1; position[l] = to[l];
#endif
            failed = false;
            if
            :: IS_RECORDED(number, due[l]) -> skip
#ifdef FULL
            :: atomic { !IS_RECORDED(number, due[l]) && MAY_FAIL -> gFailures++; failed = true }    /* nothing was changed */
#endif
            :: !IS_RECORDED(number, due[l]) ->
#ifdef STAGED
                 atomic { aside[last] = MESSAGE(l, number); last++; due[l] = number + 1; changed = true }
#else
                 append(end, MESSAGE(l, number));
                 atomic { due[l] = number + 1; end++; changed = true }
#endif
            fi;
#ifdef ACKNOWLEDGE_FAILED
            read[l]++;
#else
            if :: !failed -> read[l]++ :: else fi;
#endif
            atomic { number = 0; failed = false }
       :: else ->
            atomic { to[0] = read[0]; to[LAST] = read[LAST] }
#ifdef STAGED
            store(last, aside[i]);
#ifndef ACKNOWLEDGE_UNSTORED
            if :: failed -> atomic { to[0] = 0; to[LAST] = 0; failed = false; goto again } :: else fi;
#endif
#endif
#ifdef EVERY
            if
            :: changed ->
                 changed = false;
                 syncing = end;                                  /* fdatasync begins */
#ifdef READ_WHILE_SYNCING
                 if
                 :: atomic { head[0] > read[0] && read[0] == due[0] -> l = 0; number = read[0] }
                    append(end, MESSAGE(0, number));
                    atomic { due[0]++; end++; read[0]++; to[0]++; number = 0; changed = true }
                 :: skip
                 fi;
#endif
                 atomic { synced = syncing; syncing = 0 }
            :: else
            fi;
#endif
            acknowledge(0);
#if LANES == 2
            acknowledge(1);
#endif
            atomic { to[0] = 0; to[LAST] = 0 }
       fi
    :: atomic { position[0] == N && position[LAST] == N -> break }
    od
  } unless { dead[me] -> release() }
}

/* follows: the magic tells that the record is whole */
proctype Reader()
{
  byte i;
  do
  :: i == LANES * N -> break
  :: i < LANES * N && magic[i] -> assert(body[i] != 0); i++
  od
}

proctype Monitor()
{
  timeout ->
  assert(position[0] == N && position[LAST] == N);
  assert(gCount[0] == N && gCount[LAST] == N && WHOLE(LANES * N - 1) && !magic[LANES * N])
}

#else

/* the messages from the head on, `count` of them, whose contents begin with `content` */
inline append_batch()
{
#ifdef STAGED
  store(head[0] + count, content + i - head[0])
#else
  i = head[0];
  do
  :: i < head[0] + count ->
       if
       :: i < end -> skip                                        /* the journal has it */
       :: i >= end -> append(end, content + i - head[0]); end++
#ifdef RESERVE_EACH
       :: i >= end && MAY_FAIL -> gFailures++; failed = true; break
#endif
       fi;
       i++
  :: else -> break
  od
#endif
}

inline publish()
{
  atomic {
    i = 0;
    do :: i < count -> gPublished[head[0] + i] = content + i; i++ :: else -> break od;
    i = 0;
    head[0] = head[0] + count                                    /* SYNC published */
  }
}

proctype Producer(byte me)
{
  byte end, i, count, content;
  bool failed;
  {
    open_journal();
    atomic { memberLock == 0 -> memberLock = me }                /* the lane's */
    assert(end >= head[0]);                                      /* nothing published is missing */
    /* SYNC journaled: what is taken back goes from the last record to the first, each magic before its body */
#ifdef WIPE_FORWARD
    i = head[0];
    do :: i < end -> magic[i] = false; body[i] = 0; i++ :: else -> break od;
    end = head[0];
#else
#ifndef NO_TAKING_BACK
    do :: end > head[0] -> magic[end - 1] = false; body[end - 1] = 0; end-- :: else -> break od;
#endif
#endif
    do
    :: head[0] == N -> break
    :: head[0] < N ->
         atomic {
           if :: count = 1 :: head[0] + 2 <= N -> count = 2 fi;
           content = gContent + 1; gContent = gContent + count; failed = false
         }
         if
#ifdef FULL
         :: atomic { MAY_FAIL -> gFailures++; failed = true }    /* no room for the batch: nothing was changed */
#endif
         :: skip ->
#ifdef PUBLISH_FIRST
              atomic { i = 0; do :: i < count -> gPublished[head[0] + i] = content + i; i++ :: else -> break od }
              i = head[0]; head[0] = head[0] + count;
              do :: i < head[0] -> append(end, content); atomic { end++; content++; i++ } :: else -> break od;
#else
              append_batch();
              if :: !failed -> publish() :: else fi;
#endif
         fi;
         atomic { i = 0; count = 0; content = 0 }
    od
  } unless { dead[me] -> release() }
}

proctype Monitor()
{
  byte i;
  timeout ->
  assert(head[0] == N);
  d_step {
    do :: i < N -> assert(WHOLE(i) && body[i] == gPublished[i]); i++ :: else -> break od;
    assert(!magic[N])
  }
}

#endif

proctype Killer()
{
  byte i = 1;
  do
  :: i < LIVES -> dead[i] = true; i++
  :: break
  od
}

init {
  atomic {
#ifdef INLINE
    run Producer(1); run Producer(2); run Producer(LIVES);
#else
    run Producer(0);
#if LANES == 2
    run Producer(1);
#endif
    run Recorder(1);
#if LIVES == 3
    run Recorder(2);
#endif
    run Recorder(LIVES);
#ifdef READER
    run Reader();
#endif
#endif
    run Killer();
    run Monitor()
  }
}
