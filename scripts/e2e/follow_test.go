package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamrec/streamrec/worker"
)

// webServer writes a log in which activity in several formats, other requests and metrics are mixed, and rotates it in both ways.
type webServer struct {
	t      *testing.T
	path   string
	random *rand.Rand
	lines  int // of activity
	since  int // lines since the last rotation
}

// write adds a line of activity, and now and then another one.
func (w *webServer) write() {
	w.t.Helper()
	f, err := os.OpenFile(w.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		w.t.Fatal(err)
	}
	w.lines++
	w.since++
	session, product := fmt.Sprintf("s-%d", w.lines%37), fmt.Sprintf("L%d", w.lines)
	now := time.Now()
	text := ""
	switch w.lines % 4 {
	case 0:
		text = fmt.Sprintf(`{"session_id":%q,"product_code":%q,"at":%q}`, session, product, now.Format(time.RFC3339Nano))
	case 1:
		text = fmt.Sprintf(`203.0.113.7 - - [%s] "GET /product/%s?sid=%s HTTP/1.1" 200 512 "-" "Mozilla/5.0"`, now.Format("02/Jan/2006:15:04:05 -0700"), product, session)
	case 2:
		text = fmt.Sprintf(`{"type":"track","event":"Product Viewed","messageId":"m-%d","anonymousId":%q,"timestamp":%q,"properties":{"sku":%q}}`, w.lines, session, now.Format(time.RFC3339Nano), product)
	case 3:
		text = fmt.Sprintf(`{"client_id":%q,"events":[{"name":"view_item","params":{"items":[{"item_id":%q}]}}]}`, session, product)
	}
	if w.random.IntN(2) == 0 {
		text += fmt.Sprintf("\n"+`{"metric":"cpu","value":0.%d}`, w.lines)
	}
	if w.random.IntN(3) == 0 {
		text += fmt.Sprintf("\n"+`203.0.113.7 - - [%s] "GET /style.css HTTP/1.1" 200 512 "-" "Mozilla/5.0"`, now.Format("02/Jan/2006:15:04:05 -0700"))
	}
	_, err = f.WriteString(text + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		w.t.Fatal(err)
	}
}

