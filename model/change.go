package model

// change is what add did to the facts that are kept.
type change uint8

const (
	unchanged    change = iota // known fact
	strengthened               // known fact, now of a stronger type or an earlier touch
	created                    // new fact
	refused                    // new fact, but older than those that are kept
	labelled                   // known or refused, but what it says about its item is news
)

// news reports whether whoever lacks the fact knows less.
func (c change) news() bool { return c == created || c == strengthened || c == labelled }
