package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/streamrec/streamrec/processor/chain"
)

// Suffixes of the keys of marks, as chain.Layout writes them.
const (
	startSuffix = ".start.json"
	endSuffix   = ".end.json"
	gapSuffix   = ".gap.json"
)

// gapKey takes the key of a gap mark apart.
func gapKey(layout chain.Layout, key string) (id, prev string, ok bool) {
	name, ok := strings.CutSuffix(strings.TrimPrefix(key, layout.MarksPrefix()), gapSuffix)
	cut := strings.LastIndexByte(name, '-')
	if !ok || cut < 0 {
		return "", "", false
	}
	if id, prev = name[:cut], name[cut+1:]; prev == "start" {
		prev = ""
	} else {
		prev = chain.Unpad(prev)
	}
	return id, prev, validID(id) && layout.GapKey(id, prev) == key
}

// markKey takes the key of a start or end mark apart.
func markKey(layout chain.Layout, key string) (id string, end, ok bool) {
	name := strings.TrimPrefix(key, layout.MarksPrefix())
	if id, ok := strings.CutSuffix(name, startSuffix); ok && key == layout.StartKey(id) {
		return id, false, validID(id)
	}
	if id, ok := strings.CutSuffix(name, endSuffix); ok && key == layout.EndKey(id) {
		return id, true, validID(id)
	}
	return "", false, false
}

func validID(id string) bool { return id != "" && !strings.Contains(id, "/") }

// listEnds returns the keys of the end marks that there are now.
func (a *auditor) listEnds(ctx context.Context) (map[string]bool, error) {
	ends := map[string]bool{}
	for _, g := range a.o.Layout.Generations() {
		layout := a.o.Layout.In(g)
		err := a.list(ctx, layout.MarksPrefix(), func(o chain.Object) error {
			if _, end, ok := markKey(layout, o.Key); ok && end {
				ends[o.Key] = true
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return ends, nil
}

// readMarks reads all marks. early are the end marks that there were before the links were listed.
func (a *auditor) readMarks(ctx context.Context, early map[string]bool) error {
	for _, g := range a.o.Layout.Generations() {
		if err := a.readGeneration(ctx, a.o.Layout.In(g), early); err != nil {
			return fmt.Errorf("read marks: %w", err)
		}
	}
	return nil
}

// readGeneration reads the marks of a generation.
func (a *auditor) readGeneration(ctx context.Context, layout chain.Layout, early map[string]bool) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(a.o.Concurrency)
	config := false
	err := a.list(ctx, layout.MarksPrefix(), func(o chain.Object) error {
		id, end, ok := markKey(layout, o.Key)
		gapID, prev, isGap := gapKey(layout, o.Key)
		switch {
		case isGap:
			g.Go(func() error { return a.readGap(ctx, layout, gapID, prev) })
		case o.Key == layout.ConfigKey():
			config = true
			g.Go(func() error { return a.readConfig(ctx, layout) })
		case !ok:
			a.found.add(Anomaly{Kind: Foreign, Key: o.Key, Meaning: "It lies among the marks and is none: its key is none that streamrec writes."})
		case end:
			late := !early[o.Key]
			g.Go(func() error { return a.readEnd(ctx, layout, id, late) })
		default:
			g.Go(func() error { return a.readStart(ctx, layout, id) })
		}
		return nil
	})
	if err := errors.Join(err, g.Wait()); err != nil {
		return err
	}
	if !config {
		a.found.add(Anomaly{
			Kind: Config, Key: layout.ConfigKey(),
			Meaning: "It is not there: either there is no log under this prefix and generation, or nothing keeps a worker with another layout from writing to it.",
		})
	}
	return nil
}

// counts reports whether a mark lies in the generation to which its hour belongs.
func (a *auditor) counts(layout chain.Layout, hour chain.Hour) bool {
	return a.o.Layout.Marks().GenerationAt(hour) == layout.Generation
}

// readConfig compares the frozen configuration with the layout of this audit.
func (a *auditor) readConfig(ctx context.Context, layout chain.Layout) error {
	key := layout.ConfigKey()
	body, err := a.get(ctx, key)
	if err != nil {
		return err
	}
	var frozen struct {
		Prefix     string `json:"prefix"`
		Generation int    `json:"generation"`
		Width      int    `json:"sequenceWidth"`
	}
	if err := json.Unmarshal(body, &frozen); err != nil {
		a.found.add(Anomaly{Kind: Config, Key: key, Meaning: "It is not JSON, so that every worker refuses to start."})
		return nil
	}
	if frozen.Prefix != layout.Prefix || frozen.Generation != layout.Generation || frozen.Width != chain.SequenceWidth {
		a.found.add(Anomaly{Kind: Config, Key: key, Meaning: fmt.Sprintf("It belongs to another layout: prefix %q, generation %d, sequence numbers of %d digits.",
			frozen.Prefix, frozen.Generation, frozen.Width)})
	}
	return nil
}

func (a *auditor) readStart(ctx context.Context, layout chain.Layout, id string) error {
	mark, err := readMark(ctx, a, id, layout.StartKey(id), func(m *chain.StartMark) (string, error) {
		_, err := parseNumber(m.First)
		return m.Shard, err
	})
	if err == nil && (mark == nil || a.counts(layout, mark.Hour)) {
		a.edit(id, func(s *shard) { s.startFound, s.start = true, mark })
	}
	return err
}

func (a *auditor) readEnd(ctx context.Context, layout chain.Layout, id string, late bool) error {
	mark, err := readMark(ctx, a, id, layout.EndKey(id), func(m *chain.EndMark) (string, error) {
		_, err := parseNumber(m.Last)
		if m.Last != "" || m.Hash != "" {
			_, wrong := parseHash(m.Hash)
			err = errors.Join(err, wrong)
		}
		return m.Shard, err
	})
	if err == nil && (mark == nil || a.counts(layout, mark.Hour)) {
		a.edit(id, func(s *shard) { s.endFound, s.endedLate, s.end = true, late, mark })
	}
	return err
}

// readMark returns a mark, or nil after naming what is wrong with it. check returns the shard that the mark says it belongs to.
func readMark[M any](ctx context.Context, a *auditor, id, key string, check func(*M) (string, error)) (*M, error) {
	add := func(kind Kind, meaning string) {
		a.found.add(Anomaly{Kind: kind, Shard: id, Key: key, Meaning: meaning})
	}
	body, err := a.get(ctx, key)
	if errors.Is(err, chain.ErrNotFound) {
		add(Vanished, "It was listed and is not there any more: somebody deletes objects of the log.")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	mark := new(M)
	if json.Unmarshal(body, mark) != nil {
		add(Mark, "It is not the JSON of a mark, so that no worker can take the shard over.")
		return nil, nil
	}
	says, bad := check(mark)
	switch {
	case says != id:
		add(Misplaced, fmt.Sprintf("It is a mark of the shard %q.", says))
		return nil, nil
	case bad != nil:
		add(Mark, fmt.Sprintf("It cannot be right: %v.", bad))
		return nil, nil
	}
	return mark, nil
}
