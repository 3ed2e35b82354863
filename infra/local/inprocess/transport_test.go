package inprocess_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/infra/local/inprocess"
)

// exchange sends one request and returns the whole answer.
func exchange(t *testing.T, handler http.HandlerFunc, method, url string, body io.Reader) (*http.Response, string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := inprocess.Client(handler).Do(request)
	if err != nil {
		return nil, "", err
	}
	defer func() {
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
	}()
	got, err := io.ReadAll(response.Body)
	return response, string(got), err
}

func TestHandlerSeesWhatAServerSees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, got, err := exchange(t, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			_, _ = fmt.Fprintf(w, "%s %s path=%s host=%s length=%d/%s body=%s err=%v", r.Method, r.RequestURI, r.URL.Path, r.Host,
				r.ContentLength, r.Header.Get("Content-Length"), body, err)
		}, http.MethodPut, "http://bucket.localhost/a%3Db/%2F?x=1#fragment", strings.NewReader("hello"))
		want := "PUT /a%3Db/%2F?x=1 path=/a=b// host=bucket.localhost length=5/5 body=hello err=<nil>"
		if err != nil || got != want {
			t.Errorf("got %q, %v\nwant %q", got, err, want)
		}
	})
}

func TestUnknownLength(t *testing.T) {
	_, got, err := exchange(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%d %q", r.ContentLength, r.Header.Get("Content-Length"))
	}, http.MethodPut, "http://x/", io.MultiReader(strings.NewReader("a")))
	if err != nil || got != `-1 ""` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestAnswerIsWhatAConnectionWouldCarry(t *testing.T) {
	cases := map[string]struct {
		method  string
		handler http.HandlerFunc
		status  int
		body    string
		err     error // of reading the body
	}{
		"nothing written": {"GET", func(http.ResponseWriter, *http.Request) {}, 200, "", nil},
		"first status counts": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(100)
			w.WriteHeader(404)
			w.WriteHeader(200)
		}, 404, "", nil},
		"HEAD has no body": {"HEAD", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5")
			_, _ = w.Write([]byte("12345"))
		}, 200, "", nil},
		"204 has no body": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(204)
			if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
				panic(err)
			}
		}, 204, "", nil},
		"body shorter than declared": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5")
			_, _ = w.Write([]byte("123"))
		}, 200, "123", io.ErrUnexpectedEOF},
		"body longer than declared": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "2")
			if _, err := w.Write([]byte("123")); !errors.Is(err, http.ErrContentLength) {
				panic(err)
			}
		}, 200, "12", nil},
		"cut in the body": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("123"))
			panic(http.ErrAbortHandler)
		}, 200, "123", io.ErrUnexpectedEOF},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				response, body, err := exchange(t, c.handler, c.method, "http://x/", nil)
				if response == nil || response.StatusCode != c.status || body != c.body || !errors.Is(err, c.err) {
					t.Errorf("got %+v, %q, %v", response, body, err)
				}
			})
		})
	}
}

func TestHeaderNamesAreCanonical(t *testing.T) {
	response, _, err := exchange(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["x-amz-meta-first"] = []string{"1"}
	}, http.MethodGet, "http://x/", nil)
	if err != nil || response.Header.Get("X-Amz-Meta-First") != "1" {
		t.Errorf("got %v, %v", response, err)
	}
}

func TestAbortBeforeTheHeaderIsATransportError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, err := exchange(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, http.MethodGet, "http://x/", nil)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
	})
}

func TestBodyIsStreamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := inprocess.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for i := range 3 {
				_, _ = fmt.Fprintf(w, "%d", i)
				w.(http.Flusher).Flush()
				time.Sleep(time.Second)
			}
		}))
		response, err := client.Get("http://x/")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		start, piece := time.Now(), make([]byte, 8)
		for i := range 3 {
			n, err := response.Body.Read(piece)
			if err != nil || string(piece[:n]) != fmt.Sprint(i) || time.Since(start) != time.Duration(i)*time.Second {
				t.Errorf("piece %d: %q after %v, %v", i, piece[:n], time.Since(start), err)
			}
		}
		if _, err := response.Body.Read(piece); err != io.EOF {
			t.Errorf("end: %v", err)
		}
	})
}

func TestClientThatLeavesEndsTheHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended error
		client := inprocess.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			_, ended = w.Write([]byte("late"))
		}))
		response, err := client.Get("http://x/")
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !errors.Is(ended, io.ErrClosedPipe) {
			t.Errorf("late write: %v", ended)
		}
		if _, err := response.Body.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("read after close: %v", err)
		}
	})
}

func TestSlowClientHoldsTheHandlerBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const total = 10 << 20
		sent := 0
		client := inprocess.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for sent < total {
				n, err := w.Write(make([]byte, 1<<20))
				if err != nil {
					panic(err)
				}
				sent += n
			}
		}))
		response, err := client.Get("http://x/")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		synctest.Wait()
		if sent >= total {
			t.Error("the handler has sent everything to a client that reads nothing")
		}
		if n, err := io.Copy(io.Discard, response.Body); n != total || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
	})
}

// watched reports reads that come after the client has taken its body back.
type watched struct {
	io.Reader
	t      *testing.T
	closed bool
}

func (w *watched) Read(p []byte) (int, error) {
	if w.closed {
		w.t.Error("body read after it was closed")
	}
	return w.Reader.Read(p)
}

func (w *watched) Close() error {
	w.closed = true
	return nil
}

func TestCancelledRequestGivesItsBodyBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("attempt over"))
		defer cancel()
		body := &watched{Reader: bytes.NewReader(make([]byte, 100)), t: t}
		request, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://x/", body)
		if err != nil {
			t.Fatal(err)
		}
		var read error
		_, err = inprocess.NewTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			time.Sleep(time.Second)
			_, read = r.Body.Read(make([]byte, 1))
		})).RoundTrip(request)
		if err == nil || err.Error() != "attempt over" || !body.closed {
			t.Errorf("err %v, body closed %v", err, body.closed)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if read == nil || read == io.EOF {
			t.Errorf("the handler read the body of a request that was given up: %v", read)
		}
	})
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	response, _, err := exchange(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}, http.MethodGet, "http://x/", nil)
	if err != nil || response.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("got %v, %v", response, err)
	}
}
