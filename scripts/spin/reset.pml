/* A reset by plan row: two shards, two workers (zombies included), tools that race and crash, readers at every moment.
 *
 * There are two hours, 0 and 1; hours never decrease along a chain, so of shard s exactly the records from b[s] on lie in hour 1.
 * A plan (number, generation, hour H) is one DynamoDB row, with the map hour -> generation that it wants and the map that is published.
 * The copy of the published map in S3, generations.json, is what readers join with. Links are put if absent per (generation, shard,
 * first record). A plan is made, fenced, published, each by one conditional write of the plan row, by whoever finds it true.
 *
 * Checked: no generation has a record twice; what a reader has seen never disappears; in the end the view is complete; a generation's
 * number is used for one reading only; what a term older than the published plan still puts changes nothing in the view.
 *
 * What may happen: tools (tools) race, and stop after any step; workers stand still between any two steps, die or are held for dead while
 * they go on (deads), lose a lease to another (steals); records arrive. Left out: splits and merges.
 *
 *   model                      code, or what has to be built by it
 *   pn, pst, pub…              lease.Plan: Number, State, Map; Published, By and Previous
 *   rplan, rpos, r0, r1, rtip  lease.Lease: Plan, Checkpoint, Map, TipPlan
 *   valid                      leaseCounter: every take, and every application of a plan, ends the terms of the shard for conditional writes;
 *                              a term that does not know it yet still puts links
 *   ack                        lease.Worker.Acked; acknowledged when no term older than the plan is left: Coordinator.learn, obeyed, beat
 *   dead                       Observer.Dead for the others, Coordinator.guard for the worker itself
 *   apply                      lease.Apply, by Operator.Step and Coordinator.outdated
 *   tool, place                replay.Prepare, ShardDraft.find, chain.Reserve; then Operator.Make
 *   world: fenced, published   Operator.fence, finish; mv, m0, m1: Operator.show and chain.Publish
 *   worker: idle               Coordinator.take, which refuses rows older than the plan that it has seen
 *   worker: own                Writer.Commit and adopt; lease.pml has the details
 *   look                       a reader: the view joins generations.json with the links
 *
 * broken chooses what is broken on purpose; doc.md says how each of these fails.
 */
#include "reset.h"
#ifndef N
#define N 2          /* no shard has more records */
#endif
#ifndef TOOLSMAX
#define TOOLSMAX 2
#endif
#define S 2
#define NONE 9
#define GN (TOOLSMAX+2)
#define MADE 0
#define FENCED 1
#define PUBLISHED 2
#define LEN(s) (s==0->n0:n1)
#define ONE (n0==0)   /* shard 0 is left out */
#define O(g,s,i) obj[((g)*S+(s))*N+(i)]
#define COV(g,s) cov[(g)*S+(s)]
#define LOW(s) ((1<<b[s])-1)
#define SEES(s,x0,x1) ((COV(x0,s)&LOW(s)) | (COV(x1,s)&(255-LOW(s))))

byte n0 = N0, n1 = N1, b0 = B0, b1 = B1, a0 = A0, a1 = A1;
byte steals = STEALS, deads = DEADS, tools = TOOLS;
byte broken = BROKEN;

byte b[S], arrived[S];                       /* the stream */
byte obj[GN*S*N];                            /* S3: end of the object that begins at record i, 0 = none */
byte cov[GN*S];                              /* ghost: records covered */
byte m0, m1, mv;                             /* S3: generations.json, with the number of the plan that it shows */
byte pn, pst = PUBLISHED, pt0, pt1, ppos[S]; /* plan row: number, state, map wanted, positions */
byte pub0, pub1, pubn, prev0, prev1;         /* plan row: the published map, its number, the one before (for undo) */
byte nextgen = 1;                            /* config objects reserve generations */
byte rplan[S], rpos[S], r0[S], r1[S];        /* lease rows: plan applied, position, map */
byte rtip[S];                                /* lease rows: the plan under which the tip was reached */
byte rend[S];                                /* ENDFENCE alone: the end that the chain had when the row was applied */
byte ack[2];                                 /* heartbeat rows: plan acknowledged */
bool dead[2];                                /* held for dead by the others */
bool valid[2]; byte wsh[2];                  /* the shard of each worker, and whether its term still is the row's */
byte tdone, wdone;                           /* ghost: tools and workers that have finished */
byte seen[S];                                /* ghost: what a reader has seen */
byte cn, cv, c0, c1;                         /* the publisher's copy between its read and its PUT */

inline look(){ /* a reader, now */
  assert((seen[0] & (255-SEES(0,m0,m1)))==0); seen[0]=SEES(0,m0,m1);
  assert((seen[1] & (255-SEES(1,m0,m1)))==0); seen[1]=SEES(1,m0,m1) }
inline walk(s,x0,x1,e){ /* LIST and follow the chain through a map */
  do :: e<LEN(s) && O((e<b[s]->x0:x1),s,e)!=0 -> e=O((e<b[s]->x0:x1),s,e) :: else -> break od }
