/* A replay by plan row while shards end: a split, a merge, or a line of shards (family) at and around the plan's hour.
 *
 *      0 ──┬─► 1       0 ──┐           0 ──► 1 ──► 2       The first shards have rows; the others get theirs from the end of a parent,
 *          └─► 2       1 ──┴─► 2                           or from the listing of the stream (syncs), perhaps with a plan that is over.
 *
 * There are two hours. A plan's hour is 1, so its map is one number, the generation of hour 1; hour 0 stays in generation 0. Of shard s
 * the first b[s] records lie in hour 0, none if a parent ends in hour 1: an hour is never lower than that of the parents' ends. Nothing else is
 * known of a chain: links, start marks and end marks are put if absent, by terms of any plan, and found through the map of a plan.
 *
 * Checked: a child is taken only when the end mark of every parent counts under its map, so that order, hour and state follow from it, and such a mark
 * is written only behind the last record of the chain; no generation has a record twice; no map knows two beginnings of a chain; what readers
 * have seen never disappears; in the end the view is complete; somebody can always move, until then.
 *
 * What may happen: workers stand still between any two steps, are held for dead while one request is on its way (deads), lose a lease to
 * another (steals) or to the plan; the plan is made at any moment, or never, and a second one may undo it (tools); records arrive late
 * (a0, a1, a2 have arrived at first) and the first one of a shard goes past retention (trims). A valid term that finds its position past
 * retention stops loudly, which ends the run. Left out, since reset.pml has it: the map in S3 that follows the published one.
 *
 *   model                      code
 *   pn, pst, pm, pub, prev     lease.Plan; pend, of ShardDraft.find: the shards whose position in it is SHARD_END. Every other position is the end of the chain as the
 *                              wanted map knows it, which a takeover finds from the start mark as well, so the model has no other
 *   has, rend, rplan, rtip     lease.Lease: exists, SHARD_END, Plan, TipPlan; the row's map is that of its plan
 *   endat                      rows that have said SHARD_END under a plan. That stays true of the log, so an old reading of the row may be trusted
 *   STARTED                    Startable: every parent has ended under the plan of the child's row
 *   apply                      lease.Apply, Plan.applied: one conditional write, by whoever has seen the plan, of any row, ended ones included
 *   valid, ack, dead           as in reset.pml
 *   sm, mark, take             Writer.Begin and TakeOver: the mark found in the oldest generation says where the chain begins, and is copied
 *                              into the generation of its hour
 *   em, endmark                Writer.Finish, then Term.End: children's rows, SHARD_END
 *   past                       shards that have ended before anything else happens
 *   own                        Writer.Commit; shard.catchUp and Writer.Begun: the tip is noted by a reading after the fence, and of a chain without a beginning only
 *                              when a look after the fence finds no start mark either
 *
 * broken chooses what is broken on purpose; doc.md says how each of these fails.
 */
#include "replay.h"
#define S 3
#define N 2          /* no shard has more records */
#ifndef TOOLSMAX
#define TOOLSMAX 2
#endif
#define GN (TOOLSMAX+1)
#define NONE 9
#define EMPTY 3      /* start mark of a shard that ended without a record */
#define MADE 0
#define FENCED 1
#define PUBLISHED 2

byte family = FAMILY, shards = SHARDS, n0 = N0, n1 = N1, n2 = N2, b0 = B0, b1 = B1, b2 = B2, a0 = A0, a1 = A1, a2 = A2;
byte steals = STEALS, deads = DEADS, tools = TOOLS, syncs = SYNCS, trims = TRIMS;
byte past = PAST; /* shards that have ended at first, under plan 0 */
byte broken = BROKEN;

#define BIT(x,s) (((x)>>(s))&1)
#define PARENT(p,c) ((c)<shards && ((family==0 && (p)==0 && (c)>0) || (family==1 && (p)<2 && (c)==2) || (family==2 && (c)==(p)+1)))
#define PARENTS(c) (PARENT(0,c) | (PARENT(1,c)<<1))
#define CHILDREN(p) ((PARENT(p,1)<<1) | (PARENT(p,2)<<2))