// rotate moves or copies the log away. It keeps all old ones: a second here is a day elsewhere.
func (w *webServer) rotate() {
	w.t.Helper()
	for i := 200; i > 0; i-- {
		if err := os.Rename(fmt.Sprintf("%s.%d", w.path, i), fmt.Sprintf("%s.%d", w.path, i+1)); err != nil && !errors.Is(err, os.ErrNotExist) {
			w.t.Fatal(err)
		}
	}
	w.since = 0
	var err error
	if w.random.IntN(2) == 0 {
		err = os.Rename(w.path, w.path+".1")
	} else {
		var text []byte
		if text, err = os.ReadFile(w.path); err == nil {
			err = errors.Join(os.WriteFile(w.path+".1", text, 0o600), os.Truncate(w.path, 0))
		}
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// missing names the first lines that are not among the products.
func (w *webServer) missing(products map[string]string) (lines []int) {
	for i := 1; i <= w.lines && len(lines) < 10; i++ {
		if _, ok := products[fmt.Sprintf("L%d", i)]; !ok {
			lines = append(lines, i)
		}
	}
	return lines
}

// TestFollowedLogWithKills kills the producer at random moments while the log is written and rotated. Each line of activity is in the stream, each time
// with the same event_id, and the rows that are no duplicates are exactly the lines.
func TestFollowedLogWithKills(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, time.Minute)
	stack := NewStack(ctx, t, "--limits=off")
	stack.CreateStream(ctx, 2)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "500ms")
	fleet.AwaitShare(ctx, fleet.Start("a"))

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := &webServer{t: t, path: filepath.Join(t.TempDir(), "access.log"), random: rand.New(rand.NewPCG(seed, 0))}
	acks := filepath.Join(t.TempDir(), "acks.jsonl")
	follow := func(i int) *Process {
		return stack.Run(fmt.Sprintf("follow-%d", i), "produce", "--stream", Stream, "--follow", w.path, "--ack-log", acks, "-o", "json")
	}
	const kills, lines = 12, 4000
	producer := follow(0)
	Until(ctx, t, "the producer has begun", func() (bool, string) { // what was rotated before is not its business
		_, err := os.Stat(w.path + ".position")
		return err == nil, fmt.Sprint(err)
	})
	for killed := 0; w.lines < lines; {
		w.write()
		if w.since > 20 && w.random.IntN(120) == 0 {
			w.rotate()
		}
		if w.random.IntN(3) == 0 {
			if err := (worker.System{}).Sleep(ctx, time.Duration(w.random.IntN(4))*time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		if killed < kills && w.lines > (killed+1)*lines/(kills+1) {
			producer.Kill()
			killed++
			for range w.random.IntN(60) { // nobody is there
				w.write()
			}
			if w.random.IntN(2) == 0 {
				w.rotate()
			}
			producer = follow(killed)
		}
	}
	ids := map[string]string{} // of products
	records := 0
	Until(ctx, t, "all lines are in the stream", func() (bool, string) {
		if err := (worker.System{}).Sleep(ctx, 200*time.Millisecond); err != nil { // reading everything is work
			return false, err.Error()
		}
		records = 0
		stack.eachRecord(ctx, func(data []byte) {
			records++
			product, id := lineOf(t, data)
			if known, ok := ids[product]; ok && known != id {
				t.Fatalf("%s has the ids %s and %s", product, known, id)
			}
			ids[product] = id
		})
		return len(ids) >= w.lines, fmt.Sprintf("%d of %d lines, %d records, without %v", len(ids), w.lines, records, w.missing(ids))
	})
	producer.Terminate()
	producer.Succeed(ctx)
	t.Logf("%d lines of activity became %d records, after %d kills", w.lines, records, kills)
	distinct := map[string]bool{}
	for _, id := range ids {
		distinct[id] = true
	}
	if len(ids) != w.lines || len(distinct) != w.lines {
		t.Errorf("%d products and %d ids for %d lines", len(ids), len(distinct), w.lines)
	}

	records = 0
	stack.eachRecord(ctx, func([]byte) { records++ })
	NewProgress(fleet).Await(ctx, records)
	fleet.Terminate(ctx)
	if !oracle.mute {
		oracle.Download(ctx, stack, App)
		oracle.Table("lines", "SELECT 'L' || range AS product FROM range(1, "+strconv.Itoa(w.lines+1)+")")
		oracle.Table("firsts", "SELECT browse_history[1].product_code AS product, count(*) AS n FROM rows WHERE NOT duplicate GROUP BY ALL")
		oracle.Verdict(ctx,
			Check{"a line has no row that is no duplicate", "SELECT * FROM lines ANTI JOIN firsts USING (product)"},
			Check{"a row that is no duplicate is no line, or twice", "SELECT * FROM firsts WHERE n <> 1 OR product NOT IN (SELECT product FROM lines)"},
			Check{"a row could not be decoded", "SELECT error FROM rows WHERE error IS NOT NULL"})
	}
	audit := stack.Run("audit", append(append([]string{"audit", "-o", "json"}, deployment(App)...), "--ack-log", acks)...)
	audit.Succeed(ctx) // every acknowledged record is in a row; the log lacks those whose producer was killed before it could write
}

// eachRecord reads all records of the stream.
func (s *Stack) eachRecord(ctx context.Context, see func(data []byte)) {
	s.t.Helper()
	for i := range s.shards {
		at, err := s.Kinesis.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
			StreamName: aws.String(Stream), ShardId: aws.String(fmt.Sprintf("shardId-%012d", i)), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			s.t.Fatalf("get iterator: %v", err)
		}
		for next := at.ShardIterator; next != nil; {
			page, err := s.Kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: next})
			if err != nil {
				s.t.Fatalf("get records: %v", err)
			}
			for _, r := range page.Records {
				see(r.Data)
			}
			if next = page.NextShardIterator; len(page.Records) == 0 && aws.ToInt64(page.MillisBehindLatest) == 0 {
				break
			}
		}
	}
}

// lineOf is the product of a line's record, which names the line, and its id.
func lineOf(t *testing.T, data []byte) (product, id string) {
	t.Helper()
	var r struct {
		EventID     string `json:"event_id"`
		MessageID   string `json:"messageId"`
		ProductCode string `json:"product_code"`
		History     []struct {
			ProductCode string `json:"product_code"`
		} `json:"browse_history"`
		Properties struct{ SKU string }
		Events     []struct {
			Params struct {
				Items []struct {
					ItemID string `json:"item_id"`
				}
			}
		}
	}
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	product = r.ProductCode + r.Properties.SKU
	for _, h := range r.History {
		product += h.ProductCode
	}
	for _, e := range r.Events {
		product += e.Params.Items[0].ItemID
	}
	if id = r.EventID + r.MessageID; id == "" || product == "" {
		t.Fatalf("%s has no id or product", data)
	}
	return product, id
}
