/* The sizes of reset.pml and its broken variants. */
#ifndef TOOLS
#define TOOLS 1
#endif
#ifndef STEALS
#define STEALS 1
#endif
#ifndef DEADS
#define DEADS 1
#endif
#ifndef N0
#define N0 1         /* records of shard 0, how many of them lie in hour 0, how many have arrived at first; the same of shard 1 */
#endif
#ifndef B0
#define B0 0
#endif
#ifndef A0
#define A0 0
#endif
#ifndef N1
#define N1 2
#endif
#ifndef B1
#define B1 1
#endif
#ifndef A1
#define A1 1
#endif
#ifndef BROKEN
#define BROKEN 0
#endif
#define KEEP 1
#define ENDFENCE 2
#define ENDNOW 3
#define NOACK 4
#define NOTRUST 5
#define NOTAFTER 6
#define NOFLAG 7
#define EARLY 8
#define REUSE 9