byte n[S], b[S], ph[S], eh[S];               /* the stream: records, those of hour 0; hour in which the parents end, and the shard */
byte arrived[S], trimmed;                    /* what has arrived; shards whose record 0 is past retention */
byte obj[GN*S*N];                            /* S3: end of the object that begins at record i, 0 = none */
byte cov[GN*S];                              /* ghost: records covered */
byte sm[GN*S];                               /* S3: start marks: 0 = none, first record + 1, EMPTY */
byte em[GN];                                 /* S3: end marks */
byte pn, pst = PUBLISHED, pend, pknown;      /* plan row: number, state; shards that stay ended, shards that had a row */
byte pm[GN];                                 /* generation of hour 1 by plan; that of hour 0 is 0 */
byte pub, prev;                              /* the published generation of hour 1, and the one before */
byte nextgen = 1;
byte has, rend, rplan[S], rtip[S];           /* lease rows: exist, SHARD_END, plan applied, plan under which the tip was reached */
byte late;                                   /* LATEKEEP alone: bookmarks */
byte endat[GN];                              /* SHARD_END has been written, or kept, under this plan */
byte ack[2]; bool dead[2];                   /* heartbeat rows: plan acknowledged; held for dead by the others */
bool valid[2]; byte wsh[2];                  /* the shard of each worker, and whether its term still is the row's */
byte tdone, wdone;                           /* ghost: tools and workers that have finished */
bool loud;                                   /* a position is past retention */
byte vanish, orphan, twice, twostarts, unplaced, cut, lacks; /* always false: they name the checks */

#define O(g,s,i) obj[((g)*S+(s))*N+(i)]
#define COV(g,s) cov[(g)*S+(s)]
#define SM(g,s) sm[(g)*S+(s)]
#define FULL(s) ((1<<n[s])-1)
#define LOW(s) ((1<<b[s])-1)
#define GEN(s,i,t) ((i)<b[s]->0:(t))
#define SEES(s,t) ((COV(0,s)&LOW(s)) | (COV(t,s)&(255-LOW(s))))
#define FIRST(m) ((m)-1)
#define MARKHOUR(s,m) ((m)==EMPTY->ph[s]:(FIRST(m)>=b[s]))
#define COUNTS(g,s,t) (SM(g,s)!=0 && (MARKHOUR(s,SM(g,s))->(t):0)==(g))
#define ALONE (broken==STARTNEWEST || broken==STARTHOUR || broken==STARTOWN) /* an older generation has no say in where a chain begins */
#define ENDS(s,t) BIT(em[(eh[s]->(t):0)],s)      /* the end mark counts under the map */
#define CLOSED(s) (arrived[s]==n[s] && CHILDREN(s)!=0)
#define EXISTS(s) ((!BIT(PARENTS(s),0) || CLOSED(0)) && (!BIT(PARENTS(s),1) || (CLOSED(1) && (!PARENT(0,1) || CLOSED(0)))))
#define OLDEST(s) BIT(trimmed,s)
#define HELD(s) ((wsh[0]==s && valid[0]) || (wsh[1]==s && valid[1]))
#define APPLIED(s) (!BIT(has,s) || rplan[s]==pn)
#define ALLAPPLIED (APPLIED(0) && APPLIED(1) && APPLIED(2))
#define TIP(s) (!BIT(has,s) || BIT(rend,s) || rtip[s]==pn || (broken==NOROWTIP && !BIT(pknown,s)))
#define ANYPLAN (endat[0]|endat[1]|endat[2])
#define FROMPLAN(p) (endat[p]|((p)<1->endat[1]:0)|((p)<2->endat[2]:0))
#define STARTED(s,p) ((PARENTS(s) & (255-(broken==PARENTPLAN->ANYPLAN:(broken==PARENTGE->FROMPLAN(p):endat[p]))))==0)
#define LASTSEEN(s,t) (n[s]==0 || BIT(SEES(s,t),n[s]-1))
#define TODO(s) (arrived[s]<n[s] || CHILDREN(s)!=0 || !LASTSEEN(s,pm[rplan[s]]) || (rplan[s]==pn && pst==FENCED && rtip[s]<pn))
#define TAKEABLE(s,me) (BIT(has,s) && !BIT(rend,s) && rplan[s]>=ack[me] && (!HELD(s) || steals>0) && STARTED(s,rplan[s]) && TODO(s))
#define COMPLETE(s) (s>=shards || (BIT(has,s) && rplan[s]==pn && arrived[s]==n[s] && (BIT(rend,s) || (CHILDREN(s)==0 && LASTSEEN(s,pub)))))
#define ALLDONE (tdone==tools && pst==PUBLISHED && COMPLETE(0) && COMPLETE(1) && COMPLETE(2))

