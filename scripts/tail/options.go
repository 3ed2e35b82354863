package tail

import (
	"cmp"
	"time"
)

// Options say what is followed, and how.
type Options struct {
	// Path is the log. It need not exist yet.
	Path string
	// Position is the file that remembers how far it has been read. Required.
	Position string
	// FromEnd begins at the end of the log when there is no position yet, instead of at its beginning.
	FromEnd bool
	// MaxLine is how long a line may be. Longer ones come without their text. Defaults to 1 MiB.
	MaxLine int
	// Grace is how long a rotated file is read after it has grown last. Defaults to 30 s.
	Grace time.Duration
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// Note is told what an operator should know. Defaults to nobody.
	Note func(format string, args ...any)
}

func (o Options) withDefaults() Options {
	o.MaxLine = cmp.Or(o.MaxLine, 1<<20)
	o.Grace = cmp.Or(o.Grace, 30*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Note == nil {
		o.Note = func(string, ...any) {}
	}
	return o
}
