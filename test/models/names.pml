/*
 * names.pml: who may take a segment's name away, and who may give it.
 *
 * The name leads to a file (1 …) or nowhere (0). Creators, a remover, one who declares (it replaces a file that
 * seems to be of another boot) and a participant, all at once; each of them but the participant may be killed between any
 * two steps, and the kernel drops its locks. A file's boot id is that of the participant, who may attach at any time; to
 * all others it is another one, so that they take it for one of an earlier boot unless somebody is attached.
 *
 * Claims: what is unlinked is the file that was decided on, and its control lock is held; a creator takes away only what a
 * remover had marked; nobody is attached to what is taken away; whoever has attached can be met under the name; in the
 * end the name is not left to a file that nobody can use (asserts in `unlink`, Participant and Monitor).
 *
 * A step is one load or store of a shared word, or one system call.
 */
#ifndef KILLS
#define KILLS 1
#endif
#ifndef CREATORS
#define CREATORS 2
#endif
#define FILES 6

/* the directory, the files' flags, and the kernel's locks: 0 = nobody */
byte name;
bool removed[FILES];
byte control[FILES], slot[FILES];
byte files;
bool dead[6];

/* ghosts */
bool doomed[FILES];
byte done;

#define LOCK(f) atomic { control[f] == 0 -> control[f] = me }
#define UNLOCK(f) if :: control[f] == me -> control[f] = 0 :: else fi
#define RELEASE d_step { i = 1; do :: i < FILES -> UNLOCK(i); i++ :: else -> break od; i = 0; done++ }

#ifdef NO_LOCK
#undef LOCK
#define LOCK(f) skip
#endif

#ifdef NO_SECOND_LOOK                /* the name is not compared once the lock is held */
#define IN_PLACE(f) true
#else
#define IN_PLACE(f) (name == f)
#endif

/* seen by one whose boot id is not the file's */
#define OF_OTHER_BOOT(f) (slot[f] == 0)

/* unlink(2) knows names only */
inline unlink(f)
{
  doomed[f] = true;
  removed[f] = true;                                       /* SYNC roster */
  atomic { assert(name == f && slot[f] == 0); name = 0 }
}

/* link(2) fails where the name is taken */
inline create()
{
  do
  :: atomic { name == 0 -> files++; assert(files < FILES); name = files }; break
  :: name != 0 ->
       f = name;
       if
       :: f == 0 -> skip
       :: f != 0 && !removed[f] -> break                   /* SYNC roster: ERR_HERMES_SEGMENT_EXISTS */
       :: f != 0 && removed[f] ->
#ifdef BY_NAME                       /* what the name leads to now, whether it is marked or not */
            f = name;
            if :: f == 0 -> skip
            :: else -> LOCK(f); if :: IN_PLACE(f) -> assert(doomed[f]); unlink(f) :: else fi; UNLOCK(f) fi
#else
            LOCK(f);
            if :: IN_PLACE(f) && removed[f] -> assert(doomed[f]); unlink(f) :: else fi;
            UNLOCK(f)
#endif
       fi
  od
}

proctype Creator(byte me)
{
  byte f, i;
  { create(); done++ } unless { dead[me] -> RELEASE }
}

proctype Remover(byte me)
{
  byte f, i;
  {
    f = name;
    if
    :: f == 0 -> skip                                      /* ERR_HERMES_SEGMENT_NOT_FOUND */
    :: else ->
         LOCK(f);
         if
         :: IN_PLACE(f) && slot[f] == 0 -> unlink(f)
         :: else                                           /* ERR_HERMES_BUSY, or removed by somebody else */
         fi;
         UNLOCK(f)
    fi;
    done++
  } unless { dead[me] -> RELEASE }
}

proctype Declarer(byte me)
{
  byte f, i;
  {
    f = name;
    if
    :: f != 0 && OF_OTHER_BOOT(f) ->
         LOCK(f);
#ifdef DECIDED_BEFORE                /* nobody was attached a moment ago */
         if :: IN_PLACE(f) -> unlink(f) :: else fi;
#else
         if :: IN_PLACE(f) && OF_OTHER_BOOT(f) -> unlink(f) :: else fi;
#endif
         UNLOCK(f)
    :: else
    fi;
    create();
    done++
  } unless { dead[me] -> RELEASE }
}

proctype Participant(byte me)
{
  byte f;
  f = name;
  if
  :: f == 0 -> skip
  :: else ->
       LOCK(f);
       if
       :: removed[f] || !IN_PLACE(f) -> UNLOCK(f)          /* ERR_HERMES_REMOVED */
       :: else ->
            slot[f] = me;
            UNLOCK(f);
            assert(name == f && !removed[f]);
            slot[f] = 0
       fi
  fi;
  done++
}

proctype Killer()
{
  byte n = 0;
  do
  :: n < KILLS -> n++; if :: dead[1] = true :: dead[3] = true :: dead[4] = true fi
  :: break
  od
}

/* when all have ended or are dead, a last creator makes the name one that can be used */
proctype Monitor(byte me)
{
  byte f;
  done == CREATORS + 3 ->
  create();
  assert(name != 0 && !removed[name]);
  f = 1;
  do
  :: f < FILES -> assert(control[f] == 0 && slot[f] == 0); f++
  :: else -> break
  od
}

init {
  atomic {
    files = 1;
    name = 1;
    run Creator(1);
#if CREATORS > 1
    run Creator(2);
#endif
    run Remover(3); run Declarer(4);
    run Participant(5);
    run Killer();
    run Monitor(0)
  }
}
