/*
 * owner.pml: a journal has one writer, though anybody may remove its names; and nothing is acknowledged into nowhere.
 *
 * WRITERS open the journal, acknowledge and begin new files, and leave; one of them may be killed between any two steps. The Remover
 * removes names, REMOVALS times: the lock file's, a file's, or all of them, as who removes or moves the directory and makes another one
 * does. A file without a name lives on as long as somebody has it open, and its lock with it.
 *
 * Claims: two writers never own the journal at a time (that is: both with a file that has its name); what is acknowledged is in a file
 * that had its name when that was looked at last; whoever finds no living writer gets the journal.
 *
 * A step is one system call; g… are ghosts.
 */
#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef REMOVALS
#define REMOVALS 2
#endif
#define FILES 3
#define INODES (WRITERS * FILES + 1)
#define NO_FILE 255

/* what the names lead to: inodes, 0 for none */
byte lockName, fileName[FILES];
byte directory;                      /* so often it was made anew */

/* kernel */
byte lockCount, fileCount;           /* inodes that were made */
byte lockOwner[WRITERS + REMOVALS + 2], fileOwner[INODES + 1];
bool dead[WRITERS + 1];

/* ghosts */
bool gOwns[WRITERS + 1];
byte gFile[WRITERS + 1], gLast[WRITERS + 1];
bool gLooked[WRITERS + 1];           /* nothing was removed since it looked */
byte gRefused, gRemovals;
bool gEnded;

inline list(result)                  /* the last file */
{
  d_step {
    i = FILES; result = NO_FILE;
    do
    :: i > 0 && fileName[i - 1] != 0 -> result = i - 1; break
    :: i > 0 && fileName[i - 1] == 0 -> i--
    :: i == 0 -> break
    od;
    i = 0
  }
}

#define DROP(owner) owner = (owner == me -> 0 : owner)

inline drop_lock() { DROP(lockOwner[lock]) }
inline drop_files() { d_step { DROP(fileOwner[mine]); DROP(fileOwner[next]); DROP(fileOwner[gFile[me]]) } }

inline release()                     /* closes what it holds, or dies: in any order */
{
  gOwns[me] = false;
  if
  :: drop_lock(); drop_files()
  :: drop_files(); drop_lock()
  fi
}

#define IS_NAMED(w) (fileName[gLast[w]] == gFile[w])


proctype Writer(byte me)
{
  byte lock, mine, next, last, seen, home, i;
  bool acknowledged;
  {
    home = directory;
take_lock:
    atomic { if :: lockName == 0 -> lockCount++; lockName = lockCount :: else fi; lock = lockName }
    if
    :: atomic { lockOwner[lock] == 0 -> lockOwner[lock] = me }
    :: atomic { lockOwner[lock] != 0 -> goto ended }
    fi;
    if
    :: lockName == lock -> skip
    :: atomic { lockName != lock -> lockOwner[lock] = 0; goto take_lock }
    fi;
take_file:
    list(last);
    if
    :: last == NO_FILE ->                                        /* the first one */
         atomic { fileCount++; mine = fileCount }
         fileOwner[mine] = me;
         if
         :: atomic { fileName[0] == 0 -> fileName[0] = mine; last = 0 }
         :: atomic { fileName[0] != 0 -> goto ended }
         fi;
#ifndef NO_LOOK_AFTER_FIRST
         list(seen);
         if
         :: seen == 0 && fileName[0] == mine && home == directory -> skip
         :: else -> atomic { if :: fileName[0] == mine -> fileName[0] = 0 :: else fi; goto ended }
         fi
#endif
    :: else ->
#ifndef NO_FILE_LOCK
         mine = fileName[last];
         if :: mine == 0 -> goto take_file :: else fi;
         if
         :: atomic { fileOwner[mine] == 0 -> fileOwner[mine] = me }
         :: atomic { fileOwner[mine] != 0 -> goto ended }
         fi;
#ifndef NO_SECOND_LOOK
         list(seen);
         if
         :: seen == last && fileName[last] == mine -> skip
         :: else -> fileOwner[mine] = 0; goto take_file
         fi
#endif
#else
         mine = fileName[last];
         if :: mine == 0 -> goto take_file :: else fi
#endif
    fi;
    atomic { gFile[me] = mine; gLast[me] = last; gOwns[me] = true; mine = 0; seen = 0 }
    do
    :: !acknowledged ->                                         /* appends, looks, acknowledges */
#ifndef NO_LOOK
         if
         :: atomic { IS_NAMED(me) -> gLooked[me] = true }
         :: atomic { !IS_NAMED(me) -> goto ended }
         fi;
#else
         gLooked[me] = true;
#endif
         atomic {
           assert(IS_NAMED(me) || !gLooked[me]);
           i = 1;
           do
           :: i <= WRITERS -> assert(i == me || !(IS_NAMED(me) && gOwns[i] && IS_NAMED(i))); i++
           :: else -> break
           od;
           i = 0; acknowledged = true; gLooked[me] = false             /* SYNC consumed */
         }
    :: gLast[me] < FILES - 1 && fileCount < INODES ->            /* begins the next file */
         atomic { fileCount++; next = fileCount }
#ifdef RELEASE_FIRST
         fileOwner[gFile[me]] = 0;
#endif
#ifndef NAME_FIRST
         fileOwner[next] = me;
#endif
         if
         :: atomic { fileName[gLast[me] + 1] == 0 -> fileName[gLast[me] + 1] = next }
         :: atomic { fileName[gLast[me] + 1] != 0 -> goto ended }
         fi;
#ifdef NAME_FIRST
         fileOwner[next] = me;                                   /* who believes that nobody can have been faster */
#endif
#ifndef NO_LOOK_AT_FORMER
         if
         :: IS_NAMED(me) && fileName[gLast[me] + 1] == next && home == directory -> skip
         :: else -> atomic { if :: fileName[gLast[me] + 1] == next -> fileName[gLast[me] + 1] = 0 :: else fi; goto ended }
         fi;
#endif
         atomic { mine = gFile[me]; gFile[me] = next; gLast[me]++; next = 0 }
         atomic { DROP(fileOwner[mine]); mine = 0 }
    :: break
    od;
ended:
    release()
  } unless { dead[me] -> release() }
}

/* removes names; `directory` counts only what makes another directory of it */
proctype Remover()
{
  do
  :: gRemovals < REMOVALS ->
       atomic {
         gRemovals++;
         gLooked[1] = false; gLooked[2] = false; gLooked[WRITERS] = false;
         if
         :: lockName = 0
         :: fileName[0] = 0
         :: fileName[1] = 0
         :: fileName[2] = 0
         :: lockName = 0; fileName[0] = 0; fileName[1] = 0; fileName[2] = 0; directory++
         fi
       }
  :: break
  od
}

proctype Killer()
{
  if :: dead[1] = true :: skip fi
}

/* when all have left, nothing keeps the next one out */
proctype Monitor()
{
  byte i;
  timeout ->
  d_step {
    i = 1; do :: i <= INODES -> assert(fileOwner[i] == 0); i++ :: else -> break od;
    i = 1; do :: i < WRITERS + REMOVALS + 2 -> assert(lockOwner[i] == 0); i++ :: else -> break od
  }
}

init {
  atomic {
    run Writer(1); run Writer(2);
#if WRITERS == 3
    run Writer(3);
#endif
    run Remover(); run Killer(); run Monitor()
  }
}