inline invalidate(s){ if :: wsh[0]==s -> valid[0]=false :: else fi; if :: wsh[1]==s -> valid[1]=false :: else fi }
inline create(s,p){ if :: !BIT(has,s) -> printf("row %d is created under plan %d\n", s, p); has=has|(1<<s); rplan[s]=p :: else fi }
inline apply(s){
  printf("plan %d is applied to row %d: stays ended %d\n", pn, s, BIT(pend,s));
  rplan[s]=pn; rtip[s]=0; invalidate(s);
  if :: broken==LATEKEEP && BIT(pknown,s) -> late=late&(255-(1<<s)) :: else fi;
  if :: BIT(pend,s) -> rend=rend|(1<<s); endat[pn]=endat[pn]|(1<<s)
     :: !BIT(pend,s) && broken==LATEKEEP && !BIT(pknown,s) -> if :: BIT(rend,s) -> endat[pn]=endat[pn]|(1<<s) :: else fi
     :: else -> rend=rend&(255-(1<<s)) fi }
inline walk(s,t,e){ do :: e<n[s] && O(GEN(s,e,t),s,e)!=0 -> e=O(GEN(s,e,t),s,e) :: else -> break od }
inline view(s,t0,t1){ assert(vanish || (SEES(s,t0) & (255-SEES(s,t1)))==0) }
inline begin(m){ begun=true; if :: m==EMPTY -> from=n[s] :: else -> from=FIRST(m) fi; walk(s,t,from) }

