package processor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// emptyRows is the contents of a shard that has half of the hash range.
func emptyRows(t testing.TB) *rows {
	t.Helper()
	contents, err := newRows(Config{}.WithDefaults(), Shard{Shard: chain.Shard{
		ID: "shardId-000000000000", StartingHashKey: "0", EndingHashKey: "170141183460469231731687303715884105727",
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return contents.(*rows)
}

// stateOf joins the parts of a state. lie is added to the length of the snapshot.
func stateOf(whole byte, heeded uint64, snapshot []byte, lie int64, sessions []byte) []byte {
	state := append([]byte(stateMagic), 0, 0, 0, 0, whole)
	state = binary.LittleEndian.AppendUint64(state, heeded)
	state = binary.LittleEndian.AppendUint64(state, uint64(int64(len(snapshot))+lie))
	state = append(append(state, snapshot...), sessions...)
	binary.LittleEndian.PutUint32(state[len(stateMagic):], crc32.Checksum(state[stateHeader:], castagnoli))
	return state
}

// rewritten loads a state, and returns it as it is written when sessions that have closed by the newest event are left out.
func rewritten(t *testing.T, state []byte) ([]byte, error) {
	t.Helper()
	c := emptyRows(t)
	if err := c.Load(state); err != nil {
		return nil, err
	}
	if n := c.seen.numbers.count; n > len(state)/18 {
		t.Fatalf("%d sessions in %d bytes", n, len(state))
	}
	if c.seen.newest > 0 {
		c.seen.expire(c.seen.open[c.seen.newest-1].last)
	}
	again, err := c.State()
	if err != nil {
		t.Fatal(err)
	}
	return again, nil
}

// FuzzState loads states of open sessions. One that is taken is written the same way by whoever has loaded what was written.
func FuzzState(f *testing.F) {
	for n := range 3 {
		c := emptyRows(f)
		for i := range n * 8 {
			_, err := c.Add(&event.Record{
				SequenceNumber: fmt.Sprint(i + 1), PartitionKey: "p", Arrival: time.UnixMilli(1_700_000_000_000 + int64(i)),
				Data: fmt.Appendf(nil, `{"session_id":"s%d","event_id":"e%d","browse_history":[{"product_code":"P%d"}]}`, i%5, i, i%3),
			})
			if err != nil {
				f.Fatal(err)
			}
		}
		state, err := c.State()
		if err != nil {
			f.Fatal(err)
		}
		end := stateHeader + 17 + int(binary.LittleEndian.Uint64(state[stateHeader+9:]))
		f.Add(state[stateHeader], uint64(n), state[stateHeader+17:end], int64(0), state[end:])
	}
	f.Add(byte(0), uint64(1), []byte(nil), int64(-1), bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, whole byte, heeded uint64, snapshot []byte, lie int64, sessions []byte) {
		first, err := rewritten(t, stateOf(whole, heeded, snapshot, lie, sessions))
		if err != nil {
			if !errors.Is(err, errStateDamaged) && !errors.Is(err, errStateVisits) && !errors.Is(err, errStateErasure) {
				t.Fatal(err)
			}
			return
		}
		second, err := rewritten(t, first)
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("written\n%x, then\n%x, %v", first, second, err)
		}
	})
}
