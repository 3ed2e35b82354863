/* One shard: its lease row in DynamoDB, its chain of links in S3, and the workers that share it.
 *
 * Checked: no record is in two links; the bookmark never leads the chain and never goes back; a term that is over changes
 * nothing in the row; no two terms have one counter; and, since a state in which nobody can move is an error too, a worker that
 * is well always gets to the end of the shard, whatever the others have left behind.
 *
 * What may happen, as often as the sizes allow: a worker is held for dead while it works (steals; no clock is modelled, anybody
 * may think so at any moment), dies (crashes), gives the lease up or hands it over (moves); a write to the row (delays) or a PUT
 * (puts) is not answered, and takes effect at once, much later or never; a takeover's LIST shows less than is there, because the
 * machine's clock is wrong; the oldest record goes past retention (trims). Every interleaving is tried, so a worker may
 * stand still between any two steps: that is a zombie. A process that starts again has a new id, so it is one more worker.
 *
 *   model                      code
 *   owner, counter, mark       lease.Lease: Owner, Counter, Checkpoint, the bookmark: so many records are committed
 *   known, store               lease.Store.Update and its conditions
 *   write                      Term.write, recognise, Coordinator.replace and insist: the conditional write, and the consistent read
 *                              when there was no answer
 *   scan                       Coordinator.scan and compare; FREE is Decide, except that anybody may be held for dead
 *   take, begin                Coordinator.take and begin, chain.TakeOver
 *   start                      Writer.Begin: the start mark
 *   put                        Writer.Commit and adopt
 *   bookmark                   Term.Advance
 *   close                      Term.Close: Lease.released, or Lease.taken by the receiver
 *
 * A position is a number of records: record i lies between positions i and i+1. Left out: the hour in a link's key, a function
 * of the predecessor and the first record, which two workers that stand at one end of the chain share; the plan (reset.pml);
 * the end of the shard (reshard.pml).
 *
 * broken chooses what is broken on purpose; doc.md says how each of these fails, and run.sh checks that it does.
 */
#ifndef N
#define N 2          /* records; a batch has one or two */
#endif
#ifndef W
#define W 2          /* workers */
#endif
#include "lease.h"

#define NOBODY 15
#define NONE   15
mtype = { TRY, READ, DONE, LOST, UNKNOWN };

/* how often things may happen */
byte steals = STEALS, crashes = CRASHES, moves = MOVES, delays = DELAYS, puts = PUTS, trims = TRIMS;
byte broken = BROKEN;

/* DynamoDB: the row, and a write on its way, with the row that it replaces (l) and the row that it wants (n) */
byte owner = NOBODY, counter, mark;
bool stopped;                                  /* the row says why nobody may take the shard */
bool late; byte lo, lc, lm, no, nc, nm, lterm; bool lnew;
/* S3: by its first record, the end of the link that begins there; the start mark; a PUT on its way */
byte link[N];
byte author[N];                                /* whose link it is: only OWNWRITER looks at it */
byte start = NONE;
bool lput; byte lfirst, lend, lwho;
/* Kinesis: the oldest record that the stream still has */
byte horizon;
bool dead[W];

/* Ghosts, which only the checks see: the copies of each record, the end of the chain, at which positions a link ends
   (bit e), to which term the row belongs, and with which counters a term has begun (bit c). */
byte copies[N], reach, ends, term;
short begun;

#define known(o,c,m) (owner == o && (counter == c || broken == OWNERONLY) && (mark == m || broken == NOPOSITION))

/* A write to the row takes effect. t is the term of its writer, new is 1 when it begins or ends a term. */
inline store(o, c, m, t, new) {
  printf("row: owner %d, counter %d, bookmark %d\n", o, c, m);
  assert(m >= mark);                           /* the bookmark never goes back */
  assert(m <= reach);                          /* nor leads */
  assert(m == mark || (ends & (1 << m)));      /* and is the end of a link */
  assert(t == term);                           /* a term that is over changes nothing */
  owner = o; counter = c; mark = m; term = term + new }

