package transport

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// closedBody is a request body as the SDK leaves it between the last byte and the look for more: Read has come to its end,
// and WriteTo fails.
type closedBody struct{ io.Reader }

func (closedBody) WriteTo(io.Writer) (int64, error) { return 0, io.EOF }
func (closedBody) Close() error                     { return nil }

func TestClosedBodyDoesNotCutTheConnection(t *testing.T) {
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(w, r.Body); err != nil {
			t.Errorf("server: %v", err)
		}
	}))
	defer echo.Close()
	for range 100 { // connections are used again, or the second request already shows that they are not
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, echo.URL, closedBody{strings.NewReader("records")})
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = int64(len("records"))
		answer, err := WholeBody{echo.Client()}.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(answer.Body)
		if err != nil || string(got) != "records" {
			t.Fatalf("answer %q, %v", got, err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// wire is a Client made of a function.
type wire func(*http.Request) (*http.Response, error)

func (w wire) Do(r *http.Request) (*http.Response, error) { return w(r) }

func TestRequestWithoutBodyPasses(t *testing.T) {
	called := false
	next := wire(func(r *http.Request) (*http.Response, error) {
		called = r.Body == nil
		return nil, io.ErrUnexpectedEOF
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://kinesis.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (WholeBody{next}).Do(r); !errors.Is(err, io.ErrUnexpectedEOF) || !called {
		t.Errorf("called with the empty body: %v, error %v", called, err)
	}
}
