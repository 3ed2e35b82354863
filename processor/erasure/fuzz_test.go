package erasure_test

import (
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/erasure"
)

// FuzzRefresh reads a list with a tombstone that anybody may have put there beside a good one. The good one is heeded, and the other one is, too, or
// is an error for as long as it lies there.
func FuzzRefresh(f *testing.F) {
	const good = "00112233445566778899aabbccddeeff"
	f.Add([]byte(`{"customer_id":"ffeeddccbbaa99887766554433221100","key_id":"k","erased_at":"2026-11-23T12:00:00Z"}`))
	f.Add([]byte(`{"customer_id":"00112233445566778899aabbccddeeff","key_id":"k","erased_at":"9999-12-31T23:59:59Z"}`))
	f.Add([]byte(`{"customer_id":"4711","key_id":"k","erased_at":"2026-11-23T12:00:00Z"}`))
	f.Add([]byte(`{"erased_at":"0001-01-01T00:00:00Z"}`))
	f.Add([]byte(`null`))
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, body []byte) {
		b, env := &chaintest.Bucket{}, &chaintest.Env{Time: noon}
		if err := erasure.Put(t.Context(), env, b, "events", erasure.Tombstone{CustomerID: good, KeyID: "k", ErasedAt: noon}); err != nil {
			t.Fatal(err)
		}
		if err := b.PutIfAbsent(t.Context(), erasure.Prefix("events")+"0.json", body, nil); err != nil {
			t.Fatal(err)
		}
		l := erasure.NewList(env, b, "events")
		first := l.Refresh(t.Context())
		if again := l.Refresh(t.Context()); (first == nil) != (again == nil) {
			t.Fatalf("%q: %v, then %v", body, first, again)
		}
		if !l.Erased(good, noon) || first != nil && l.Tombstones() != 1 || first == nil && l.Tombstones() != 2 {
			t.Fatalf("%q: %d tombstones, %v", body, l.Tombstones(), first)
		}
		if l.Erased("", noon) || l.Erased("4711", time.Time{}) {
			t.Fatalf("%q erases who has no pseudonym", body)
		}
	})
}
