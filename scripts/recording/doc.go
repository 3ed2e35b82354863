// Command recording runs the demo on a terminal of its own, and makes a moving picture of it: an SVG that needs no script, for the README.
//
//	go run ./scripts/recording --out scripts/recording/demo.svg --cast demo.cast
//	go run ./scripts/recording --from demo.cast --out demo.svg        # draw an earlier recording
//	go run ./scripts/recording --dashboard scripts/recording/dashboard  # pictures of the dashboard, too: dashboard-light.webp and dashboard-dark.webp
//
//	demo ──► pseudo-terminal of script(1) ──► cast: what was written, and when ──► screen: what was to be seen ──► film ──► SVG
//
// A cast is a file in the format asciicast v2, which other players read as well. The film is faster than the demo was: --length says how long it is.
//
// # Non-obvious
//
//   - Only the sequences that the demo uses are understood; any other one is an error, since the picture would be wrong.
//   - In the SVG all pictures of the film stand side by side, and one CSS animation shifts them past the window. Equal lines are there once.
//   - Whoever prefers reduced motion sees the last picture, which has the demo's verdict; so does who prints it.
//   - A line is as wide as its characters should be, whatever font the reader has.
package main
