package serve

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/model"
)

// TestBodyThatDoesNotComeIsNotWaitedFor has a client that announces 500 bytes, and sends one.
func TestBodyThatDoesNotComeIsNotWaitedFor(t *testing.T) {
	a := newTown(t).settle("a", Config{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(a.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(5 * closing)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(conn, "POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusBadRequest {
		t.Errorf("%s, %v", response.Status, err)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the connection stays open: %v", err)
	}
}

// TestItemsBeforeAnythingIsMerged asks in the first minute of an application: of a worker with a shard, and of one without.
func TestItemsBeforeAnythingIsMerged(t *testing.T) {
	c := newTown(t)
	a, b := c.settle("a", Config{}), c.settle("b", Config{})
	shard := a.hold(rowOf("1", "a", 1, "0", last))
	shard.act("x", "P1")
	shard.act("x", "P2")
	if got, status, body := get(t, a.url+"/v1/recommendations?items=P1"); status != http.StatusOK || got.Source != SourceLive || !slices.Equal(got.codes(), []string{"P2"}) {
		t.Errorf("with a shard: %d %s", status, body)
	}
	if got, status, body := get(t, b.url+"/v1/items/P1/similar"); status != http.StatusOK || !got.Stale || got.StalenessMs == 0 {
		t.Errorf("without a shard: %d %s", status, body)
	}
	c.merged.Add(model.Fact{Session: "y", Visit: 1, Item: "P3", Touch: model.TouchAt(noon.UnixMilli())})
	c.merged.Publish()
	for _, h := range []*house{a, b} {
		if got, _, body := get(t, h.url+"/v1/recommendations?items=P1"); got.Source != SourceMerged || got.Stale {
			t.Errorf("%s, after something was merged: %s", h.id, body)
		}
	}
}
