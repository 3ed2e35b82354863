package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"sync"

	localdynamo "github.com/streamrec/streamrec/infra/local/dynamo"
)

// usage is what DynamoDB was asked. Checkpoints are the writes that only move a shard's position; everything else is coordination.
type usage struct {
	Requests        float64
	Writes          float64 // of Requests
	Checkpoints     float64 // of Writes
	ReadUnits       float64
	WriteUnits      float64
	CheckpointUnits float64            // of WriteUnits
	ByKind          map[string]float64 // requests, such as "Query lease"
}

// since returns what was added after an earlier usage, per second.
func (u usage) since(before usage, seconds float64) usage {
	rate := func(now, then float64) float64 { return (now - then) / seconds }
	kinds := map[string]float64{}
	for k, n := range u.ByKind {
		kinds[k] = rate(n, before.ByKind[k])
	}
	return usage{
		rate(u.Requests, before.Requests), rate(u.Writes, before.Writes), rate(u.Checkpoints, before.Checkpoints), rate(u.ReadUnits, before.ReadUnits),
		rate(u.WriteUnits, before.WriteUnits), rate(u.CheckpointUnits, before.CheckpointUnits), kinds,
	}
}

// meter counts what passes on its way to DynamoDB. Requests to other services it lets through.
type meter struct {
	next    http.Handler
	service *localdynamo.Service // counts the units

	mu              sync.Mutex
	kinds           map[string]float64
	checkpoints     float64
	checkpointUnits float64
}

func newMeter(next http.Handler, service *localdynamo.Service) *meter {
	return &meter{next: next, service: service, kinds: map[string]float64{}}
}

// usage returns what was counted so far.
func (m *meter) usage() (u usage) {
	for operation, cost := range m.service.Stats() {
		u.Requests += float64(cost.Calls)
		u.ReadUnits += cost.ReadUnits
		u.WriteUnits += cost.WriteUnits
		if isWrite(operation) {
			u.Writes += float64(cost.Calls)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	u.Checkpoints, u.CheckpointUnits, u.ByKind = m.checkpoints, m.checkpointUnits, maps.Clone(m.kinds)
	return u
}

func isWrite(operation string) bool {
	switch operation {
	case "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems":
		return true
	}
	return false
}

// ServeHTTP implements http.Handler.
func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !strings.HasPrefix(version, "DynamoDB_") {
		m.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "request cannot be read", http.StatusBadRequest)
		return
	}
	q := parseRequest(operation, body)
	m.count(q)
	if q.checkpoint() {
		body = askingForUnits(body)
		w = &unitsReader{ResponseWriter: w, found: m.pay}
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	m.next.ServeHTTP(w, r)
}

func (m *meter) count(q request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kinds[q.kind()]++
	if q.checkpoint() {
		m.checkpoints++
	}
}

func (m *meter) pay(units float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.checkpointUnits += units
}

// request is what the meter looks at in a request.
type request struct {
	operation                 string
	Key, Item                 map[string]attribute
	ConditionExpression       string
	ExpressionAttributeValues map[string]attribute
}

// attribute is a value in DynamoDB's JSON: {"S": "text"}.
type attribute map[string]any

func parseRequest(operation string, body []byte) request {
	q := request{operation: operation}
	_ = json.Unmarshal(body, &q) // the service will say what is wrong with it
	return q
}

// scope is the part of streamrec's table that a request is about; the stock table has no parts.
func (q request) scope() string {
	for _, v := range []attribute{q.Key["scope"], q.Item["scope"], q.ExpressionAttributeValues[":scope"]} {
		if s, ok := v["S"].(string); ok {
			return s
		}
	}
	return ""
}

// checkpoint reports whether a request only moves a shard's position. In streamrec it is an update of a lease row that leaves the lease
// counter as it is, in the stock library an unconditional put of a row with a position.
func (q request) checkpoint() bool {
	switch q.operation {
	case "UpdateItem":
		from, to := q.ExpressionAttributeValues[":old_leaseCounter"], q.ExpressionAttributeValues[":leaseCounter"]
		return q.scope() == "lease" && from != nil && reflect.DeepEqual(from, to)
	case "PutItem":
		return q.ConditionExpression == "" && q.Item["ShardID"] != nil && q.Item["Checkpoint"] != nil
	}
	return false
}

// kind names the request in the breakdown.
func (q request) kind() string {
	if q.checkpoint() {
		return "checkpoint"
	}
	return strings.TrimSpace(q.operation + " " + q.scope())
}

// askingForUnits adds to a request that the answer has to say what it cost.
func askingForUnits(body []byte) []byte {
	return append([]byte(`{"ReturnConsumedCapacity":"TOTAL",`), bytes.TrimPrefix(bytes.TrimSpace(body), []byte("{"))...)
}

// unitsReader finds the units in an answer, which the service writes in one piece.
type unitsReader struct {
	http.ResponseWriter
	found func(units float64)
}

// Write implements io.Writer.
func (u *unitsReader) Write(p []byte) (int, error) {
	var answer struct {
		ConsumedCapacity struct{ CapacityUnits float64 }
	}
	if json.Unmarshal(p, &answer) == nil {
		u.found(answer.ConsumedCapacity.CapacityUnits)
	}
	n, err := u.ResponseWriter.Write(p)
	if err != nil {
		return n, fmt.Errorf("answer: %w", err)
	}
	return n, nil
}
