package model_test

import (
	"fmt"

	"github.com/streamrec/streamrec/model"
)

func Example() {
	m := model.New(model.DefaultParams())
	ms := int64(1_700_000_000_000)
	for _, history := range [][]string{
		{"phone", "case", "charger"},
		{"phone", "case"},
		{"laptop", "charger"},
	} {
		ms += 1000
		record := model.Record{Session: fmt.Sprint("session ", ms), ArrivalMs: ms}
		for _, item := range history {
			record.Items = append(record.Items, model.Interaction{Item: item})
		}
		m.Observe(nil, record)
	}
	m.Observe(nil, model.Record{Session: "ann", ArrivalMs: ms + 1000, Items: []model.Interaction{{Item: "phone"}}})
	for _, s := range m.Recommend(nil, "ann", 2) {
		fmt.Println(s.Item)
	}
	// Output:
	// case
	// charger
}

// Two shards learn from sessions of their own and tell each other what they learnt.
func ExampleModel_Observe() {
	one, two := model.New(model.DefaultParams()), model.New(model.DefaultParams())
	facts := one.Observe(nil, model.Record{
		Session: "ann", ArrivalMs: 1_700_000_000_000,
		Items: []model.Interaction{{Item: "phone"}, {Item: "case", Type: model.Cart}},
	})
	for _, f := range facts {
		fmt.Println(f.Session, f.Item, f.Type, f.Touch)
		two.Add(f)
	}
	for _, s := range two.Similar(nil, "phone", 1) {
		fmt.Println("with a phone:", s.Item)
	}
	// Output:
	// ann phone view 1700000000000.0
	// ann case cart 1700000000000.1
	// with a phone: case
}
