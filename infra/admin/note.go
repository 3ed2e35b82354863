package admin

import (
	"context"
	"maps"
	"sync"

	"github.com/sirupsen/logrus"
)

// notes are what a handler has to say of an action. A panic may leave a goroutine behind that still takes some.
type notes struct {
	mu     sync.Mutex
	fields logrus.Fields
}

type notesKey struct{}

// Note adds a field to the record of the action that ctx is that of: what was done is in one record of the log, with who did it. It does nothing in a
// request that only reads.
func Note(ctx context.Context, field string, value any) {
	n, ok := ctx.Value(notesKey{}).(*notes)
	if !ok {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fields == nil {
		n.fields = logrus.Fields{}
	}
	n.fields[field] = value
}

func (n *notes) all() logrus.Fields {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.fields)
}
