package tail

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// take gives the next n lines, of which nothing is said to be done.
func (w *world) take(n int) (lines []Line) {
	w.t.Helper()
	for range n {
		line, ok := w.log.Next()
		if !ok {
			w.t.Fatalf("%d lines, want %d", len(lines), n)
		}
		line.Text = []byte(string(line.Text))
		lines = append(lines, line)
	}
	return lines
}

// TestPositionIsBeforeTheFirstLineThatIsNotDone has lines that are done in another order.
func TestPositionIsBeforeTheFirstLineThatIsNotDone(t *testing.T) {
	w := newWorld(t)
	w.write(10)
	w.open()
	lines := w.take(8)
	for _, i := range []int{7, 0, 4, 1, 5} { // not 2, 3 and 6
		w.log.Done(lines[i].Ref)
	}
	w.must(w.log.Save())
	w.kill()
	w.open()
	again := w.take(8)
	if string(again[0].Text) != string(lines[2].Text) || again[0].ID != lines[2].ID {
		t.Errorf("%.20q comes again first, want %.20q", again[0].Text, lines[2].Text)
	}
}

// TestPositionOfAFileThatWasJustTruncated saves between a copytruncate and the next look, with lines that are not done.
func TestPositionOfAFileThatWasJustTruncated(t *testing.T) {
	w := newWorld(t)
	w.write(10)
	w.open()
	lines := w.take(5)
	for _, line := range lines[:3] {
		w.log.Done(line.Ref)
	}
	w.copytruncate()
	w.write(30)
	w.must(w.log.Save())
	w.kill()
	w.open()
	again := w.take(37)
	for i, line := range again {
		if want := fmt.Sprintf("line %d ", i+4); !strings.HasPrefix(string(line.Text), want) {
			t.Fatalf("line %d is %.20q, want %q; notes %q", i, line.Text, want, w.notes)
		}
	}
	if again[0].ID != lines[3].ID {
		t.Error("a line has another id when it is read from the copy")
	}
}

// TestRotatedFileThatWasNotReadForLong gives up no file, and takes no part of a line for one, because its reader was held up.
func TestRotatedFileThatWasNotReadForLong(t *testing.T) {
	w := newWorld(t)
	w.write(9000) // more than is read at once
	w.open()
	w.read(1)
	w.rename()
	w.write(5)
	w.log.Poll()
	w.now = w.now.Add(time.Hour)
	w.read(all)
	w.check()
}

func TestEqualLinesHaveDifferentIDs(t *testing.T) {
	w := newWorld(t)
	w.append("same\nsame\nsame\n")
	w.open()
	lines := w.take(3)
	if lines[0].ID == lines[1].ID || lines[1].ID == lines[2].ID {
		t.Errorf("ids %s, %s, %s", lines[0].ID, lines[1].ID, lines[2].ID)
	}
}
