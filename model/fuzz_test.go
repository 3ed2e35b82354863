package model

import (
	"fmt"
	"testing"
)

// FuzzModel interprets bytes as operations on a model and on the reference, and compares them.
func FuzzModel(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07"))
	f.Add([]byte("\x03\x11\x22\x33\x44\x55\x05\x00\x01\x02\x03\x04\x05\x07\x01\x02\x03\x04\x06\x05"))
	f.Add([]byte("shoes shoes boots phone shoes phone phone boots boots shoes"))
	f.Fuzz(func(t *testing.T, program []byte) {
		r := newRun(program[:min(len(program), 600)])
		for len(r.program) > 0 {
			r.step()
		}
		compare(t, r.model, r.reference)
	})
}

// run is the interpretation of a program.
type run struct {
	program   []byte
	params    Params
	model     *Model
	reference *reference
	now       int64
}

func newRun(program []byte) *run {
	r := &run{program: program, now: noon}
	r.params = []Params{tight(), fewItems(), fewFacts(), loose()}[r.next(4)]
	r.model, r.reference = New(r.params), newReference(r.params)
	return r
}

// next takes a number below n from the program.
func (r *run) next(n int) int {
	if len(r.program) == 0 {
		return 0
	}
	v := int(r.program[0]) % n
	r.program = r.program[1:]
	return v
}

func (r *run) step() {
	switch r.next(8) {
	case 0:
		r.now += int64(r.next(256)) * 20_000
	case 1:
		f := r.fact()
		r.model.Add(f)
		r.reference.add(f)
	case 2:
		r.move()
	default:
		r.observe()
	}
}

func (r *run) observe() {
	r.now += int64(r.next(4))
	rec := Record{Session: fmt.Sprintf("s%d", r.next(25)), ArrivalMs: r.now}
	for range 1 + r.next(3) {
		rec.Items = append(rec.Items, r.interaction())
	}
	r.model.Observe(nil, rec)
	r.reference.observe(rec)
}

func (r *run) interaction() Interaction {
	n := r.next(24)
	return Interaction{
		Item: fmt.Sprintf("i%d", n), Type: EventType(r.next(4) % 3),
		Category: []string{"", "c1", "c2", "c3", "c4"}[r.next(5)], Brand: []string{"", "x", "y"}[n%3],
	}
}

// fact is one that another model made: its touch is a function of its ids.
func (r *run) fact() Fact {
	n, visit := r.next(24), r.next(3)
	f := Fact{Session: fmt.Sprintf("far%d", r.next(9)), Visit: uint32(visit), Item: fmt.Sprintf("i%d", n), Type: EventType(r.next(3))}
	f.Touch = TouchAt(noon+int64(visit)*3_000_000) + Touch(fingerprint(fnvBasis, fmt.Sprint(f.Session, n))%50)
	if r.next(2) == 0 {
		f.Label = LabelOf(fmt.Sprintf("c%d", n%5), "x")
	}
	return f
}

// move replaces the model by a copy made of what it exports.
func (r *run) move() {
	moved := New(r.params)
	moved.Merge(r.model)
	for v := range r.model.Visits() {
		moved.Reopen(v)
	}
	r.model = moved
}
