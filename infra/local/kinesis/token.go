package kinesis

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
)

// token is what shard iterators and the NextTokens of lists are made of. Clients must treat them as opaque; a digest over the
// fields tells those of this service from anything else.
type token struct {
	kind    tokenKind
	issued  int64  // milliseconds since 1970
	epoch   uint64 // of the stream
	counter uint64 // iterators: the first counter not yet read
	shard   uint32 // iterators: the shard; ListShards: the first index not yet listed
	filter  uint8  // ListShards: 1 + index in filterTypes, 0 for none
	time    int64  // ListShards: timestamp of the filter
	stream  string // iterators, ListShards: the stream; ListStreams: the last name listed
}

type tokenKind byte

const (
	tokenIterator tokenKind = 'I'
	tokenShards   tokenKind = 'S'
	tokenStreams  tokenKind = 'N'
)

const (
	// tokenLifeMillis is how long iterators and tokens are good for.
	tokenLifeMillis = 5 * 60 * 1000

	tokenFixed  = 1 + 8 + 8 + 8 + 4 + 1 + 8
	tokenDigest = 8
)

var errToken = errors.New("not a token of this service")

func (t token) String() string {
	raw := make([]byte, 0, tokenFixed+len(t.stream)+tokenDigest)
	raw = append(raw, byte(t.kind))
	raw = binary.BigEndian.AppendUint64(raw, uint64(t.issued))
	raw = binary.BigEndian.AppendUint64(raw, t.epoch)
	raw = binary.BigEndian.AppendUint64(raw, t.counter)
	raw = binary.BigEndian.AppendUint32(raw, t.shard)
	raw = append(raw, t.filter)
	raw = binary.BigEndian.AppendUint64(raw, uint64(t.time))
	raw = append(raw, t.stream...)
	return base64.StdEncoding.EncodeToString(append(raw, digest(raw)...))
}

func parseToken(kind tokenKind, text string) (token, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < tokenFixed+tokenDigest || tokenKind(raw[0]) != kind {
		return token{}, errToken
	}
	fields, sum := raw[:len(raw)-tokenDigest], raw[len(raw)-tokenDigest:]
	if !bytes.Equal(sum, digest(fields)) {
		return token{}, errToken
	}
	return token{
		kind:    kind,
		issued:  int64(binary.BigEndian.Uint64(fields[1:])),
		epoch:   binary.BigEndian.Uint64(fields[9:]),
		counter: binary.BigEndian.Uint64(fields[17:]),
		shard:   binary.BigEndian.Uint32(fields[25:]),
		filter:  fields[29],
		time:    int64(binary.BigEndian.Uint64(fields[30:])),
		stream:  string(fields[tokenFixed:]),
	}, nil
}

// expired reports whether the token is too old. One from the future, after the clock was set back, is not.
func (t token) expired(now int64) bool { return now-t.issued > tokenLifeMillis }

// digest is not a secret: it detects tokens that were mangled or made up, it does not authenticate.
func digest(fields []byte) []byte {
	sum := sha256.Sum256(append([]byte("streamrec kinesis token 1\n"), fields...))
	return sum[:tokenDigest]
}
