package main

import (
	"context"
	"fmt"
	"time"

	faults "github.com/streamrec/streamrec/infra/local/fault"
)

// trouble is how a service troubles everybody.
type trouble struct {
	what       string
	effect     faults.Effect
	operations []string // none are all
}

// troubles are the ways of each kind, of which a fault chooses one.
var troubles = map[kind][]trouble{
	storeErrors: {
		{"S3 answers 500", faults.Error("InternalError"), nil},
		{"S3 answers 503", faults.Throttle(), nil},
		{"S3 loses answers to writes", faults.LoseAnswer(), []string{"PutObject"}},
	},
	throttle: {{"DynamoDB throttles", faults.Throttle(), nil}},
	streamFails: {
		{"Kinesis answers 500", faults.Error("InternalFailure"), nil},
		{"Kinesis throttles", faults.Throttle(), nil},
		{"Kinesis cuts connections", faults.Cut(), nil},
	},
}

var troubled = map[kind]string{slowStore: faults.S3, storeErrors: faults.S3, throttle: faults.DynamoDB, streamFails: faults.Kinesis}

// troubleOf is what a fault lets happen.
func troubleOf(f fault) trouble {
	if f.Kind == slowStore {
		wait := 200*time.Millisecond + time.Duration(f.Way)*3*time.Millisecond
		return trouble{fmt.Sprintf("S3 is slower by %s", wait), faults.Delay(wait), nil}
	}
	ways := troubles[f.Kind]
	return ways[f.Way%len(ways)]
}

// disturb lets a service trouble all workers that there are; the errors of Kinesis also the producer.
func (s *soak) disturb(ctx context.Context, f fault) (string, heal, error) {
	t := troubleOf(f)
	rule := faults.Rule{Match: faults.Match{Services: []string{troubled[f.Kind]}, Operations: t.operations}, When: faults.Chance(f.Share), Effect: t.effect}
	keys := []string{}
	for _, m := range s.fleet.all() {
		keys = append(keys, m.accessKey())
	}
	if f.Kind == streamFails {
		keys = append(keys, producerKey)
	}
	var rules []faults.Rule
	for _, key := range keys {
		rule.AccessKey = key
		rules = append(rules, rule)
	}
	end, err := s.impose(ctx, rules...)
	return fmt.Sprintf("%s, %.0f %% of the calls for %s", t.what, 100*f.Share, f.Lasts), end, err
}
