package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus/hooks/test"

	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/infra/local/fault"
)

// TestWorkerStartsWhenServicesHaveFailed lets each service fail at more requests than the SDK makes of one, and then for ever.
func TestWorkerStartsWhenServicesHaveFailed(t *testing.T) {
	stack := serveLocal(t)
	createStream(t, 1)
	c, err := loadClients(t.Context())
	must(t, err)
	d := deployment{app: "shop", stream: "clicks", bucket: testBucket, layout: layoutOf("events")}
	for service, code := range map[string]string{fault.Kinesis: "InternalFailure", fault.DynamoDB: "InternalServerError", fault.S3: "SlowDown"} {
		log, said := test.NewNullLogger()
		stack.Faults().Add(fault.Rule{Match: fault.Match{Services: []string{service}}, When: fault.First(5), Effect: fault.Error(code)})
		g, err := d.preflight(t.Context(), c, true, time.Minute, log)
		if err != nil || g.bucket == nil || g.stream.ARN == "" || len(said.AllEntries()) == 0 {
			t.Errorf("%s: found %+v, with %d warnings, %v", service, g, len(said.AllEntries()), err)
		}
		rule := stack.Faults().Add(fault.Rule{Match: fault.Match{Services: []string{service}}, When: fault.Always(), Effect: fault.Error(code)})
		_, err = d.preflight(t.Context(), c, true, time.Second, log)
		rule.Remove()
		if err == nil || exitCode(err) != exitRefused || !strings.Contains(err.Error(), "the worker has tried for 1s: ") {
			t.Errorf("%s fails for ever: %v", service, err)
		}
	}
}

// TestWorkerWaitsForServicesThatStartLater starts a worker where nobody listens yet, and then the services.
func TestWorkerWaitsForServicesThatStartLater(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, listener.Close())
	point(t, "http://"+listener.Addr().String())
	c, err := loadClients(t.Context())
	must(t, err)
	d := deployment{app: "shop", stream: "clicks", bucket: testBucket, layout: layoutOf("events")}
	log, said := test.NewNullLogger()
	_, err = d.preflight(t.Context(), c, true, 8*time.Second, log)
	for _, part := range []string{"the worker has tried for 8s: ", "is AWS_ENDPOINT_URL or AWS_REGION right?"} {
		if exitCode(err) != exitRefused || !strings.Contains(fmt.Sprint(err), part) || len(said.AllEntries()) == 0 {
			t.Errorf("nobody ever listens: %v, after %d warnings", err, len(said.AllEntries()))
		}
	}
	time.AfterFunc(time.Second, func() { listenLate(t, listener.Addr().String()) })
	if _, err := d.preflight(t.Context(), c, true, time.Minute, log); err != nil {
		t.Errorf("the services listen: %v", err)
	}
}

// listenLate serves a local stack with a stream at an address.
func listenLate(t *testing.T, address string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Errorf("listen: %v", err)
		return
	}
	services, err := local.New(local.Options{Buckets: []string{testBucket}, Streams: map[string]int64{"clicks": 1}})
	if err != nil {
		t.Errorf("make services: %v", err)
		return
	}
	server := httptest.NewUnstartedServer(services.Handler())
	must(t, server.Listener.Close())
	server.Listener = listener
	server.Start()
	t.Cleanup(func() { server.Close(); must(t, services.Close()) })
}

// TestMistakesAreRefusedAtOnce names what is not there, and asks who is no service of AWS.
func TestMistakesAreRefusedAtOnce(t *testing.T) {
	serveLocal(t)
	createStream(t, 1)
	c, err := loadClients(t.Context())
	must(t, err)
	t.Setenv("AWS_ENDPOINT_URL", proxy(t, http.StatusForbidden))
	nowhere, err := loadClients(t.Context())
	must(t, err)
	right := deployment{app: "shop", stream: "clicks", bucket: testBucket, layout: layoutOf("events")}
	noStream, noBucket := right, right
	noStream.stream, noBucket.bucket = "nosuch", "nosuch"
	for name, try := range map[string]struct {
		deployment
		clients
	}{"no stream": {noStream, c}, "no bucket": {noBucket, c}, "a proxy that denies": {right, nowhere}} {
		log, said := test.NewNullLogger()
		if _, err := try.preflight(t.Context(), try.clients, true, time.Minute, log); exitCode(err) != exitRefused || len(said.AllEntries()) > 0 {
			t.Errorf("%s: %v, after %d warnings", name, err, len(said.AllEntries()))
		}
	}
}

