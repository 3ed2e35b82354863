/* The sizes of lease.pml and its broken variants. */
#ifndef STEALS
#define STEALS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef MOVES
#define MOVES 1
#endif
#ifndef DELAYS
#define DELAYS 1
#endif
#ifndef PUTS
#define PUTS 1
#endif
#ifndef TRIMS
#define TRIMS 0
#endif
#ifndef BROKEN
#define BROKEN 0
#endif
#define UNFENCED 1
#define UNIQUEKEY 2
#define ENDKEY 3
#define GIVEUP 4
#define OWNWRITER 5
#define OWNEND 6
#define OWNERONLY 7
#define NOPOSITION 8
#define KEEPONRETAKE 9
#define RESETONRELEASE 10
#define KEEPONRELEASE 11
#define ASSUMEDONE 12
#define TWOWRITES 13
#define LEADS 14
#define PIPELINE 15
#define NOSTARTMARK 16