inline invalidate(s){ if :: wsh[0]==s -> valid[0]=false :: else fi; if :: wsh[1]==s -> valid[1]=false :: else fi }
inline apply(s,n,t0,t1,p){ /* one conditional write */
  if :: rplan[s]<n -> printf("plan %d is applied to row %d\n", n, s); rplan[s]=n; r0[s]=t0; r1[s]=t1; rtip[s]=0; invalidate(s);
        if :: p!=NONE -> rpos[s]=p :: else fi;
        if :: broken==ENDFENCE -> rend[s]=0; walk(s,pub0,pub1,rend[s]) :: else fi
     :: else fi }

#define APPLIED ((rplan[0]==pn || ONE) && rplan[1]==pn)
#define HELD(s) ((wsh[0]==s && valid[0]) || (wsh[1]==s && valid[1]))
#define ALLDONE (tdone==tools && pst==PUBLISHED && mv==pn && arrived[0]==n0 && arrived[1]==n1 && APPLIED && SEES(0,m0,m1)==(1<<n0)-1 && SEES(1,m0,m1)==(1<<n1)-1)

proctype worker(byte me){
  byte s, from, to, g, tp, t0, t1; bool fs;
idle:
  atomic { wsh[me]=NONE; valid[me]=false; from=0; to=0; g=0; tp=0; t0=0; t1=0; s=0; fs=false }
  do
  :: atomic { dead[me] -> dead[me]=false; ack[me]=pn; printf("worker %d starts anew\n", me) }       /* new worker id; registered, then read the plan row */
  :: atomic { !dead[me] && ack[me]<pn -> ack[me]=pn; printf("worker %d acknowledges plan %d\n", me, pn) }        /* heartbeat: no term older than this plan is left here */
  :: atomic { !dead[me] && !ALLDONE ->                       /* take; first apply the plan that one has seen */
       if :: !ONE -> s=0 :: s=1 fi;
       if :: rplan[s]<ack[me] && pn==ack[me] -> apply(s,pn,pt0,pt1,ppos[s]); goto idle
          :: rplan[s]>=ack[me] && (!HELD(s) || steals>0) ->
             if :: HELD(s) -> steals--; invalidate(s) :: else fi; printf("worker %d takes shard %d under plan %d\n", me, s, rplan[s]);
             wsh[me]=s; valid[me]=true; tp=rplan[s]; t0=r0[s]; t1=r1[s]; from=rpos[s];
             walk(s,t0,t1,from); goto own                    /* LIST: everything that is there already */
          :: else -> goto idle fi }
  :: atomic { !dead[me] && ALLDONE -> wdone++; goto fin }
  od;
own:
  do
  :: atomic { dead[me] -> goto idle }                        /* wakes up and finds its trust expired */
  :: atomic { !dead[me] && ack[me]<pn && tp<pn -> goto idle }
  :: atomic { !dead[me] && !valid[me] -> goto idle }         /* looked at its row */
  :: atomic { !fs && pn==tp && pst==FENCED && valid[me] && !dead[me] -> fs=true }
  :: atomic { from<arrived[s] && (!dead[me] || broken==NOTRUST) ->
       if :: to=from+1 :: from+2<=arrived[s] && (from>=b[s] || from+2<=b[s]) -> to=from+2 fi; g=(from<b[s]->t0:t1) }
     /* a pause of any length */
     atomic { if
       :: O(g,s,from)==0 -> printf("worker %d, of plan %d, puts records %d..%d of shard %d into generation %d\n", me, tp, from, to, s, g);
          O(g,s,from)=to;
          do :: from<to -> assert((COV(g,s) & (1<<from))==0); COV(g,s)=COV(g,s)|(1<<from); from++ :: else -> break od;
          assert(!(tp<mv && SEES(s,m0,m1)!=seen[s] && g!=(to<=b[s]->r0[s]:r1[s])));
          look()
       :: else -> from=O(g,s,from) fi; to=0; g=0;              /* 412: adopt */
       if :: broken==KEEP && valid[me] && !dead[me] -> rpos[s]=from :: skip fi;
       if :: goto idle :: skip fi }                            /* crash, or on */
  :: atomic { from==arrived[s] && !dead[me] && valid[me] && rtip[s]<tp && (fs || broken==NOTAFTER) ->
       printf("worker %d has reached the tip of shard %d under plan %d\n", me, s, tp); rtip[s]=tp }                                          /* this reading began after the fence, and found the tip */
  :: atomic { from==arrived[s] && !dead[me] && valid[me] -> goto idle } /* release */
  od;
fin: skip
}

/* The position of shard s in the plan: its first link of hour H or later, else the end of its chain; for undo the end that its old chain has. */
inline place(s){
  if
  :: undo -> walk(s,t0,t1,p[s])
  :: !undo && H==0
  :: !undo && H==1 ->
     if
     :: b[s]<LEN(s) && O(x1,s,b[s])!=0 -> p[s]=b[s]
     :: else -> if :: broken==KEEP -> p[s]=NONE :: else -> walk(s,x0,x1,p[s]) fi
     fi
  fi }

