package kinesis_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"

	"github.com/streamrec/streamrec/infra/local/kinesis"
)

// picture is everything that clients can see of a stream.
func (r *rig) picture(stream string) string {
	r.t.Helper()
	shards := r.shards(stream)
	tags := must[awskinesis.ListTagsForStreamOutput](r)(r.ListTagsForStream(r.ctx, &awskinesis.ListTagsForStreamInput{StreamName: &stream}))
	seen := []any{r.summary(stream), shards, tags.Tags}
	for _, shard := range shards {
		seen = append(seen, r.read(r.iterator(stream, *shard.ShardId, types.ShardIteratorTypeTrimHorizon)).Records)
	}
	text, err := json.MarshalIndent(seen, "", " ")
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

func TestEverythingSurvivesARestart(t *testing.T) {
	r := newRig(t, kinesis.Options{Dir: filepath.Join(t.TempDir(), "made", "on", "the", "way")})
	must[awskinesis.CreateStreamOutput](r)(r.CreateStream(r.ctx, &awskinesis.CreateStreamInput{
		StreamName: aws.String("s"), ShardCount: aws.Int32(2), Tags: map[string]string{"a": "b"}, MaxRecordSizeInKiB: aws.Int32(2048),
	}))
	r.create("other.Name_1", 1)
	r.put("other.Name_1", "k", "o")
	for i := range 20 {
		r.put("s", numbered(i), strings.Repeat("x", i*1000))
		r.clock.advance(time.Minute)
		if i == 10 {
			if err := r.scale("s", 3); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.retain("s", 100)
	last := r.put("s", "k", "last")
	iterator := r.iterator("s", "shardId-000000000002", types.ShardIteratorTypeTrimHorizon)
	s, other := r.picture("s"), r.picture("other.Name_1")
	for range 2 {
		r.restart()
		want(t, "s is the same", r.picture("s") == s, true)
		want(t, "the other one is the same", r.picture("other.Name_1") == other, true)
		r.read(iterator) // is still good
	}
	if next := r.put("s", "k", "x"); next <= last {
		t.Errorf("number %s follows %s", next, last)
	}
	r.create("third", 1)
	r.put("third", "k", "t")
	r.restart()
	want(t, "records of the third", r.all("third", shard0), "t")
}

// TestNumbersLeapAtARestart: a crash of the machine may take records that readers have seen; their numbers are not used again.
func TestNumbersLeapAtARestart(t *testing.T) {
	r := newRig(t, kinesis.Options{Dir: t.TempDir()})
	r.create("s", 1)
	r.put("s", "k", "a")
	lost := r.put("s", "k", "b")
	if err := r.service.Close(); err != nil {
		t.Fatal(err)
	}
	truncateSegments(t, r.options.Dir, 20)
	logger, hook := logtest.NewNullLogger()
	r.options.Logger = logger
	r.start()
	want(t, "records left", r.all("s", shard0), "a")
	if entry := hook.LastEntry(); entry == nil || entry.Level != logrus.WarnLevel || entry.Message != "torn tail cut off" || entry.Data["bytes"] == int64(0) {
		t.Errorf("log entry is %+v", entry)
	}
	next := r.put("s", "k", "c")
	if next <= lost {
		t.Errorf("number %s follows %s", next, lost)
	}
	// The lost number is a valid position all the same: behind it comes what was put later.
	out := must[awskinesis.GetShardIteratorOutput](r)(r.GetShardIterator(r.ctx, &awskinesis.GetShardIteratorInput{
		StreamName: aws.String("s"), ShardId: aws.String(shard0), ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: &lost,
	}))
	want(t, "records behind the lost one", texts(r.read(out.ShardIterator).Records), "c")
}

// segments lists the segment files below a folder.
func segments(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "stream-*", "shardId-*", "*.frames"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func truncateSegments(t *testing.T, dir string, bytes int64) {
	t.Helper()
	for _, path := range segments(t, dir) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, info.Size()-bytes); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKilledService: a service that was never closed, as after kill -9, loses nothing.
func TestKilledService(t *testing.T) {
	r := newRig(t, kinesis.Options{Dir: t.TempDir()})
	r.create("s", 1)
	for i := range 10 {
		r.put("s", "k", numbered(i))
	}
	before := r.picture("s")
	killed := t.TempDir()
	if err := os.CopyFS(killed, os.DirFS(r.options.Dir)); err != nil {
		t.Fatal(err)
	}
	other := newRig(t, kinesis.Options{Dir: killed})
	want(t, "the copy is the same", other.picture("s") == before, true)
}

func TestTrimmedFilesAreDeleted(t *testing.T) {
	r := newRig(t, kinesis.Options{Dir: t.TempDir()})
	r.create("s", 1)
	for range 20 {
		r.putZeros(1<<20 - 1)
	}
	filled := len(segments(t, r.options.Dir))
	if filled < 3 {
		t.Fatalf("%d segments", filled)
	}
	r.clock.advance(24*time.Hour + time.Millisecond)
	r.put("s", "k", "new") // trims without reading
	if left := len(segments(t, r.options.Dir)); left >= filled || left > 2 {
		t.Errorf("%d segments are left of %d", left, filled)
	}
	want(t, "records", r.all("s", shard0), "new")
	must[awskinesis.DeleteStreamOutput](r)(r.DeleteStream(r.ctx, &awskinesis.DeleteStreamInput{StreamName: aws.String("s")}))
	entries, err := os.ReadDir(r.options.Dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "lock" {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// TestHalfMadeStreamsAreSweptAway: folders without a state are what a crash leaves of creating or deleting.
func TestHalfMadeStreamsAreSweptAway(t *testing.T) {
	r := newRig(t, kinesis.Options{Dir: t.TempDir()})
	r.create("s", 1)
	r.put("s", "k", "a")
	stray := filepath.Join(r.options.Dir, "stream-7", shard0)
	if err := os.MkdirAll(stray, 0o700); err != nil {
		t.Fatal(err)
	}
	expired := filepath.Join(filepath.Dir(filepath.Dir(segments(t, r.options.Dir)[0])), "shardId-000000000099")
	if err := os.MkdirAll(expired, 0o700); err != nil {
		t.Fatal(err)
	}
	r.restart()
	for _, path := range []string{stray, expired} {
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s is still there, %v", path, err)
		}
	}
	want(t, "records", r.all("s", shard0), "a")
}

func TestFolderIsLocked(t *testing.T) {
	r := newRig(t, kinesis.Options{Dir: t.TempDir()})
	if second, err := kinesis.New(kinesis.Options{Dir: r.options.Dir}); err == nil {
		t.Errorf("a second service of the same folder started: %v", second.Close())
	}
	r.restart() // frees and takes it
}

func TestDamagedStateIsRefused(t *testing.T) {
	for name, state := range map[string]string{"garbage": `{"version":1,`, "another version": `{"version":2}`} {
		dir := t.TempDir()
		path := filepath.Join(dir, "stream-5")
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "state.json"), []byte(state), 0o600); err != nil {
			t.Fatal(err)
		}
		service, err := kinesis.New(kinesis.Options{Dir: dir})
		if err == nil || !strings.Contains(err.Error(), "stream-5") {
			t.Errorf("%s: %v, %v", name, service, err)
		}
		if again, err := kinesis.New(kinesis.Options{Dir: dir}); err == nil || strings.Contains(err.Error(), "in use") {
			t.Errorf("%s: the failed start kept the lock: %v, %v", name, again, err)
		}
	}
}

// TestFullDisk makes the folder of a shard impossible to write: records fail one by one, are not readable, and the stream goes
// on where it can.
func TestFullDisk(t *testing.T) {
	logger, hook := logtest.NewNullLogger()
	r := newRig(t, kinesis.Options{Dir: t.TempDir(), Logger: logger})
	r.create("s", 2)
	states, err := filepath.Glob(filepath.Join(r.options.Dir, "stream-*"))
	if err != nil || len(states) != 1 {
		t.Fatal(states, err)
	}
	blocked := filepath.Join(states[0], shard0)
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out := r.burst(4, 10)
	want(t, "FailedRecordCount", *out.FailedRecordCount, 2)
	for i, record := range out.Records {
		if code := aws.ToString(record.ErrorCode); (i%2 == 0) != (code == "InternalFailure") {
			t.Errorf("record %d has code %q", i, code)
		}
	}
	_, err = r.PutRecord(r.ctx, &awskinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), ExplicitHashKey: half(false), Data: []byte("x")})
	refused(t, err, "InternalFailure", "Internal Service Failure")
	if len(hook.AllEntries()) < 2 || strings.Contains(fmt.Sprint(hook.LastEntry().Data), "session") {
		t.Errorf("%d log entries", len(hook.AllEntries()))
	}
	want(t, "records in the lower shard", len(r.read(r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)).Records), 0)
	want(t, "records in the upper shard", len(r.read(r.iterator("s", shard1, types.ShardIteratorTypeTrimHorizon)).Records), 2)
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	want(t, "FailedRecordCount with room again", *r.burst(4, 10).FailedRecordCount, 0)
	r.restart()
	want(t, "records in the lower shard", len(r.read(r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)).Records), 2)
}

