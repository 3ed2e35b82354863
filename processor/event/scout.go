package event

import "time"

// Native names the format of this package, for a Scout.
const Native = "streamrec"

// Scout is told of each event that was decoded. Decoders may share one.
type Scout interface {
	// Saw is told the format in which an event came, when its record arrived, and the names of its fields that have no column, or a value that their
	// column does not take. unknown is valid during the call.
	Saw(format string, arrival time.Time, unknown []string)
}

// note keeps the names of m that the Scout will be told. What a foreign record has left over is one member here; its names are known already.
func (d *Decoder) note(m *members) {
	if d.scout == nil {
		return
	}
	for i := range m.extra {
		if name := m.extra[i].name; d.format == Native || !isReserved(name) {
			d.unknown = append(d.unknown, name)
		}
	}
}

// scouted tells the Scout of the event e.
func (d *Decoder) scouted(e *Event) {
	if d.scout != nil && e.Err == nil {
		d.scout.Saw(d.format, d.record.Arrival, d.unknown)
	}
	clear(d.unknown)
	d.unknown = d.unknown[:0]
	if cap(d.unknown) > keptExtra {
		d.unknown = nil
	}
}
