/* Shards that end: a split and a merge that have happened while their parents are still being read.
 *
 *      P ──┬─► Q          P has been split into Q and B, then A and B have been merged into C.
 *          └─► B ──┐      Rows, at first: P and A, or none (genesis 1). The rest is found out.
 *      A ──────────┴─► C
 *
 * Checked: a record of a child is processed only when every parent has its last link and its end mark (so the records of one
 * key stay in order); nothing is put after an end mark; a shard that the application began with is read from where it began; and,
 * since a state in which nobody can move is an error too, Q and C are always reached.
 *
 * What may happen: workers stand still between any two steps, are held for dead while they work (steals), die (crashes); the
 * listing of the stream's shards (syncs) comes at any moment, or never, and stops half way.
 *
 *   model                      code
 *   row, owner, token          lease.Lease: absent, open, SHARD_END; Owner; Counter
 *   scan, look                 Coordinator.scan: Store.Leases reads row after row, in the order of keys, and is no snapshot
 *   ended                      Startable: every parent has a row, and it says SHARD_END
 *   take                       Coordinator.take, and adopt; what a conditional write may do is in lease.pml
 *   process                    Writer.Commit; finish: Writer.Finish, called by Processor.End
 *   children                   Term.End, first half: Store.Create of each child
 *   end                        Term.End, second half: SHARD_END
 *   list                       Coordinator.syncShards and createRows
 *
 * Every shard has one record. A process is one term at a time: two of them may well be one worker.
 * broken chooses what is broken on purpose; doc.md says how each of these fails.
 */
#ifndef W
#define W 2          /* terms at a time */
#endif
#include "reshard.h"

#define P 0
#define A 1
#define B 2
#define Q 3
#define C 4
#define SHARDS 5
#define NOBODY 15
mtype = { ABSENT, OPEN, ENDED };

byte steals = STEALS, crashes = CRASHES, syncs = SYNCS, genesis = GENESIS;
byte broken = BROKEN;

/* DynamoDB: a row for each shard */
mtype row[SHARDS] = ABSENT;
byte owner[SHARDS] = NOBODY, token[SHARDS];
bool horizon[SHARDS];              /* the row begins at TRIM_HORIZON; else where the application began */
/* S3: the shard's only link, its end mark */
bool link[SHARDS], endmark[SHARDS];
bool dead[W];

#define has(s)      (row[s] != ABSENT)
#define done(s)     (link[s] && endmark[s])
#define FINISHED    (link[Q] && link[C])
#define CRASH       atomic { crashes > 0 -> crashes--; dead[me] = true; printf("worker %d dies\n", me); goto gone }

#define ended(s)    (row[s] == ENDED || (row[s] == ABSENT && broken == NOROW))

/* s may be taken, as far as its own row says; there is something to do in it; there is something to do in any shard. The last lets a
   worker that waits for one row turn to another: a state is stuck only if nobody has anything to do. */
#define takeable(s) (row[s] == OPEN && (owner[s] == NOBODY || owner[s] == me || dead[owner[s]] || steals > 0))
#define todo(s)     (takeable(s) && !((s == Q || s == C) && link[s]))
#define ELSEWHERE   (todo(P) || todo(A) || (ended(P) && (todo(B) || todo(Q))) || (ended(A) && ended(B) && todo(C)))

/* Store.Create: a row, unless there is one. trim: it begins at TRIM_HORIZON. */
inline create(s, trim) {
  if
  :: !has(s) -> printf("row %d is created\n", s); row[s] = OPEN; horizon[s] = trim
  :: has(s) && broken == OVERWRITE -> printf("row %d is overwritten\n", s); assert(row[s] != ENDED); row[s] = OPEN; owner[s] = NOBODY; token[s] = 0   /* SHARD_END is for good */
  :: has(s) && broken != OVERWRITE
  fi }
#define FIRST (genesis == 0)       /* children begin at TRIM_HORIZON, unless the application began with them */

