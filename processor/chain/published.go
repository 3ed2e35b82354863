package chain

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
)

// Published is the map that readers join with: which generation of each hour they see. It is one object of JSON lines,
//
//	<prefix>/generations/generations.json    {"from":"2026-11-23T14","to":"2026-11-23T18","generation":2,"plan":7,"switched":1}
//
// from inclusive, to exclusive and absent in the last line, so that one PUT switches every reader. Readers of the marks find "marks" in a line whose hours have those of
// another generation. Before anybody has published there is none, and readers see generation 1.
type Published struct {
	Plan     int64 // number of the plan that has published the map; 0: none has
	Switched int64 // how often the map has been changed since, without a plan
	Map      Map
}

// before reports whether somebody has published a map after this one.
func (p Published) before(o Published) bool {
	return p.Plan < o.Plan || p.Plan == o.Plan && p.Switched < o.Switched
}

// Swapper is a Bucket whose objects can be replaced.
type Swapper interface {
	Bucket
	// Swap replaces an object in one request with If-Match: tag. ErrExists: the object has another tag, or is gone.
	Swap(ctx context.Context, key string, body []byte, tag string) error
}

// PublishedKey is the key of the published map.
func (l Layout) PublishedKey() string { return path.Join(l.Prefix, "generations", "generations.json") }

type publishedLine struct {
	From       *Hour `json:"from,omitempty"`
	To         *Hour `json:"to,omitempty"`
	Generation int   `json:"generation"`
	Marks      int   `json:"marks,omitempty"`
	Plan       int64 `json:"plan,omitempty"`
	Switched   int64 `json:"switched,omitempty"`
}

// ReadPublished returns the map that readers see. ErrBroken: what is under its key is none.
func ReadPublished(ctx context.Context, env Env, b Bucket, l Layout) (Published, error) {
	p, _, err := readPublished(ctx, env, b, l)
	return p, err
}

// readPublished returns the object's tag too, empty when there is no object.
func readPublished(ctx context.Context, env Env, b Bucket, l Layout) (p Published, tag string, err error) {
	var body []byte
	var o Object
	err = Retry(ctx, env, func(ctx context.Context) (err error) {
		body, o, err = b.Get(ctx, l.PublishedKey())
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return Published{Map: Map{{Generation: 1}}}, "", nil
	}
	if err == nil {
		p, err = decodePublished(body)
	}
	return p, o.Tag, wrap("read published generations "+l.PublishedKey(), err)
}

func decodePublished(body []byte) (p Published, err error) {
	for line := range bytes.Lines(body) {
		var v publishedLine
		if err := json.Unmarshal(line, &v); err != nil {
			return Published{}, fmt.Errorf("%w: %w", ErrBroken, err)
		}
		span := Span{Generation: v.Generation, Marks: v.Marks}
		if v.From != nil {
			span.From = *v.From
		}
		if n := len(p.Map); v.Generation < 1 || v.Marks < 0 || v.Marks == v.Generation || n > 0 && span.From <= p.Map[n-1].From {
			return Published{}, fmt.Errorf("it is no ascending list of hours: %w", ErrBroken)
		}
		p.Map, p.Plan, p.Switched = append(p.Map, span), max(p.Plan, v.Plan), max(p.Switched, v.Switched)
	}
	if len(p.Map) == 0 {
		return Published{}, fmt.Errorf("it is empty: %w", ErrBroken)
	}
	if p.Map[len(p.Map)-1].Marks > 0 { // what comes is written by who lives there
		return Published{}, fmt.Errorf("its last hours have the marks of another generation: %w", ErrBroken)
	}
	return p, nil
}

func (p Published) encode() ([]byte, error) {
	var out bytes.Buffer
	for i, s := range p.Map {
		line := publishedLine{Generation: s.Generation, Marks: s.Marks, Plan: p.Plan, Switched: p.Switched}
		if line.From = new(Hour); i > 0 { // views compare text, so the first line has an hour too
			*line.From = s.From
		}
		if i+1 < len(p.Map) {
			line.To = &p.Map[i+1].From
		}
		if err := json.NewEncoder(&out).Encode(line); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// Publish makes a map the one that readers see, unless one that was published later is already.
func Publish(ctx context.Context, env Env, b Swapper, l Layout, p Published) error {
	body, err := p.encode()
	if err != nil {
		return fmt.Errorf("publish generations: %w", err)
	}
	for {
		have, tag, err := readPublished(ctx, env, b, l)
		if err != nil || !have.before(p) {
			return wrap("publish generations", err)
		}
		err = Retry(ctx, env, func(ctx context.Context) error {
			if tag == "" {
				return b.PutIfAbsent(ctx, l.PublishedKey(), body, nil)
			}
			return b.Swap(ctx, l.PublishedKey(), body, tag)
		})
		if !errors.Is(err, ErrExists) {
			return wrap("publish generations", err)
		}
	}
}
