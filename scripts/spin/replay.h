/* The sizes of replay.pml and its broken variants. */
#ifndef FAMILY
#define FAMILY 2     /* 0: 0 is split into 1 and 2; 1: 0 and 1 are merged into 2; 2: 1 follows 0, 2 follows 1 */
#endif
#ifndef SHARDS
#define SHARDS 2
#endif
#ifndef TOOLS
#define TOOLS 1
#endif
#ifndef STEALS
#define STEALS 0
#endif
#ifndef DEADS
#define DEADS 0
#endif
#ifndef SYNCS
#define SYNCS 0
#endif
#ifndef TRIMS
#define TRIMS 0
#endif
#ifndef PAST
#define PAST 0
#endif
#ifndef N0
#define N0 1         /* records of shard 0, how many of them lie in hour 0, how many have arrived at first; the same of shards 1 and 2 */
#endif
#ifndef B0
#define B0 0
#endif
#ifndef A0
#define A0 9         /* 9: all */
#endif
#ifndef N1
#define N1 1
#endif
#ifndef B1
#define B1 0
#endif
#ifndef A1
#define A1 9
#endif
#ifndef N2
#define N2 1
#endif
#ifndef B2
#define B2 0
#endif
#ifndef A2
#define A2 9
#endif
#ifndef BROKEN
#define BROKEN 0
#endif
#define STARTNEWEST 1
#define STARTHOUR 2
#define STARTOWN 3
#define PARENTPLAN 4
#define PARENTGE 5
#define KEEPENDED 6
#define KEEPEMPTY 7
#define ENDMARKANY 8
#define MARKALONE 9
#define STARTSTALE 10
#define NOROWTIP 11
#define LATEKEEP 12
#define OWNERAPPLIES 13