proctype worker(byte me) {
  byte s, tok, o;
scan:
  atomic { s = 0; tok = 0; o = 0 }
  if
  :: FINISHED -> goto gone
  :: CRASH
  :: todo(P) -> s = P
  :: todo(A) -> s = A
  :: atomic { ended(P) && !FINISHED -> if :: s = B :: !link[Q] -> s = Q fi }
  :: atomic { ended(A) && !FINISHED -> s = C };
     if
     :: ended(B) || broken == ONEPARENT
     :: ELSEWHERE -> goto scan
     fi
  :: atomic { broken == ONEPARENT && ended(B) && !FINISHED -> s = C }
  fi;

look: /* the row itself is read after its parents' */
  if
  :: atomic { todo(s) -> tok = token[s]; o = owner[s] }
  :: ELSEWHERE || FINISHED -> goto scan
  fi;
  atomic { if /* take */
  :: takeable(s) && owner[s] == o && token[s] == tok ->
     if :: o != NOBODY && o != me && !dead[o] -> steals-- :: else fi;
     printf("worker %d takes %d\n", me, s);
     owner[s] = me; token[s]++; tok = token[s]; o = 0
  :: else -> goto scan
  fi };

process:
  if :: CRASH :: skip fi;
  atomic {
    printf("worker %d reads %d\n", me, s);
    assert(!(genesis && horizon[s]));                                  /* it begins where the application began */
    if
    :: s == B || s == Q -> assert(done(P))                             /* parents before children */
    :: s == C -> assert(done(A) && done(B))
    :: else
    fi;
    if :: !link[s] -> assert(!endmark[s]); link[s] = true :: else fi; /* 412: adopted */
    if
    :: s == Q || s == C -> goto scan                                   /* open shards: nothing is left to do */
    :: broken == ENDFIRST -> goto end
    :: else
    fi };

finish:
  if :: CRASH :: skip fi;
  atomic { printf("worker %d writes the end mark of %d\n", me, s); endmark[s] = true };
  if :: broken == ROWSLAST -> goto end :: else fi;

children:
  if :: CRASH :: skip fi;
  if
  :: s == P -> atomic { create(B, FIRST || broken == NOGENESIS) };
     if :: CRASH :: skip fi;
     atomic { create(Q, FIRST || broken == NOGENESIS) }
  :: s != P ->
     atomic { create(C, FIRST || broken == NOGENESIS);
       if :: broken == OWNED && owner[C] == NOBODY -> owner[C] = me; token[C]++; tok = token[C]; s = C; goto process :: else fi }
  fi;
  if :: broken == ENDFIRST || broken == ROWSLAST -> goto scan :: else fi;

end:
  if :: CRASH :: skip fi;
  atomic { if
  :: owner[s] == me && token[s] == tok -> printf("worker %d writes SHARD_END of %d\n", me, s); row[s] = ENDED; owner[s] = NOBODY; token[s]++;
     if :: broken == ENDFIRST -> goto finish :: broken == ROWSLAST -> goto children :: else -> goto scan fi
  :: else -> goto scan
  fi };
gone: skip
}

/* A listing of the stream's shards creates the rows that are missing, parents before children. It may stop half way, unless it is the
   last one and nothing else could begin the application. */
#define STOP (genesis == 0 || syncs > 0)
active proctype list() {
end:
  do
  :: atomic { syncs > 0 -> syncs--; create(P, false) };
     if :: STOP -> goto end :: atomic { create(A, false) } fi;
     if :: STOP -> goto end :: atomic { create(B, FIRST) } fi;
     if :: STOP -> goto end :: atomic { create(Q, FIRST) } fi;
     if :: STOP -> goto end :: atomic { create(C, FIRST) } fi
  od
}

init { atomic {
  if :: genesis == 0 -> row[P] = OPEN; row[A] = OPEN :: else fi;
  byte w; do :: w < W -> run worker(w); w++ :: else -> break od } }
