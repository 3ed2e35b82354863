/* The sizes of reshard.pml and its broken variants. */
#ifndef STEALS
#define STEALS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef SYNCS
#define SYNCS 1
#endif
#ifndef GENESIS
#define GENESIS 0
#endif
#ifndef BROKEN
#define BROKEN 0
#endif
#define ENDFIRST 1
#define ROWSLAST 2
#define ONEPARENT 3
#define OVERWRITE 4
#define NOROW 5
#define OWNED 6
#define NOGENESIS 7
