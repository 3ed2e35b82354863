/* A side replay is published, withdrawn and dropped, while live replays are made: tools that race, stop after any step, and write late.
 *
 * The hours of the side replay have one of three generations: the old one, the side replay's, or that of a live replay which replaced them. The plan row says what readers
 * have to see (pub, the by-th published plan, switched sw times since), generations.json in S3 what they see (sm, sby, ssw). Both are changed by
 * conditional writes. The row of the side replay says whether it may be published (rep); its objects are there until they are dropped.
 *
 * A shard that is idle since these hours ends at any time, and its end mark is put into the old generation (mark); the work of the side replay may have met it before
 * (copied). A live replay of the same hours makes the mark anew, which is left to replay.pml.
 *
 * Checked: readers are never shown what is not finished or not there any more; the map goes forward only; what was published stays until it is withdrawn or replaced; in
 * the end readers see what the plan row says, and the end mark of the shard.
 *
 * What may happen: publishers (tools) and a withdrawer (backs), a dropper, a live replay of these hours or of later ones; each may stop after any step; writes of the
 * plan row (delays) take effect long after whoever sent them has given up. Left out: the work of the replay, which is that of any shard.
 *
 *   model                 code
 *   id, pst, pub, by, sw  lease.Plan: ID and Number, State, Published, By, Switched
 *   sm, sby, ssw          chain.Published
 *   rep                   side.Replay: State, by side.Registry
 *   tool                  side.Publish, side.Withdraw; lease.Operator.Switch
 *   dropper               side.Dropper: fence, touch, sweep
 *   shard                 chain.Writer.Finish, under the layout's Marks
 *   live                  lease.Operator.Make and finish
 *   publish                lease.Operator.show, chain.Publish, whose loop around If-Match is as good as one step; also by replay.Conclude, which is world here
 *
 * broken chooses what is broken on purpose; doc.md says how each of these fails.
 */
#include "beside.h"
#define OLD 0
#define SIDE 1
#define LIVE 2
#define RUNNING 0
#define DROPPING 1
#define NONE 99

byte tools = TOOLS, backs = BACKS, delays = DELAYS, broken = BROKEN;

byte id, pub, by, sw, next = 1; bool underway;   /* plan row */
byte sm, sby, ssw;                               /* generations.json */
byte rep = RUNNING; bool there = true, whole;    /* the side replay */
bool mark, copied;                               /* the shard's end mark is in the old generation, in the side replay's */
byte lid = NONE, lpub, lnew; bool lunderway;     /* a write of the plan row that is still on its way: what it requires, what it makes of it */
bool kept;                                       /* ghost: published, and nobody has taken that back */
byte ended;                                      /* ghost: processes that have finished */

#define OLDER(a,b,c,d) ((a)<(c) || (a)==(c) && (b)<(d))

inline change(xid,xunder,to,n){ /* the conditional write of a switch */
  if :: id==xid && underway==xunder ->
        printf("readers are to see %d\n", to);
        if :: to==SIDE -> kept=true :: to==OLD && pub==SIDE -> kept=false :: else fi;
        id=n; pub=to; sw++ ; ok=true
     :: else -> ok=false fi }
inline write(xid,xunder,to){ /* it has an answer, or none and takes effect later, or never */
  n=(broken==SAMEID && xid>0 -> xid : next); next++;
  if :: change(xid,xunder,to,n)
     :: delays>0 && lid==NONE -> delays--; lid=xid; lunderway=xunder; lpub=to; lnew=n; ok=false
     :: ok=false fi }
inline publish(){ /* what the plan row says is PUT, with If-Match, unless something later is there: as good as one step */
  atomic { cp=pub; cb=by; cs=sw };
  atomic { if :: broken==BACKWARDS || OLDER(sby,ssw,cb,cs) ->
                 printf("readers see %d (%d.%d)\n", cp, cb, cs);
                 assert(!OLDER(cb,cs,sby,ssw)); /* backwards */
                 sm=cp; sby=cb; ssw=cs;
                 assert(sm!=SIDE || there && whole) /* shownot */
              :: else fi;
           cp=0; cb=0; cs=0 } }

