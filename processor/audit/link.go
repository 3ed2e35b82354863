package audit

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/streamrec/streamrec/processor/chain"
)

// link is a chain.Link without its strings: the key follows from the rest.
type link struct {
	prev, first, last       number
	hash                    [16]byte
	hour                    chain.Hour
	records, rows           int64
	totalRecords, totalRows int64
	lastArrival             int64 // Unix milliseconds
	size                    int64 // bytes
	afterGap                bool  // prev is that of a gap mark
	follows                 bool  // prev is the end of the link before it on the chain, or the gap mark there
}

// byFirst orders the links of a shard as a sound chain does.
func byFirst(a, b link) int {
	return cmp.Or(a.first.compare(b.first), cmp.Compare(a.hour, b.hour))
}

// hashText returns the hash as the metadata have it.
func (l *link) hashText() string { return hex.EncodeToString(l.hash[:]) }

// linkKey returns the key under which a link is found.
func linkKey(layout chain.Layout, shard string, hour chain.Hour, first number) string {
	return layout.ShardPrefix(hour, shard) + first.padded() + ".parquet"
}

// parseLink reads a link from its object. An error says why the object cannot be on a chain.
func parseLink(layout chain.Layout, o chain.Object) (shard string, l link, kind Kind, err error) {
	full, err := chain.ParseLink(o)
	if err != nil {
		return "", link{}, Metadata, err
	}
	if full.Generation != layout.GenerationAt(full.Hour) {
		return "", link{}, Misplaced, fmt.Errorf("its metadata are those of generation %d", full.Generation)
	}
	if key, err := layout.LinkKey(full.Hour, full.Shard, full.First); err != nil || key != o.Key {
		return "", link{}, Misplaced, fmt.Errorf("its metadata are those of %s", key)
	}
	l, err = compact(full, o.Size)
	if err != nil {
		return "", link{}, Metadata, err
	}
	return full.Shard, l, "", nil
}

// compact converts a link whose sequence numbers have been validated.
func compact(full *chain.Link, size int64) (link, error) {
	l := link{
		hour: full.Hour, records: full.Records, rows: full.Rows, totalRecords: full.TotalRecords, totalRows: full.TotalRows,
		lastArrival: full.LastArrival.UnixMilli(), size: size, afterGap: full.Gap,
	}
	var errs [4]error
	l.prev, errs[0] = parseNumber(full.Prev)
	l.first, errs[1] = parseNumber(full.First)
	l.last, errs[2] = parseNumber(full.Last)
	l.hash, errs[3] = parseHash(full.Hash)
	if err := errors.Join(errs[:]...); err != nil {
		return link{}, err
	}
	if l.prev.compare(l.first) >= 0 || l.first.compare(l.last) > 0 {
		return link{}, errors.New("its prev, first and last are not in order")
	}
	return l, nil
}

// parseHash reads a chained hash as chain.Hash writes it, so that text and bytes stand for each other.
func parseHash(text string) (hash [16]byte, err error) {
	if len(text) != 2*len(hash) {
		return hash, errors.New("its hash has not 32 digits")
	}
	if _, err := hex.Decode(hash[:], []byte(text)); err != nil || hex.EncodeToString(hash[:]) != text {
		return hash, errors.New("its hash is not lower-case hexadecimal")
	}
	return hash, nil
}
