package event

import "cmp"

// Limits bound what one Kinesis record may cost, whoever produced it. Together they keep the memory of a hostile record
// of 10 MiB below about 64 MiB. A zero field takes its default.
type Limits struct {
	MaxDepth    int // nesting of JSON values. Defaults to 64.
	MaxText     int // bytes of a string in a known field. Defaults to 1,024.
	MaxFields   int // unknown members of one object. Defaults to 4,096.
	MaxHistory  int // entries of one browse_history. Defaults to 10,000.
	MaxEntries  int // entries of all histories of one Kinesis record. Defaults to 131,072.
	MaxEvents   int // user records of one Kinesis record. Defaults to 65,536.
	MaxInflated int // bytes of an inflated gzip payload. Defaults to 16 MiB.
	MaxRatio    int // inflated to compressed bytes, once more than 1 MiB was inflated. Defaults to 100.
}

// ratioFrom is how much a payload may inflate to at any ratio: a few repetitive lines compress well and harm nobody.
const ratioFrom = 1 << 20

func (l Limits) withDefaults() Limits {
	return Limits{
		MaxDepth:    cmp.Or(l.MaxDepth, 64),
		MaxText:     cmp.Or(l.MaxText, 1024),
		MaxFields:   cmp.Or(l.MaxFields, 4096),
		MaxHistory:  cmp.Or(l.MaxHistory, 10_000),
		MaxEntries:  cmp.Or(l.MaxEntries, 131_072),
		MaxEvents:   cmp.Or(l.MaxEvents, 65_536),
		MaxInflated: cmp.Or(l.MaxInflated, 16<<20),
		MaxRatio:    cmp.Or(l.MaxRatio, 100),
	}
}

// inflated is how many bytes a gzip payload of n bytes may inflate to.
func (l Limits) inflated(n int) int {
	return min(l.MaxInflated, max(ratioFrom, n*l.MaxRatio))
}
