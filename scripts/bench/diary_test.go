package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDiaryIsFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.diary")
	r := &diaryReader{path: path, worker: "w"}
	if events, err := r.next(); len(events) != 0 || err != nil {
		t.Fatalf("a diary that does not exist: %v, %v", events, err)
	}
	d, err := openDiary(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.note(opened, "shard-1", "-"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.file.WriteString("1700000000000000000 record shard-1 4"); err != nil { // the reader comes in the middle of an entry
		t.Fatal(err)
	}
	first, err := r.next()
	if err != nil || len(first) != 1 || first[0].Kind != opened || first[0].Shard != "shard-1" || first[0].Worker != "w" {
		t.Fatalf("got %+v, %v, want the one entry that is whole", first, err)
	}
	if _, err := d.file.WriteString("2\n"); err != nil {
		t.Fatal(err)
	}
	second, err := r.next()
	if err != nil || len(second) != 1 || second[0].Sequence != "42" || second[0].At.UnixNano() != 1_700_000_000_000_000_000 {
		t.Fatalf("got %+v, %v, want record 42", second, err)
	}
	if third, err := r.next(); len(third) != 0 || err != nil {
		t.Fatalf("nothing was added: %+v, %v", third, err)
	}
}

func TestDamagedDiaryIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.diary")
	for _, text := range []string{"1 record shard\n", "soon record shard 1\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if events, err := (&diaryReader{path: path, worker: "w"}).next(); err == nil {
			t.Errorf("%q was read as %+v", text, events)
		}
	}
}