proctype tool(){
  byte n, x0, x1, t0, t1, p[S]; bool H, undo, st;
  if :: goto fin :: skip fi;                                 /* never run */
  atomic {
    mv==pubn || broken==EARLY || broken==NOFLAG;             /* readers see the published map (else finish that first) */
    n=pn; st=(pst==PUBLISHED);
    if :: broken==NOFLAG -> x0=m0; x1=m1 :: else -> x0=pub0; x1=pub1 fi;
    if
    :: undo=true; if :: st -> t0=prev0; t1=prev1 :: else -> t0=x0; t1=x1 fi /* of an unpublished plan: back to what is published */
    :: if :: H=0 :: H=1 fi;
       if
       :: broken==REUSE -> if :: x0>x1 -> t1=x0+1 :: else -> t1=x1+1 fi
       :: else -> t1=nextgen; nextgen++
       fi;
       t0=(H==0->t1:x0) fi }
  if :: ONE :: atomic { !ONE -> place(0) } fi;               /* reads the log of one shard, and later that of the other */
  atomic { place(1); x0=0; x1=0; H=0 }
  atomic { if
    :: goto fin                                              /* crash */
    :: pn==n && st==(pst==PUBLISHED) ->                      /* the one conditional write */
       if :: !undo -> assert(COV(t1,0)==0 && COV(t1,1)==0) :: else fi;
       printf("plan %d is made: generations %d %d (undo %d)\n", pn+1, t0, t1, undo); pn++; n=pn; pst=MADE; pt0=t0; pt1=t1; ppos[0]=p[0]; ppos[1]=p[1]
    :: pn!=n || st!=(pst==PUBLISHED) -> goto fin fi }        /* another operator, or the publisher, was first */
  if :: atomic { !ONE -> apply(0,n,t0,t1,p[0]) } :: skip fi;         /* crash: owners apply it */
  if :: atomic { apply(1,n,t0,t1,p[1]) } :: skip fi;
fin:
  atomic { tdone++; n=0; x0=0; x1=0; t0=0; t1=0; p[0]=0; p[1]=0; H=0; undo=0; st=0 }
}

#define SUB(s) ((SEES(s,pub0,pub1) & (255-SEES(s,pt0,pt1)))==0) /* the wanted map shows at least what the published one does */
#define UPTO(s,e) ((((1<<(e))-1) & (255-SEES(s,pt0,pt1)))==0)
#define PASSED (pst==FENCED && \
  ((broken==ENDFENCE && UPTO(0,rend[0]) && UPTO(1,rend[1])) || (broken==ENDNOW && SUB(0) && SUB(1)) || \
   (broken!=ENDFENCE && broken!=ENDNOW && APPLIED && (rtip[0]==pn || ONE) && rtip[1]==pn)))

active proctype world(){ /* producers, failure detector, and whoever finishes a plan */
end:
  do
  :: atomic { arrived[0]<n0 -> arrived[0]++ }
  :: atomic { arrived[1]<n1 -> arrived[1]++ }
  :: atomic { deads>0 && !dead[0] && wsh[0]!=NONE && wdone==0 -> deads--; printf("worker 0 is held for dead\n"); dead[0]=true; valid[0]=false }
  :: atomic { pst==MADE && APPLIED && (broken==NOACK || ((ack[0]>=pn || dead[0]) && (ack[1]>=pn || dead[1]))) -> printf("plan %d is fenced\n", pn); pst=FENCED }
  :: atomic { broken==NOFLAG && PASSED && cn==0 -> cv=mv; cn=pn; c0=pt0; c1=pt1 }
  :: atomic { broken==NOFLAG && cn!=0 -> if :: mv==cv && cn>mv -> printf("readers see plan %d: generations %d %d\n", cn, c0, c1); prev0=m0; prev1=m1; m0=c0; m1=c1; mv=cn; pub0=m0; pub1=m1; pubn=mv; look();
                             if :: pn==cn -> pst=PUBLISHED :: else fi
                          :: else fi; cn=0; cv=0; c0=0; c1=0 }
  :: atomic { broken!=NOFLAG && pst!=PUBLISHED && PASSED -> printf("plan %d is published\n", pn); pst=PUBLISHED; pubn=pn; prev0=pub0; prev1=pub1; pub0=pt0; pub1=pt1;
       ppos[0]=0; ppos[1]=0 }
  :: atomic { broken!=NOFLAG && cn==0 && pubn>mv -> cv=mv; cn=pubn; c0=pub0; c1=pub1 }
  :: atomic { broken!=NOFLAG && cn!=0 -> if :: mv==cv && cn>mv -> printf("readers see plan %d: generations %d %d\n", cn, c0, c1); m0=c0; m1=c1; mv=cn; look() :: else fi; cn=0; cv=0; c0=0; c1=0 }
  od
}

init {
  atomic { b[0]=b0; b[1]=b1; arrived[0]=a0; arrived[1]=a1; wsh[0]=NONE; wsh[1]=NONE;
    run worker(0); run worker(1);
    byte i=0; do :: i<tools -> run tool(); i++ :: else -> break od }
  (wdone==2);
  assert(SEES(0,m0,m1)==(1<<n0)-1 && SEES(1,m0,m1)==(1<<n1)-1)
}
