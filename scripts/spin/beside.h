/* The sizes of beside.pml and its broken variants. */
#ifndef TOOLS
#define TOOLS 1
#endif
#ifndef BACKS
#define BACKS 0
#endif
#ifndef DELAYS
#define DELAYS 1
#endif
#ifndef BROKEN
#define BROKEN 0
#endif
#define NOTOUCH 1
#define ROWFIRST 2
#define UNDERWAY 3
#define BACKWARDS 4
#define SAMEID 5
#define UNFINISHED 6
#define SHOWNMARKS 7