// proxy answers everything with a page.
func proxy(t *testing.T, status int) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><body><h1>Sorry</h1></body></html>")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestWhatIsNoServiceOfAWS has a proxy at the endpoint. Each service and command says so alike, with one exit code.
func TestWhatIsNoServiceOfAWS(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusBadGateway} {
		point(t, proxy(t, status))
		c, err := loadClients(t.Context())
		must(t, err)
		_, stream := checkStream(t.Context(), c, "clicks")
		_, bucket := checkBucket(t.Context(), c, "shop-log")
		for service, err := range map[string]error{"Kinesis": stream, "S3": bucket, "DynamoDB": checkTable(t.Context(), c, "shop", false)} {
			want := fmt.Sprintf("the answer is not of the AWS protocol (a proxy?): %s, status %d; look what answers there", service, status)
			if err == nil || exitCode(err) != exitRefused || !strings.Contains(err.Error(), want) || failing(err) != (status == http.StatusBadGateway) {
				t.Errorf("%d of %s: %v, tried again: %v", status, service, err, failing(err))
			}
		}
	}
}

// TestServicesThatFailAreRefusedAlike lets each service fail in its own words.
func TestServicesThatFailAreRefusedAlike(t *testing.T) {
	stack := serveLocal(t)
	createStream(t, 1)
	c, err := loadClients(t.Context())
	must(t, err)
	for service, code := range map[string]string{fault.Kinesis: "InternalFailure", fault.DynamoDB: "InternalServerError", fault.S3: "SlowDown"} {
		stack.Faults().Add(fault.Rule{Match: fault.Match{Services: []string{service}}, When: fault.Always(), Effect: fault.Error(code)})
	}
	_, stream := checkStream(t.Context(), c, "clicks")
	_, bucket := checkBucket(t.Context(), c, testBucket)
	for service, err := range map[string]error{"Kinesis": stream, "S3": bucket, "DynamoDB": checkTable(t.Context(), c, "shop", false)} {
		if err == nil || exitCode(err) != exitRefused || !strings.Contains(err.Error(), "the service fails: ") || !strings.Contains(err.Error(), "; try again later") || !failing(err) {
			t.Errorf("%s: %v", service, err)
		}
	}
}

// TestUnreadableMapIsAnError: where the object that says what readers see is empty or something else, no command guesses, and no worker starts.
func TestUnreadableMapIsAnError(t *testing.T) {
	for _, body := range []string{"", "<html>sign in first</html>\n", `{"generation":0}`} {
		serveLocal(t)
		createStream(t, 1)
		shopTable(t)
		c, err := loadClients(t.Context())
		must(t, err)
		must(t, bucketOf(c).PutIfAbsent(t.Context(), testLog.PublishedKey(), []byte(body), nil))
		log := []string{"--stream", "clicks", "--bucket", testBucket, "--app", "shop"}
		for _, args := range [][]string{
			{"deadletters", "list", "--bucket", testBucket},
			{"deadletters", "export", "--bucket", testBucket},
			append([]string{"audit"}, log...),
			append([]string{"worker", "--no-privacy", "--admin", "off", "--http", "off"}, log...),
		} {
			code, out, errs := command(t, args...)
			if code != exitFailed || out != "" || !strings.Contains(errs, testLog.PublishedKey()) || !strings.Contains(errs, "delete it if it is damaged") {
				t.Errorf("%q, %v: exit code %d\n%s%s", body, args, code, out, errs)
			}
		}
	}
}