proctype worker(byte me){
  byte s, from, to, tp, t; bool begun, fs;
idle:
  atomic { wsh[me]=NONE; valid[me]=false; from=0; to=0; tp=0; t=0; s=0; begun=false; fs=false }
  do
  :: atomic { loud -> wdone++; goto fin }
  :: atomic { !loud && dead[me] -> dead[me]=false; ack[me]=pn; printf("worker %d starts anew\n", me) }
  :: atomic { !loud && !dead[me] && ack[me]<pn -> ack[me]=pn; printf("worker %d acknowledges plan %d\n", me, pn) }
  :: atomic { !loud && !dead[me] && ALLDONE -> wdone++; goto fin }
  :: atomic { !loud && !dead[me] && (TAKEABLE(0,me) || TAKEABLE(1,me) || TAKEABLE(2,me)) ->
       if :: TAKEABLE(0,me) -> s=0 :: TAKEABLE(1,me) -> s=1 :: TAKEABLE(2,me) -> s=2 fi;
       if :: HELD(s) -> steals--; invalidate(s) :: else fi;
       wsh[me]=s; valid[me]=true; tp=rplan[s]; t=pm[tp];
       printf("worker %d takes shard %d under plan %d\n", me, s, tp);
       /* the end marks of the parents are there: hour and state follow from them */
       assert(orphan || (!BIT(PARENTS(s),0) || ENDS(0,t)) && (!BIT(PARENTS(s),1) || ENDS(1,t)));
       if
       :: broken!=STARTNEWEST && COUNTS(0,s,t) -> begin(SM(0,s))
       :: broken==STARTNEWEST && SM(t,s)!=0 -> begin(SM(t,s))
       :: broken!=STARTNEWEST && !COUNTS(0,s,t) && COUNTS(t,s,t) -> begin(SM(t,s))
       :: else -> /* a mark of an older generation says where the chain begins, if not that it has */
          if :: !ALONE && SM(0,s)!=0 -> SM(t,s)=SM(0,s); begin(SM(t,s)) :: else fi
       fi;
       if :: broken==LATEKEEP && BIT(late,s) -> from=n[s]; begun=true :: else fi;
       goto own }
  od;
own:
  do
  :: atomic { loud || dead[me] || !valid[me] || (ack[me]<pn && tp<pn) -> goto idle }
  :: atomic { !fs && pn==tp && pst==FENCED && valid[me] && !dead[me] -> fs=true }
  :: atomic { fs && !begun && SM(0,s)!=0 && !ALONE && broken!=STARTSTALE ->
       if :: COUNTS(0,s,t) -> begin(SM(0,s)) :: else -> SM(t,s)=SM(0,s); begin(SM(t,s)) fi }
  :: atomic { !loud && !dead[me] && (begun->from:OLDEST(s))<arrived[s] ->
       if
       :: begun && from<OLDEST(s) -> printf("worker %d: shard %d is past retention\n", me, s); if :: valid[me] -> loud=true :: else fi; goto idle
       :: else ->
          if :: broken==ENDMARKANY && begun && BIT(em[0],s) -> from=n[s]; goto endmark :: else fi;
          if :: !begun -> from=OLDEST(s) :: else fi;
          if :: to=from+1 :: from+2<=arrived[s] && (from>=b[s] || from+2<=b[s]) -> to=from+2 fi;
          if :: begun -> goto put :: else -> printf("worker %d reads record %d of shard %d\n", me, from, s); goto mark fi
       fi }
  :: atomic { !loud && !dead[me] && CLOSED(s) && (begun->from:OLDEST(s))==n[s] -> if :: begun -> goto endmark :: else -> to=EMPTY; goto mark fi }
  :: atomic { !loud && (begun->from:OLDEST(s))==arrived[s] && !dead[me] && valid[me] && rtip[s]<tp && fs &&
               (begun || SM(0,s)==0 || ALONE || broken==STARTSTALE) ->
       printf("worker %d has reached the tip of shard %d under plan %d\n", me, s, tp); rtip[s]=tp }
  :: atomic { !loud && (begun->from:OLDEST(s))==arrived[s] && !dead[me] && valid[me] -> goto idle }
  od;
mark: /* the start mark; to is EMPTY or the end of the first link */
  atomic {
    if
    :: broken==STARTNEWEST || (broken==STARTHOUR && (to==EMPTY->ph[s]:from>=b[s])) -> goto mark2
    :: else -> if :: SM(0,s)==0 -> SM(0,s)=(to==EMPTY->EMPTY:from+1); printf("worker %d, of plan %d, writes the start mark %d of shard %d into generation 0\n", me, tp, from, s) :: else fi
    fi;
    if
    :: dead[me] -> goto idle
    :: !dead[me] && COUNTS(0,s,t) -> goto marked
    :: else ->
       if :: broken!=STARTOWN && SM(0,s)!=EMPTY && from!=FIRST(SM(0,s)) -> from=FIRST(SM(0,s)); to=0 :: else fi
    fi };
mark2:
  atomic {
    if :: SM(t,s)==0 -> SM(t,s)=(to==EMPTY->EMPTY:from+1); printf("worker %d, of plan %d, writes the start mark %d of shard %d into generation %d\n", me, tp, from, s, t) :: else fi;
    assert(unplaced || broken==STARTNEWEST || COUNTS(t,s,t));                      /* some generation takes the mark */
    assert(twostarts || t==0 || !COUNTS(0,s,t) || SM(0,s)==SM(t,s));        /* a chain has one beginning */
    if :: dead[me] -> goto idle :: else fi };
marked:
  atomic {
    begun=true; to=(to==EMPTY->0:to);
    if
    :: broken==STARTNEWEST || !COUNTS(0,s,t) -> if :: SM(t,s)!=EMPTY && to!=0 && from==FIRST(SM(t,s)) :: else -> to=0; begin(SM(t,s)) fi
    :: else -> if :: SM(0,s)!=EMPTY && to!=0 && from==FIRST(SM(0,s)) :: else -> to=0; begin(SM(0,s)) fi
    fi;
    if :: to==0 -> goto own :: else fi };
put: /* a pause of any length */
  atomic {
    if
    :: O(GEN(s,from,t),s,from)==0 -> printf("worker %d, of plan %d, puts records %d..%d of shard %d into generation %d\n", me, tp, from, to, s, GEN(s,from,t));
       O(GEN(s,from,t),s,from)=to;
       do :: from<to -> assert(twice || !BIT(COV(GEN(s,from,t),s),from)); COV(GEN(s,from,t),s)=COV(GEN(s,from,t),s)|(1<<from); from++ :: else -> break od
    :: else -> from=O(GEN(s,from,t),s,from)                            /* 412: adopt */
    fi; to=0;
    if :: broken==LATEKEEP && valid[me] && from==n[s] -> late=late|(1<<s) :: else fi };
  if :: goto idle :: goto own fi;                                      /* crash, or on */
endmark:
  atomic { assert(cut || LASTSEEN(s,t)); printf("worker %d, of plan %d, writes the end mark of shard %d\n", me, tp, s);
    em[(eh[s]->t:0)]=em[(eh[s]->t:0)]|(1<<s) };
  if :: goto idle :: skip fi;
  if :: atomic { BIT(CHILDREN(s),1) -> create(1,tp) } :: !BIT(CHILDREN(s),1) fi;
  if :: goto idle :: skip fi;
  if :: atomic { BIT(CHILDREN(s),2) -> create(2,tp) } :: !BIT(CHILDREN(s),2) fi;
  if :: goto idle :: skip fi;
  atomic { if :: valid[me] -> printf("worker %d writes SHARD_END of %d under plan %d\n", me, s, tp); rend=rend|(1<<s); endat[tp]=endat[tp]|(1<<s) :: else fi; goto idle };
fin: skip
}