/* The row is as this worker wanted it. The order matters: c is made of hc. */
#define AGREED(o,c,m) hc = c; ho = o; hm = m; mine = term; res = DONE

/* Writes (o, c, m) over the row as this worker knows it, (ho, hc, hm): DONE, LOST, or UNKNOWN when time has run out. */
inline write(o, c, m, new, anyway) {
  res = TRY;
  do
  :: res == TRY -> atomic { if
     :: anyway || known(ho, hc, hm) -> printf("worker %d writes the ", me); store(o, c, m, mine, new); AGREED(o, c, m)
     :: !(anyway || known(ho, hc, hm)) -> printf("worker %d is refused\n", me); res = READ
     :: delays > 0 && !late -> delays--; printf("worker %d has no answer to its write of owner %d, counter %d, bookmark %d\n", me, o, c, m);
         late = true; lo = ho; lc = hc; lm = hm; no = o; nc = c; nm = m; lterm = mine; lnew = new;
        if :: broken == ASSUMEDONE -> AGREED(o, c, m); mine = term + new :: else -> res = READ fi
     fi }
  :: res == READ -> atomic { if
     :: owner == o && counter == c && mark == m -> AGREED(o, c, m)
     :: else -> if
        :: owner == ho && counter == hc && mark == hm -> if :: res = TRY :: res = UNKNOWN fi
        :: owner == ho && counter == hc && mark == unsure && unsure != hm -> hm = unsure; res = TRY     /* recognise */
        :: else -> res = LOST
        fi
     fi }
  :: else -> break
  od }

/* A PUT takes effect. */
inline add(first, e, who) {
  printf("link %d..%d of worker %d\n", first, e, who);
  link[first] = e; ends = ends | (1 << e); i = first;
  if :: broken == OWNWRITER -> author[first] = who+1 :: else fi;
  do :: i < e -> copies[i]++; assert(copies[i] == 1); i++ :: else -> break od;    /* no record is in two links */
  do :: reach < N && copies[reach] > 0 -> reach++ :: else -> break od;
  i = 0 }

#define absent(f,e) (link[f] == 0 || broken == UNIQUEKEY || (broken == ENDKEY && link[f] != e))

#define TAKEN    (hc + !(broken == KEEPONRETAKE && ho == me))
#define RELEASED ((hc + (broken != KEEPONRELEASE)) * (broken != RESETONRELEASE))
#define FREE     (owner == NOBODY || (owner == me && counter <= highest) || (owner != me && (dead[owner] || steals > 0)))
#define CRASH    atomic { crashes > 0 -> crashes--; dead[me] = true; printf("worker %d dies\n", me); goto gone }

