package s3

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestKill9 kills a process that writes, overwrites and deletes, again and again, and checks what it had been told.
func TestKill9(t *testing.T) {
	if dir := os.Getenv("STREAMREC_KILLED_WRITER"); dir != "" {
		writeUntilKilled(t, dir)
		return
	}
	dir := t.TempDir()
	known := map[string]string{} // key to the last body that was confirmed; "" for a delete
	for round := range 6 {
		intended := runAndKill(t, dir, round, known)
		s := open(t, Options{Dir: dir})
		for key, body := range known {
			got := send(t, s, http.MethodGet, at(key), "")
			found := got.body
			if got.status == 404 {
				found = ""
			}
			if found != body && (intended.key != key || found != intended.body) {
				t.Fatalf("round %d: %s is %q, confirmed was %q, under way %+v", round, key, found, body, intended)
			}
			known[key] = found
		}
	}
	if len(known) < 10 {
		t.Errorf("the writer got no further than %d keys", len(known))
	}
}

// step is one write of the writer that gets killed; an empty body is a delete.
type step struct{ key, body string }

// nth is the n-th step of a round: four of five are PUTs, over few enough keys that most overwrite.
func nth(round, n int) step {
	s := step{key: fmt.Sprintf("k/%02d", n*7%40)}
	if n%5 != 4 {
		s.body = strings.Repeat(fmt.Sprintf("%d-%d ", round, n), 1+n%300)
	}
	return s
}

// writeUntilKilled runs in the other process: it says what it is about to do, does it, and confirms it.
func writeUntilKilled(t *testing.T, dir string) {
	t.Helper()
	round, err := strconv.Atoi(os.Getenv("STREAMREC_KILLED_ROUND"))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{Dir: dir})
	for n := 0; ; n++ {
		next := nth(round, n)
		fmt.Printf("begin %d\n", n)
		if next.body == "" {
			send(t, s, http.MethodDelete, at(next.key), "").want(t, "delete", 204, "")
		} else {
			send(t, s, http.MethodPut, at(next.key), next.body).want(t, "put", 200, "")
		}
		fmt.Printf("done %d\n", n)
	}
}

// runAndKill lets the writer confirm a number of steps, kills it, updates known, and returns the step that was under way.
func runAndKill(t *testing.T, dir string, round int, known map[string]string) (intended step) {
	t.Helper()
	writer := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill9$", "-test.v")
	writer.Env = append(os.Environ(), "STREAMREC_KILLED_WRITER="+dir, "STREAMREC_KILLED_ROUND="+strconv.Itoa(round))
	output, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	stop := 40 + round*13
	for lines := bufio.NewScanner(output); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.Atoi(rest)
		if err != nil {
			continue
		}
		switch word {
		case "begin":
			intended = nth(round, n)
		case "done":
			known[nth(round, n).key], intended = nth(round, n).body, step{}
			if n == stop {
				if err := writer.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := writer.Wait(); err == nil {
		t.Fatal("the writer ended by itself")
	}
	return intended
}
