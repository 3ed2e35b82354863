package shop

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestCatalogue(t *testing.T) {
	products := Catalogue()
	if n := len(products); n < 300 || n > 500 {
		t.Errorf("%d products, want 300 to 500", n)
	}
	codeForm, nameForm := regexp.MustCompile(`^S\d\d_\d{4}$`), regexp.MustCompile(`^[A-Z][a-z]+ [A-Z][a-z]+ [A-Z][A-Za-z' ]+$`)
	codes, names, soldOut := map[string]bool{}, map[string]bool{}, 0
	for i, p := range products {
		if !codeForm.MatchString(p.Code) || codes[p.Code] {
			t.Errorf("code %q is not of the form, or not the only one", p.Code)
		}
		if !nameForm.MatchString(p.Name) || names[p.Name] || !strings.HasSuffix(p.Name, p.Line) || !strings.HasPrefix(p.Name, p.Brand) {
			t.Errorf("name %q is not brand, style and line, or not the only one", p.Name)
		}
		if i > 0 && products[i-1].Code >= p.Code {
			t.Errorf("%s follows %s", p.Code, products[i-1].Code)
		}
		if p.Cents < 50 || p.Cents > 200_000 || p.Category == "" || p.Currency != "EUR" || p.Stock < 0 {
			t.Errorf("product %+v", p)
		}
		codes[p.Code], names[p.Name] = true, true
		if p.Stock == 0 {
			soldOut++
		}
	}
	if soldOut == 0 || soldOut > len(products)/10 {
		t.Errorf("%d products are sold out, want a few", soldOut)
	}
}

func TestCatalogueIsTheSameInEveryShop(t *testing.T) {
	want := Catalogue()
	for seed := range uint64(3) {
		if got := New(seed).Catalogue(); !reflect.DeepEqual(got, want) {
			t.Errorf("seed %d has another catalogue", seed)
		}
	}
	s := New(1)
	s.Catalogue()[0].Name = "mine"
	if got, ok := s.Product(want[0].Code); !ok || got != want[0] {
		t.Errorf("product %+v, want %+v", got, want[0])
	}
	if _, ok := s.Product("S99_0000"); ok {
		t.Error("there is a product of an unknown code")
	}
}

func TestPrice(t *testing.T) {
	for cents, want := range map[int64]string{3990: "39.90", 100: "1.00", 90: "0.90", 5: "0.05", 123456: "1234.56"} {
		if got := (Product{Cents: cents}).Price(); got != want {
			t.Errorf("%d cents are %s, want %s", cents, got, want)
		}
	}
}

func TestEveryLineLeadsToOthers(t *testing.T) {
	lines := map[string]bool{}
	for _, d := range departments() {
		for _, l := range d.lines {
			if lines[l.name] {
				t.Errorf("line %s is there twice", l.name)
			}
			lines[l.name] = true
		}
	}
	for _, d := range departments() {
		for _, l := range d.lines {
			for _, other := range l.toward {
				if !lines[other] || other == l.name {
					t.Errorf("line %s leads to %s", l.name, other)
				}
			}
			if len(l.toward) != 2 {
				t.Errorf("line %s leads to %d lines", l.name, len(l.toward))
			}
		}
	}
}

func TestAffinityStaysWithinTheGraph(t *testing.T) {
	s := New(7)
	toward := map[string][]string{}
	for _, d := range departments() {
		for _, l := range d.lines {
			toward[l.name] = l.toward
		}
	}
	for i, list := range s.affinity.complements {
		if len(list) != 4 {
			t.Fatalf("product %d goes with %d others, want 4", i, len(list))
		}
		for rank, other := range list {
			if got, want := s.products[other].Line, toward[s.products[i].Line][rank/2]; got != want {
				t.Errorf("product %d goes with a %s, want a %s", i, got, want)
			}
		}
		if list[0] == list[1] || list[2] == list[3] {
			t.Errorf("product %d goes with the same product twice", i)
		}
	}
	if reflect.DeepEqual(s.affinity, New(8).affinity) {
		t.Error("another seed gives the same affinities")
	}
}
