package table

import (
	"reflect"
	"testing"
)

// TestChunkKeepsWhatRowsPointTo sets every pointer and slice of a row, keeps the row, and looks for what is still shared.
func TestChunkKeepsWhatRowsPointTo(t *testing.T) {
	var row Row
	pointers := fillPointers(reflect.ValueOf(&row).Elem(), nil)
	var c chunk
	c.keep([]Row{row})
	if len(pointers) < 20 {
		t.Fatalf("%d pointers: too few were set", len(pointers))
	}
	eachPointer(reflect.ValueOf(c.rows[0]), "Row", func(name string, p uintptr) {
		if pointers[p] {
			t.Errorf("%s is not kept: it points to what the caller may change", name)
		}
	})
}

// fillPointers makes every pointer and slice below v refer to something of its own, and collects them.
func fillPointers(v reflect.Value, found map[uintptr]bool) map[uintptr]bool {
	if found == nil {
		found = map[uintptr]bool{}
	}
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Kind() {
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
			found[f.Pointer()] = true
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			found[f.Pointer()] = true
			fillPointers(f.Index(0), found)
		}
	}
	return found
}

func eachPointer(v reflect.Value, name string, visit func(name string, p uintptr)) {
	for i := range v.NumField() {
		f, path := v.Field(i), name+"."+v.Type().Field(i).Name
		switch f.Kind() {
		case reflect.Pointer:
			visit(path, f.Pointer())
		case reflect.Slice:
			visit(path, f.Pointer())
			eachPointer(f.Index(0), path, visit)
		}
	}
}
