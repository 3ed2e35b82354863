package table

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// goldenRows are the rows of testdata/v1.parquet. Never change them: the file was written by the first release.
func goldenRows() []Row {
	const number = "00000000000000000049590338271490256608559692538361571095"
	return []Row{
		{
			ShardID: "shardId-000000000001", SequenceNumber: number, PartitionKey: "s-1", ArrivalTime: arrival,
			EventTime: new(time.Date(2026, 11, 23, 9, 0, 0, 1000, time.UTC)), EventID: new("e-1"), SessionID: new("s-1"),
			CustomerID: new("f7bdee03870627ffa3b4e9b8982522c3"), KeyID: new("c4753388"), City: new("Luleå"), Country: new("Sverige"),
			CreditLimit: new(int64(999_999_999_999_999_999)), ModelVersion: new(int32(7)), Extra: new(`{"_sealed":"AQ=="}`),
			BrowseHistory: []Entry{{
				ProductCode: new("P1"), Quantity: new(int64(math.MaxInt64)), InShoppingCart: new(true), Event: new("purchase"),
				Category: new("tea"), Brand: new("Acme"), Price: new(int64(99_500)), Currency: new("EUR"), Extra: new(`{"size":"XL"}`),
			}, {Event: new("view")}},
			Recommendations: []Recommendation{{"P2", 1.5}, {"日本", -1e-300}},
		},
		{
			ShardID: "shardId-000000000001", SequenceNumber: number, SubSequence: 1, PartitionKey: "å", ArrivalTime: arrival,
			ExplicitHashKey: new("340282366920938463463374607431768211455"), EventID: new(""), SessionID: new("s-1"), City: new(""),
			CreditLimit: new(int64(-1)), Duplicate: true, BrowseHistory: []Entry{}, Recommendations: []Recommendation{},
		},
		{
			ShardID: "shardId-000000000001", SequenceNumber: strings.Repeat("9", 56), SubSequence: 2, Line: 3, PartitionKey: "p",
			ArrivalTime: arrival.Add(time.Hour), Error: new("invalid_json: no value at byte 0"), Raw: new([]byte("\x00\xff")),
		},
		{
			ShardID: "shardId-000000000001", SequenceNumber: strings.Repeat("9", 56), SubSequence: 3, PartitionKey: "p",
			ArrivalTime: time.Unix(0, 0).UTC(), Error: new("empty: 0 bytes of white space"), Raw: new([]byte{}),
		},
	}
}

// TestGoldenFilesRead reads the files that the first release of each schema version has written.
func TestGoldenFilesRead(t *testing.T) {
	if *update {
		file := writeFile(t, Options{}, goldenRows(), map[string]string{"shard": "shardId-000000000001"})
		if err := os.WriteFile(golden(".parquet"), file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for version := 1; version <= SchemaVersion; version++ {
		readGolden(t, version)
	}
}

// readGolden reads a file of any version into the columns of this one. Later versions write the same rows, whose new columns are null.
func readGolden(t *testing.T, version int) {
	t.Helper()
	file, err := os.ReadFile(fmt.Sprintf("testdata/v%d.parquet", version))
	if err != nil {
		t.Fatal(err)
	}
	sameRows(t, readFile(t, file), goldenRows())
	for i, f := range readFacts(t, file) {
		if want := factOf(goldenRows()[i]); f.SessionID != want.SessionID || len(f.Steps) != len(want.Steps) {
			t.Errorf("fact %d: got %+v, want %+v", i, f, want)
		}
	}
	info, err := ReadInfo(bytes.NewReader(file), int64(len(file)))
	if err != nil || info.Keys[KeySchemaVersion] != fmt.Sprint(version) || info.Keys["shard"] != "shardId-000000000001" {
		t.Errorf("footer has %v, %v", info.Keys, err)
	}
	sum := sha256.Sum256([]byte(strings.Join(columnsOf(t, version), "\n") + "\n"))
	if want := hex.EncodeToString(sum[:16]); info.Keys[KeySchemaHash] != want {
		t.Errorf("version %d: the footer has the schema hash %s, want %s", version, info.Keys[KeySchemaHash], want)
	}
}