proctype worker(byte me) {
  byte ho, hc, hm;       /* the row as this worker has read or written it last */
  byte unsure;           /* the bookmark that a write of this term wanted whose outcome is unknown */
  byte highest;          /* the highest counter of its terms */
  byte end, to, i;       /* end of the chain as this term knows it, end of the batch */
  byte mine;             /* ghost: its term */
  mtype res;
scan:
  atomic { ho = 0; hc = 0; hm = 0; unsure = 0; end = 0; to = 0; mine = 0; res = TRY }
  do
  :: atomic { mark == N || stopped -> goto gone }
  :: atomic { mark < N && !stopped && owner == me && counter > highest ->        /* given: somebody has handed it over */
       ho = owner; hc = counter; hm = mark; mine = term; goto begin }
  :: atomic { mark < N && !stopped && FREE ->                                    /* take */
       if :: owner != NOBODY && owner != me && !dead[owner] -> steals-- :: else fi;
       ho = owner; hc = counter; hm = mark; mine = term };
     write(me, TAKEN, hm, 1, false);
     if :: res == DONE -> goto begin :: else -> goto scan fi
  :: CRASH
  od;

begin:
  atomic {
    printf("worker %d begins a term with counter %d at %d\n", me, hc, hm);
    assert(!(begun & (1 << hc))); begun = begun | (1 << hc);                     /* no two terms have one counter */
    if :: hc > highest -> highest = hc :: else fi;
    end = hm;
    if
    :: do :: end < N && link[end] != 0 -> end = link[end] :: else -> break od    /* LIST, and follow the chain */
    :: skip                                                                      /* a wrong clock: nothing is listed */
    fi }
  if
  :: end == 0 && trims > 0 -> to = horizon; printf("worker %d reads from %d\n", me, to);   /* reads the first record that the stream has now; after a while: */
     atomic { if
     :: broken == NOSTARTMARK -> end = to; if :: reach < to -> reach = to :: else fi
     :: else ->
        if
        :: start == NONE -> start = to; printf("worker %d writes the start mark: %d\n", me, to);
           if :: reach < to -> reach = to :: else fi
        :: else
        fi;
        if :: to > start -> stopped = true; goto gone                            /* what the chain begins with is gone: loudly */
           :: else -> end = start fi
     fi; to = 0 }
  :: end > hm -> goto bookmark
  :: else
  fi;

own:
  do
  :: end == N -> goto scan
  :: CRASH
  :: atomic { owner != me || counter != hc -> goto scan }                        /* compare: the row names another term */
  :: atomic { moves > 0 -> moves--; goto close }
  :: broken == LEADS && end < N -> to = end+1; write(me, hc, to, 0, false); to = 0; if :: res == DONE -> goto put :: else -> goto scan fi
  :: broken != LEADS && end < N -> goto put
  od;

put:
  atomic {
    if :: to = end+1 :: end+2 <= N -> to = end+2 fi;                             /* limits differ between workers */
    if
    :: absent(end, to) -> add(end, to, me); end = to
    :: !absent(end, to) -> printf("worker %d finds a link at %d, not its %d..%d\n", me, end, end, to);
       if                                                                        /* 412 */
       :: broken == GIVEUP -> goto waiting
       :: broken == OWNEND || (broken == OWNWRITER && author[end] == me+1) -> end = to
       :: else -> end = link[end]
       fi
    :: puts > 0 && !lput -> puts--; printf("worker %d has no answer to its PUT of %d..%d\n", me, end, to);
       lput = true; lfirst = end; lend = to; lwho = me;
       if
       :: broken == PIPELINE -> end = to; to = 0; goto own
       :: else -> if :: to = 0; goto put :: to = 0; goto scan fi                 /* again, or the term is over */
       fi
    fi; to = 0 };
  if :: CRASH :: skip fi;

bookmark:
  if
  :: end > hm -> write(me, hc, end, 0, broken == UNFENCED);
     if
     :: res == DONE -> goto own
     :: atomic { res == UNKNOWN && moves > 0 -> moves--; unsure = end; goto close }
     :: res != DONE -> goto scan
     fi
  :: else -> goto own
  fi;

close:
  if
  :: write(NOBODY, RELEASED, hm, 1, false)
  :: broken == TWOWRITES -> write((me+1)%W, hc, hm, 1, false);
       if :: res == DONE -> write(ho, hc+1, hm, 1, false) :: else fi
  :: broken != TWOWRITES -> write((me+1)%W, hc+1, hm, 1, false)
  fi;
  goto scan;

waiting: /* GIVEUP: the shard must be somebody else's, so wait until the row says so */
  atomic { owner != me || counter != hc -> goto scan };
gone: skip
}

active proctype network() { /* delivers what is late, and forgets */
  byte i;
end:
  do
  :: atomic { late -> if :: known(lo, lc, lm) -> printf("late, "); store(no, nc, nm, lterm, lnew) :: else fi;
       late = false; lo = 0; lc = 0; lm = 0; no = 0; nc = 0; nm = 0; lterm = 0; lnew = 0 }
  :: atomic { lput -> if :: absent(lfirst, lend) -> printf("late, "); add(lfirst, lend, lwho) :: else fi;
       lput = false; lfirst = 0; lend = 0; lwho = 0 }
  :: atomic { horizon < trims -> horizon++; printf("record %d goes past retention\n", horizon-1) }
  od
}

init { atomic { byte w; do :: w < W -> run worker(w); w++ :: else -> break od } }
