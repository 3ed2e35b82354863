package erasure_test

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/erasure"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const (
	someone = "f7bdee03870627ffa3b4e9b8982522c3"
	another = "0123456789abcdef0123456789abcdef"
)

func put(t *testing.T, b *chaintest.Bucket, id string, at time.Time) {
	t.Helper()
	if err := erasure.Put(t.Context(), &chaintest.Env{}, b, "events", erasure.Tombstone{CustomerID: id, KeyID: "c4753388", ErasedAt: at}); err != nil {
		t.Fatal(err)
	}
}

func refreshed(t *testing.T, l *erasure.List) {
	t.Helper()
	if err := l.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTombstoneCoversWhatCameBefore(t *testing.T) {
	b := &chaintest.Bucket{}
	l := erasure.NewList(&chaintest.Env{}, b, "events")
	if refreshed(t, l); l.Len() != 0 || l.Erased(someone, noon) {
		t.Error("somebody is erased by an empty list")
	}
	put(t, b, someone, noon.Add(123_456_789))
	put(t, b, someone, noon.Add(-time.Hour))
	put(t, b, someone, noon.Add(-time.Hour)) // once more
	if l.Erased(someone, noon) {
		t.Error("the list knows what it has not read")
	}
	refreshed(t, l)
	for after, want := range map[time.Duration]bool{-time.Hour: true, 0: true, 123 * time.Millisecond: true, 124 * time.Millisecond: false, time.Hour: false} {
		if got := l.Erased(someone, noon.Add(after)); got != want {
			t.Errorf("a record that arrived %s later: %v", after, got)
		}
	}
	if l.Erased(another, noon) || l.Len() != 1 || len(b.Keys("")) != 2 {
		t.Errorf("%d customers, keys %v", l.Len(), b.Keys(""))
	}
}

func TestRefreshReadsWhatIsNew(t *testing.T) {
	b := &chaintest.Bucket{}
	gets := atomic.Int64{}
	b.Decide = func(op, _ string) chaintest.Fault {
		if op == "get" {
			gets.Add(1)
		}
		return chaintest.None
	}
	l := erasure.NewList(&chaintest.Env{}, b, "events")
	put(t, b, someone, noon)
	refreshed(t, l)
	put(t, b, another, noon)
	refreshed(t, l)
	refreshed(t, l)
	if gets.Load() != 2 || l.Len() != 2 || !l.Erased(someone, noon) || !l.Erased(another, noon) {
		t.Errorf("%d objects were read for %d customers", gets.Load(), l.Len())
	}
}

func TestWrongTombstoneIsNamed(t *testing.T) {
	b := &chaintest.Bucket{}
	put(t, b, someone, noon)
	bad := erasure.Prefix("events") + "x.json"
	if err := b.PutIfAbsent(t.Context(), bad, []byte(`{"customer_id":"412","key_id":"k","erased_at":"2026-11-23T12:00:00Z"}`), nil); err != nil {
		t.Fatal(err)
	}
	l := erasure.NewList(&chaintest.Env{}, b, "events")
	for range 2 { // it does not become right by being read
		if err := l.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), bad) || strings.Contains(err.Error(), "412") {
			t.Errorf("got %v", err)
		}
	}
	if !l.Erased(someone, noon) {
		t.Error("the others are not heeded")
	}
}

func TestOnlyPseudonymsAreWritten(t *testing.T) {
	b := &chaintest.Bucket{}
	for _, wrong := range []erasure.Tombstone{
		{CustomerID: "412", KeyID: "k", ErasedAt: noon}, {CustomerID: someone, ErasedAt: noon}, {CustomerID: someone, KeyID: "k"}, {CustomerID: strings.ToUpper(someone), KeyID: "k", ErasedAt: noon},
	} {
		if err := erasure.Put(t.Context(), &chaintest.Env{}, b, "events", wrong); err == nil || strings.Contains(err.Error(), "412") {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	if keys := b.Keys(""); len(keys) > 0 {
		t.Errorf("written: %v", keys)
	}
	put(t, b, someone, noon)
	body, _, err := b.Get(t.Context(), "events/erasures/"+someone+"-1795435200000.json")
	var fields map[string]string
	if err != nil || json.Unmarshal(body, &fields) != nil || fields["customer_id"] != someone || fields["erased_at"] != "2026-11-23T12:00:00Z" {
		t.Errorf("got %s, %v", body, err)
	}
}