/* Whether shard s is to be ended under the plan with generation t for hour 1. */
#define MARKED(s,t) (broken==KEEPENDED || (broken==KEEPEMPTY && n[s]==0) || ENDS(s,t))
#define STAYS(s,t) (BIT(has,s) && (BIT(rend,s) || broken==MARKALONE) && MARKED(s,t))

proctype tool(){
  byte num, t, stay, known; bool undo, st;
  if :: goto fin :: skip fi;                                           /* never run */
  atomic {
    num=pn; st=(pst==PUBLISHED);
    if
    :: pn>0 -> undo=true; t=(st->prev:pub)
    :: t=nextgen; nextgen++
    fi;
    known=has;
    stay=STAYS(0,t) | (STAYS(1,t)<<1) | (STAYS(2,t)<<2) }
  atomic { if
    :: goto fin                                                        /* crash */
    :: pn==num && st==(pst==PUBLISHED) -> pn++; pst=MADE; pm[pn]=t; pend=stay; pknown=known;
       printf("plan %d is made: generation %d (undo %d)\n", pn, t, undo)
    :: pn!=num || st!=(pst==PUBLISHED)
    fi };
fin:
  atomic { tdone++; num=0; t=0; stay=0; known=0; undo=0; st=0 }
}

#define NEEDS(s) (BIT(has,s) && rplan[s]<pn && (broken!=OWNERAPPLIES || !BIT(rend,s) || !BIT(pend,s)))
#define LISTED(s) (syncs>0 && s<shards && !BIT(has,s) && EXISTS(s) && (PARENTS(s)&(255-has))==0)

