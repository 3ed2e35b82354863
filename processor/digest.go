package processor

import "github.com/cespare/xxhash/v2"

// digest stands for the id of a session. Two sessions of a shard have the same one with a probability of about n²/2^129 for n of them: never, unless
// somebody wants it; and who can choose the ids of sessions can repeat one anyway.
type digest [2]uint64

// digester makes digests, the same ones in every process: they are in the states of shards.
type digester struct{ hash *xxhash.Digest }

func newDigester() digester { return digester{xxhash.New()} }

// of is the digest of a session.
func (d digester) of(session string) digest {
	return digest{d.seeded(1, session), d.seeded(2, session)}
}

// within stands for an event id in a session, which has few enough for half a digest.
func (d digester) within(session digest, id string) uint64 { return d.seeded(session[0], id) }

func (d digester) seeded(seed uint64, text string) uint64 {
	d.hash.ResetWithSeed(seed)
	_, _ = d.hash.WriteString(text) // cannot fail
	return d.hash.Sum64()
}