// TestStateThatCannotBeSaved: a change that is not on disk has not happened.
func TestStateThatCannotBeSaved(t *testing.T) {
	r := newRig(t, kinesis.Options{Dir: t.TempDir()})
	r.create("s", 2)
	before := r.picture("s")
	states, err := filepath.Glob(filepath.Join(r.options.Dir, "stream-*"))
	if err != nil || len(states) != 1 {
		t.Fatal(states, err)
	}
	block := filepath.Join(states[0], "state.json.new")
	if err := os.Mkdir(block, 0o700); err != nil {
		t.Fatal(err)
	}
	refused(t, r.scale("s", 4), "InternalFailure")
	want(t, "the stream is the same", r.picture("s") == before, true)
	if err := os.Remove(block); err != nil {
		t.Fatal(err)
	}
	if err := r.scale("s", 4); err != nil {
		t.Error(err)
	}
	want(t, "open shards", *r.summary("s").OpenShardCount, 4)
}

func TestClosedService(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 1)
	iterator := r.iterator("s", shard0, types.ShardIteratorTypeLatest)
	for range 2 {
		if err := r.service.Close(); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, errorOf(r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator})), "InternalFailure")
	refused(t, errorOf(r.ListStreams(r.ctx, &awskinesis.ListStreamsInput{})), "InternalFailure")
	refused(t, errorOf(r.CreateStream(r.ctx, &awskinesis.CreateStreamInput{StreamName: aws.String("t"), ShardCount: aws.Int32(1)})), "InternalFailure")
}

// TestDamageAtRuntime: a record that is damaged on disk while the service runs is not returned.
func TestDamageAtRuntime(t *testing.T) {
	logger, hook := logtest.NewNullLogger()
	options := kinesis.Options{Dir: t.TempDir(), Logger: logger}
	r := newRig(t, options.WithSegmentBytes(1000))
	r.create("s", 1)
	for i := range 30 {
		r.put("s", "k", strings.Repeat(numbered(i), 30))
	}
	path := segments(t, r.options.Dir)[0]
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)})
	refused(t, err, "InternalFailure")
	if entry := hook.LastEntry(); entry == nil || !strings.Contains(fmt.Sprint(entry.Data["error"]), "checksum") {
		t.Errorf("log entry is %+v", entry)
	}
}