proctype tool(bool back) {
  byte xid, xpub, n, cp, cb, cs; bool xunder, ok;
  if :: broken==ROWFIRST && !back -> atomic { if :: rep==RUNNING && whole -> skip :: else -> goto out fi } :: else fi;
  atomic { xid=id; xpub=pub; xunder=underway };
  atomic { if :: !back && broken!=ROWFIRST && !(rep==RUNNING && (whole || broken==UNFINISHED)) -> goto out
              :: xunder && broken!=UNDERWAY -> goto out
              :: xpub==LIVE -> goto out
              :: else fi };
  if :: xpub!=(back->OLD:SIDE) -> atomic { write(xid, xunder, (back->OLD:SIDE)) }; if :: !ok -> goto out :: else fi
     :: else fi;
  if :: publish() :: skip fi; /* it stops, or shows it */
out: atomic { xid=0; xpub=0; n=0; xunder=0; ok=0; ended++ }
}

proctype dropper() {
  byte xid, n, cp, cb, cs; bool xunder, ok;
  atomic { if :: pub==SIDE || sm==SIDE -> goto out :: else fi };
  atomic { if :: rep==RUNNING -> rep=DROPPING :: else -> goto out fi };
  if :: broken==NOTOUCH -> skip
     :: else -> ok=false;
        do :: ok -> break
           :: else -> atomic { xid=id; xunder=underway };
                      if :: xunder -> break /* its next step changes the row, and nobody publishes before */
                         :: else -> publish(); atomic { n=next; next++; change(xid, xunder, pub, n) } fi od fi;
  atomic { if :: pub==SIDE || sm==SIDE -> rep=RUNNING; goto out :: else fi };
  if :: goto out :: skip fi; /* it stops here, or goes on */
  atomic { printf("the side replay is gone\n"); there=false; assert(sm!=SIDE && pub!=SIDE) }; /* shownot */
out: atomic { xid=0; n=0; xunder=0; ok=0; ended++ }
}

proctype live(bool same) { /* a live replay of the same hours, or of later ones */
  byte xid, xpub, mine, cp, cb, cs; bool xunder;
  atomic { xid=id; xpub=pub; xunder=underway };
  if :: xunder -> goto out :: else fi;
  publish(); /* Make publishes what it begins from */
  atomic { if :: id==xid && !underway -> id=next; mine=next; next++; underway=true :: else -> goto out fi };
  if :: goto out :: skip fi; /* it stays on its way, or comes to its end */
  atomic { if :: underway && id==mine || broken==UNDERWAY ->
                 if :: same -> kept=false :: else fi;
                 pub=(same->LIVE:xpub); by++; sw=0; underway=false
              :: else -> goto out fi };
  if :: publish() :: skip fi;
out: atomic { xid=0; xpub=0; mine=0; xunder=0; ended++ }
}

active proctype work() { atomic { copied=mark; whole=true } }

active proctype shard() { mark=true }

active proctype network() { /* the write that was on its way arrives */
  byte n; bool ok;
end: do :: atomic { lid!=NONE -> change(lid, lunderway, lpub, lnew); lid=NONE } od
}

active proctype world() {
  byte cp, cb, cs, all; bool same;
  atomic { if :: same=true :: same=false fi;
           run tool(false); run dropper(); run live(same); all=3;
           if :: tools>1 -> run tool(false); all++ :: else fi;
           if :: backs>0 -> run tool(true); all++ :: else fi };
  do :: ended<all && OLDER(sby,ssw,by,sw) -> publish() /* somebody else shows what the row says */
     :: ended==all && lid==NONE -> break od;
  publish();
  assert(sm==pub); /* lacks */
  assert(!(broken==SHOWNMARKS && sm==SIDE && mark && !copied)) /* unmarked: readers look where their links are */
  assert(!kept || pub==SIDE) /* vanish: what was published */
}