active proctype world(){
  byte s, p;
end:
  do
  :: atomic { !loud && arrived[0]<n[0] -> arrived[0]++ }
  :: atomic { !loud && arrived[1]<n[1] && EXISTS(1) -> arrived[1]++ }
  :: atomic { !loud && arrived[2]<n[2] && EXISTS(2) -> arrived[2]++ }
  :: atomic { !loud && trims>0 && trimmed==0 -> if :: n[0]==2 && arrived[0]>0 -> s=0 :: n[1]==2 && arrived[1]>0 -> s=1 :: n[2]==2 && arrived[2]>0 -> s=2 :: else -> goto end fi;
       trims--; trimmed=1<<s; printf("record 0 of shard %d is past retention\n", s); s=0 }
  :: atomic { !loud && deads>0 && !dead[0] && wsh[0]!=NONE && wdone==0 -> deads--; printf("worker 0 is held for dead\n"); dead[0]=true; valid[0]=false }
  :: atomic { !loud && (LISTED(1) || LISTED(2)) -> if :: LISTED(1) -> s=1 :: LISTED(2) -> s=2 fi; syncs--;
       if :: p=0 :: pn>0 -> p=pn :: pn>1 -> p=1 fi;                       /* the plan as the listing has read it */ create(s,p); s=0; p=0 }
  :: atomic { !loud && NEEDS(0) -> apply(0) }
  :: atomic { !loud && NEEDS(1) -> apply(1) }
  :: atomic { !loud && NEEDS(2) -> apply(2) }
  :: atomic { !loud && pst==MADE && ALLAPPLIED && (ack[0]>=pn || dead[0]) && (ack[1]>=pn || dead[1]) -> printf("plan %d is fenced\n", pn); pst=FENCED }
  :: atomic { !loud && pst==FENCED && ALLAPPLIED && TIP(0) && TIP(1) && TIP(2) -> printf("plan %d is published\n", pn); pst=PUBLISHED;
       view(0,pub,pm[pn]); view(1,pub,pm[pn]); view(2,pub,pm[pn]);
       prev=pub; pub=pm[pn] }
  od
}

#define WHOLE(s) (s>=shards || (SEES(s,pub) | (BIT(trimmed,s)&&BIT(SEES(s,pub),1)->1:0))==FULL(s))

init {
  atomic { n[0]=n0; n[1]=n1; n[2]=n2; arrived[0]=(a0<n0->a0:n0); arrived[1]=(a1<n1->a1:n1); arrived[2]=(a2<n2->a2:n2); b[0]=b0; b[1]=b1; b[2]=b2;
    if :: shards==2 -> n[2]=0; arrived[2]=0; b[2]=0 :: else fi;
    has=1; if :: family==1 -> has=3 :: else fi;
    byte s=0;
    do
    :: s<S -> ph[s]=(BIT(PARENTS(s),0)&&eh[0]) || (BIT(PARENTS(s),1)&&eh[1]);
         if :: ph[s] -> b[s]=0 :: else fi;
         eh[s]=(n[s]==0->ph[s]:(b[s]<n[s])); s++
    :: else -> break
    od; s=0;
    do
    :: s<S && BIT(past,s) -> rend=rend|(1<<s); endat[0]=endat[0]|(1<<s); em[0]=em[0]|(1<<s); has=has|CHILDREN(s);
         COV(0,s)=FULL(s); SM(0,s)=(n[s]==0->EMPTY:1); if :: n[s]>0 -> O(0,s,0)=1; O(0,s,n[s]-1)=n[s] :: else fi; s++
    :: s<S && !BIT(past,s) -> s++
    :: else -> break
    od; s=0;
    wsh[0]=NONE; wsh[1]=NONE;
    run worker(0); run worker(1);
    do :: s<tools -> run tool(); s++ :: else -> break od; s=0 }
  (wdone==2);
  assert(lacks || loud || (WHOLE(0) && WHOLE(1) && WHOLE(2)))
}
