/*
 * lanes.pml: a consumer looks only at lanes that were busy lately, and is told of the others.
 *
 * LANES lanes with one producer each, N messages per lane; one consumer, which polls. It takes a lane that was idle out of
 * what it looks at ("cold"): first it counts the bell that its producers load after every publication, and then it looks at
 * the lane once more. A producer that finds the bell changed counts the news of its lane, and then those of all;
 * a consumer that finds those changed looks again at the lanes that have news. With -DDEATH a producer may be killed between any two steps, and a reaper counts news for it.
 *
 * Claim: when nobody has anything left to do but polls that find nothing, every published message was seen.
 *
 * A step is one load or one store of a shared word, or one read-modify-write.
 */
#ifndef LANES
#define LANES 2
#endif
#ifndef N
#define N 2
#endif

/* shared memory */
byte head[LANES];
byte laneNews[LANES], news;          /* counters, of a lane and of all */
bool bell[LANES];                    /* the one word, a counter, as each producer sees it: true = changed since it looked */

/* kernel */
bool dead[LANES];
byte running = LANES;                /* producers that have something left to do */

/* the consumer's own */
byte position[LANES];
bool cold[LANES];
byte seenOf[LANES];

#ifdef NEWS_OF_ALL_FIRST
#define COUNT_NEWS(l) news++; laneNews[l]++
#else
#define COUNT_NEWS(l) laneNews[l]++; news++              /* SYNC news */
#endif

proctype Producer(byte l)
{
  byte n = 0;
  bool changed;
  {
    do
    :: n == N -> break
    :: n < N ->
#ifdef LOOK_BEFORE_PUBLISH
         atomic { changed = bell[l]; bell[l] = false }
         atomic { n++; head[l] = n }
#else
         atomic { n++; head[l] = n }                     /* SYNC published */
         atomic { changed = bell[l]; bell[l] = false }   /* SYNC bell */
#endif
         if :: changed -> COUNT_NEWS(l) :: else fi
    od;
    running--
  } unless { atomic { dead[l] -> running-- } }
}

/* kills the producer of lane 0 at any step, or not; and reaps it, whose news may be owed */
proctype KillerAndReaper()
{
  if
  :: dead[0] = true;
#ifndef NO_REAPER_NEWS
     COUNT_NEWS(0)
#endif
  :: skip
  fi
}

#define COUNT_BELL d_step { bell[0] = true; bell[LANES - 1] = true }     /* SYNC bell: one read-modify-write */
#define LOOK(l, then) if :: head[l] == position[l] -> then :: else fi    /* SYNC published */

/* a lane that is looked at: there is something, or it is taken out of what is looked at */
inline visit(l)
{
  if
  :: atomic { head[l] != position[l] -> position[l] = head[l] }
  :: head[l] == position[l] ->
       seenOf[l] = laneNews[l];                          /* SYNC news */
#ifdef BELL_LAST
       LOOK(l, cold[l] = true);
       COUNT_BELL
#else
       COUNT_BELL;
#ifdef NO_RECHECK
       cold[l] = true
#else
       LOOK(l, cold[l] = true)
#endif
#endif
  fi
}

/* a lane that was left out is looked at again if it has news: one load */
#ifdef BY_HEAD
#define CHECK(l) if :: head[l] != position[l] -> cold[l] = false :: else fi
#else
#define CHECK(l) if :: laneNews[l] != seenOf[l] -> cold[l] = false :: else fi
#endif

proctype Consumer()
{
  byte seen = 0;
  do
  :: atomic { news != seen -> seen = news }              /* SYNC news */
     CHECK(0);
     CHECK(LANES - 1)
  :: !cold[0] -> visit(0)
#if LANES == 2
  :: !cold[1] -> visit(1)
#endif
  od
}

/* runs when nobody else can: all producers have ended, and the consumer looks at nothing any more */
proctype Monitor()
{
  timeout ->
  assert(running == 0);
  assert(position[0] == head[0] && position[LANES - 1] == head[LANES - 1])
}

init {
  atomic {
    bell[0] = true; bell[LANES - 1] = true;
    run Consumer();
    run Producer(0);
#ifdef DEATH
    run KillerAndReaper();
#endif
#if LANES == 2
    run Producer(1);
#endif
    run Monitor()
  }
}
