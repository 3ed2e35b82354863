package kinesis

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/sirupsen/logrus"
)

const (
	maxPutRecords = 500
	maxPutBytes   = 10 << 20 // keys and data of one PutRecords
	maxKeyRunes   = 256
	maxKeyBytes   = maxKeyRunes * utf8.UTFMax
)

func (s *Service) putRecords(c *call) error {
	b := s.batches.get()
	defer s.batches.put(b)
	if err := b.decode(c.body); err != nil {
		return err
	}
	if err := b.checkCount(); err != nil {
		return err
	}
	st, err := s.put(c.now, b, "records.%d.member.")
	if err != nil {
		return err
	}
	c.out = st.appendPutRecords(c.out, c.now, b.entries)
	return nil
}

func (s *Service) putRecord(c *call) error {
	b := s.batches.get()
	defer s.batches.put(b)
	if err := b.decode(c.body); err != nil {
		return err
	}
	b.entries = append(b.entries[:0], b.single)
	st, err := s.put(c.now, b, "")
	if err != nil {
		return err
	}
	c.out, err = st.appendPutRecord(c.out, c.now, &b.entries[0])
	return err
}

// put checks the records and stores those that the shards admit. In the form of a member's name %d stands for the position
// of the record.
func (s *Service) put(now int64, b *putBatch, form string) (st *stream, err error) {
	if err := b.check(form); err != nil {
		return nil, err
	}
	err = s.with(b.ref, now, func(named *stream) error {
		st = named
		if err := st.accept(now, b, form); err != nil {
			return err
		}
		st.put(now, b.entries)
		return nil
	})
	return st, err
}

func (b *putBatch) checkCount() error {
	var v violations
	switch n := len(b.entries); {
	case !b.listed:
		v.missing("records")
	case n == 0:
		v.add("records", "[]", "Member must have length greater than or equal to 1")
	case n > maxPutRecords:
		v.add("records", fmt.Sprintf("[%d records]", n), fmt.Sprintf("Member must have length less than or equal to %d", maxPutRecords))
	}
	return v.err()
}

// check checks the records as far as that is possible without their stream, and computes their hash keys.
func (b *putBatch) check(form string) error {
	var v violations
	for i := range b.entries {
		b.entries[i].check(&v, func(name string) string { return memberName(form, i, name) })
	}
	if err := v.err(); err != nil {
		return err
	}
	for i := range b.entries {
		if err := b.entries[i].locate(); err != nil {
			return err
		}
	}
	return nil
}

func memberName(form string, index int, name string) string {
	if form == "" {
		return name
	}
	return fmt.Sprintf(form, index+1) + name
}

func (e *putEntry) check(v *violations, member func(string) string) {
	switch runes := utf8.RuneCount(e.key); {
	case e.key == nil:
		v.missing(member("partitionKey"))
	case runes == 0:
		v.add(member("partitionKey"), "", "Member must have length greater than or equal to 1")
	case runes > maxKeyRunes:
		v.add(member("partitionKey"), string(e.key), fmt.Sprintf("Member must have length less than or equal to %d", maxKeyRunes))
	}
	if e.explicit != nil {
		v.decimal(member("explicitHashKey"), string(e.explicit), 39)
	}
	if e.data == nil {
		v.missing(member("data"))
	}
}

// locate computes the hash key.
func (e *putEntry) locate() (err error) {
	if e.explicit == nil {
		e.hash = hashOf(e.key)
		return nil
	}
	if e.hash, err = parseHashKey(e.explicit); err != nil {
		return invalidArgument("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %s", e.explicit)
	}
	return nil
}

// accept checks the records against what the stream takes.
func (s *stream) accept(now int64, b *putBatch, form string) error {
	if err := errors.Join(s.requireData(now), s.checkOrdering(b.ordering)); err != nil {
		return err
	}
	var v violations
	total, most := 0, int(s.state.MaxRecordKiB)<<10
	for i := range b.entries {
		size := b.entries[i].bytes()
		if size > most {
			v.add(memberName(form, i, "data"), fmt.Sprintf("%d bytes with the partition key", size),
				fmt.Sprintf("Member must have length less than or equal to %d", most))
		}
		total += size
	}
	switch {
	case v.err() != nil:
		return v.err()
	case total > maxPutBytes:
		return invalidArgument("Records size exceeds 10 MB limit")
	case b.dryRun:
		return dryRun()
	}
	return nil
}

// checkOrdering accepts any number that the stream gave out: all later ones are larger anyway.
func (s *stream) checkOrdering(digits []byte) error {
	if digits == nil {
		return nil
	}
	if number, err := parseSequence(digits); err != nil || number.epoch != s.epoch || number.counter > s.counter {
		return invalidArgument("SequenceNumberForOrdering %s used in PutRecord on stream %s under account %s is invalid.", digits, s.name, s.account.id)
	}
	return nil
}

// put stores the records that the shards admit, in order, and notes in each what became of it.
func (s *stream) put(now int64, entries []putEntry) {
	var touched []*partition
	for i := range entries {
		e := &entries[i]
		e.partition = s.route(e.hash)
		if s.options.EnforceLimits && !e.partition.writes.admit(nanos(now), int64(e.bytes()), s.state.MaxRecordKiB<<10) {
			e.code = codeThrottled
			continue
		}
		s.counter++
		e.counter = s.counter
		if !e.partition.log.dirty {
			touched = append(touched, e.partition)
		}
		e.partition.log.stage(record{counter: e.counter, arrival: now, key: e.key, data: e.data})
	}
	for _, p := range touched {
		if err := s.commit(now, p); err != nil {
			s.fail(p, entries, err)
		}
	}
}

// commit makes what was staged in a shard visible, and drops the segments that have expired meanwhile.
func (s *stream) commit(now int64, p *partition) error {
	warning, err := p.log.commit()
	if err != nil {
		return err
	}
	s.warn(p, "records not synchronised", warning)
	s.warn(p, "expired records not removed", p.log.dropExpired(s.state.cutoff(now)))
	return nil
}

// fail marks the records of a shard that could not be stored.
func (s *stream) fail(p *partition, entries []putEntry, err error) {
	s.options.Logger.WithFields(logrus.Fields{"stream": s.name, "shard": p.id}).WithError(err).Error("records not stored")
	for i := range entries {
		if e := &entries[i]; e.partition == p && e.code == "" {
			e.counter, e.code = 0, codeInternal
		}
	}
}
