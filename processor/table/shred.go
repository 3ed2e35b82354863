package table

import (
	"time"
	"unsafe"
)

func (g *group) addEnvelope(r *Row) {
	l := &g.leaves
	l[shardID].text(0, r.ShardID)
	l[sequenceNumber].text(0, r.SequenceNumber)
	l[subSequence].int32(0, r.SubSequence)
	l[line].int32(0, r.Line)
	l[partitionKey].text(0, r.PartitionKey)
	l[explicitHashKey].optionalText(r.ExplicitHashKey)
	l[arrivalTime].int64(0, r.ArrivalTime.UnixMicro())
	l[duplicate].bool(0, r.Duplicate)
	l[failure].optionalText(r.Error)
	if r.Raw == nil {
		l[raw].null(0)
	} else {
		l[raw].text(1, unsafe.String(unsafe.SliceData(*r.Raw), len(*r.Raw))) // a copy is made
	}
}

func (g *group) addEvent(r *Row) {
	l := &g.leaves
	l[eventTime].optionalTime(r.EventTime)
	l[eventID].optionalText(r.EventID)
	l[sessionID].optionalText(r.SessionID)
	l[customerID].optionalText(r.CustomerID)
	l[keyID].optionalText(r.KeyID)
	l[city].optionalText(r.City)
	l[country].optionalText(r.Country)
	l[creditLimit].optionalInt64(0, r.CreditLimit)
	if r.ModelVersion == nil {
		l[modelVersion].null(0)
	} else {
		l[modelVersion].int32(1, *r.ModelVersion)
	}
	l[extra].optionalText(r.Extra)
	l[visitStarted].optionalTime(r.VisitStarted)
}

// Levels of lists. The definition level says how much of a value there is, the repetition level that it continues a row.
const (
	listNull      = 0
	listEmpty     = 1
	elementThere  = 2
	listContinued = 1 << repetitionShift
)

func (g *group) addEntries(entries []Entry) {
	l := &g.leaves
	if len(entries) == 0 {
		for i := entryProduct; i <= entryTouch; i++ {
			l[i].null(emptyLevel(entries == nil))
		}
		return
	}
	level := byte(elementThere)
	for i := range entries {
		e := &entries[i]
		l[entryProduct].textWithin(level, e.ProductCode)
		l[entryQuantity].optionalInt64(level, e.Quantity)
		if e.InShoppingCart == nil {
			l[entryInCart].null(level)
		} else {
			l[entryInCart].bool(level+1, *e.InShoppingCart)
		}
		l[entryEvent].textWithin(level, e.Event)
		l[entryCategory].textWithin(level, e.Category)
		l[entryBrand].textWithin(level, e.Brand)
		l[entryPrice].optionalInt64(level, e.Price)
		l[entryCurrency].textWithin(level, e.Currency)
		l[entryExtra].textWithin(level, e.Extra)
		l[entryTouch].optionalInt64(level, e.TouchOffset)
		level = elementThere | listContinued
	}
}

func (g *group) addRecommendations(recommendations []Recommendation) {
	product, score := &g.leaves[recommendedProduct], &g.leaves[recommendedScore]
	if len(recommendations) == 0 {
		product.null(emptyLevel(recommendations == nil))
		score.null(emptyLevel(recommendations == nil))
		return
	}
	level := byte(elementThere)
	for i := range recommendations {
		product.text(level, recommendations[i].ProductCode)
		score.double(level, recommendations[i].Score)
		level = elementThere | listContinued
	}
}

func emptyLevel(null bool) byte {
	if null {
		return listNull
	}
	return listEmpty
}

func (l *leaf) optionalText(s *string) { l.textWithin(0, s) }

func (l *leaf) optionalTime(t *time.Time) {
	if t == nil {
		l.null(0)
		return
	}
	l.int64(1, t.UnixMicro())
}

// textWithin adds a nullable value, whose level is that of its parent when it is null.
func (l *leaf) textWithin(level byte, s *string) {
	if s == nil {
		l.null(level)
		return
	}
	l.text(level+1, *s)
}

// optionalInt64 adds a nullable value, whose level is that of its parent when it is null.
func (l *leaf) optionalInt64(level byte, v *int64) {
	if v == nil {
		l.null(level)
		return
	}
	l.int64(level+1, *v)
}
