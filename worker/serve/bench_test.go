package serve

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sirupsen/logrus/hooks/test"

	"github.com/streamrec/streamrec/model"
)

// BenchmarkQuestion is the CPU time of a question to the owner, from the parsed request to the written JSON: 20 recommendations from 2,000 sessions
// of ten items in a shop of 500. The connection is not in it.
func BenchmarkQuestion(b *testing.B) {
	c := &town{merged: model.NewMerged(model.DefaultParams())}
	h := &house{town: c, id: "a", lists: NewLive()}
	log, _ := test.NewNullLogger()
	server := New(Config{}, h.lists, h, c, c, log)
	shard := newHolding(b, h, rowOf("1", "a", 1, "0", last))
	for n := range 20_000 {
		shard.act(fmt.Sprint("s", n%2000), fmt.Sprint("P", (n%2000*7+n/2000*n%13)%500))
	}
	handler := server.Handler()
	for _, why := range []string{"", "&why=true"} {
		b.Run("k=20"+why, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n++
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, fmt.Sprintf("/v1/recommendations?session_id=s%d&k=20%s", n%2000, why), nil))
				if w.Code != http.StatusOK {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
