package fault_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/infra/local/inprocess"
)

func TestRemovingARuleEndsItsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := fault.New(0)
		behind := &service{}
		handler := script.Wrap(behind)
		delay := script.Add(fault.Rule{Match: fault.Match{Operations: []string{"PutObject"}}, Effect: fault.Delay(time.Hour)})
		hang := script.Add(fault.Rule{Match: fault.Match{Operations: []string{"UpdateItem"}}, Effect: fault.Hang()})
		start := time.Now()
		var wait sync.WaitGroup
		wait.Go(func() {
			if got := status(t, handler, put); got != 200 || time.Since(start) != time.Minute {
				t.Errorf("delayed: %d after %v", got, time.Since(start))
			}
		})
		wait.Go(func() {
			if got := status(t, handler, update); got != 0 || time.Since(start) != time.Minute {
				t.Errorf("hanging: %d after %v", got, time.Since(start))
			}
		})
		time.Sleep(time.Minute)
		delay.Remove()
		hang.Remove()
		wait.Wait()
		if behind.count() != 1 {
			t.Errorf("%d applied", behind.count())
		}
	})
}

func TestImpatientClients(t *testing.T) {
	for name, c := range map[string]struct {
		effect  fault.Effect
		applied int
	}{
		"delay": {fault.Delay(time.Hour), 0}, "hang": {fault.Hang(), 0}, "late": {fault.Late(time.Hour), 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				behind := &service{}
				script := fault.New(0)
				script.Add(fault.Rule{Effect: c.effect})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				_, err := inprocess.Client(script.Wrap(behind)).Do(put.request(ctx, t, "http://127.0.0.1"))
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second || behind.count() != 0 {
					t.Errorf("%v after %v, %d applied", err, time.Since(start), behind.count())
				}
				time.Sleep(2 * time.Hour)
				if behind.count() != c.applied {
					t.Errorf("%d applied in the end, want %d", behind.count(), c.applied)
				}
			})
		})
	}
}

func TestLateForAPatientClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := fault.New(0)
		script.Add(fault.Rule{Effect: fault.Late(time.Minute)})
		start := time.Now()
		code, body, err := send(t, inprocess.Client(script.Wrap(&service{})), "http://127.0.0.1", put)
		if code != 200 || body != "x" || err != nil || time.Since(start) != time.Minute {
			t.Errorf("%d %q %v after %v", code, body, err, time.Since(start))
		}
	})
}

func TestCutOffIsOneClientsAffair(t *testing.T) {
	script := fault.New(0)
	handler := script.Wrap(&service{})
	partition := script.CutOff("w1", fault.DynamoDB, fault.Kinesis)
	by := func(c call, key string) call { c.key = key; return c }
	for _, c := range []struct {
		call call
		want int
	}{{by(update, "w1"), 0}, {by(records, "w1"), 0}, {by(put, "w1"), 200}, {by(update, "w2"), 200}, {update, 200}} {
		if got := status(t, handler, c.call); got != c.want {
			t.Errorf("%+v: got %d, want %d", c.call, got, c.want)
		}
	}
	partition.Remove()
	if got := status(t, handler, by(update, "w1")); got != 200 {
		t.Errorf("healed: got %d", got)
	}
}

// TestConnections runs the effects that cut connections over sockets, with HTTP/1.1 and HTTP/2, and in process.
func TestConnections(t *testing.T) {
	long := put
	long.body = strings.Repeat("0123456789", 2000)
	transports := map[string]func(t *testing.T, h http.Handler) (*http.Client, string){
		"in process": func(_ *testing.T, h http.Handler) (*http.Client, string) {
			return inprocess.Client(h), "http://127.0.0.1"
		},
		"HTTP/1.1": func(t *testing.T, h http.Handler) (*http.Client, string) { return listen(t, h, false) },
		"HTTP/2":   func(t *testing.T, h http.Handler) (*http.Client, string) { return listen(t, h, true) },
	}
	for name, connect := range transports {
		t.Run(name, func(t *testing.T) {
			behind := &service{}
			script := fault.New(0)
			client, base := connect(t, script.Wrap(behind))
			for _, c := range []struct {
				effect  fault.Effect
				call    call
				status  int
				body    string
				applied int
			}{
				{fault.Cut(), put, 0, "", 0},
				{fault.LoseAnswer(), long, 0, "", 1},
				{fault.Truncate(0), put, 200, "", 1},
				{fault.Truncate(7), long, 200, "0123456", 1},
				{fault.Truncate(12_345), long, 200, long.body[:12_345], 1},
			} {
				rule := script.Add(fault.Rule{Effect: c.effect})
				before := behind.count()
				code, body, err := send(t, client, base, c.call)
				if code != c.status || body != c.body || err == nil || behind.count()-before != c.applied {
					t.Errorf("%+v: got %d, %d bytes, %v, %d applied", c.effect, code, len(body), err, behind.count()-before)
				}
				rule.Remove()
			}
			script.Add(fault.Rule{Effect: fault.Truncate(5)})
			if code, body, err := send(t, client, base, put); code != 200 || body != "x" || err != nil {
				t.Errorf("an answer that is short enough: %d %q %v", code, body, err)
			}
		})
	}
}

func listen(t *testing.T, h http.Handler, h2 bool) (*http.Client, string) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	protocols := &http.Protocols{}
	protocols.SetHTTP1(!h2)
	protocols.SetUnencryptedHTTP2(h2)
	server.Config.Protocols = protocols
	server.Start()
	t.Cleanup(server.Close)
	transport := &http.Transport{Protocols: protocols}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}, server.URL
}
