package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// dynamoRangeCase is a condition on the sort key c with the indexes of the sorted keys that it selects.
type dynamoRangeCase struct {
	condition string
	a, b      any
	from, to  int // [from, to)
}

// queriesRange puts items with the given sort keys, in order, into two partitions of a table and runs the cases both ways.
func (p *dynamoProbe) queriesRange(table string, keys []any, cases []dynamoRangeCase) error {
	for _, scope := range []string{p.scope, p.scope + "x"} {
		for _, key := range slices.Backward(keys) {
			item := dynamoItem(dynamoFields{dynamoHash: scope, dynamoRange: key})
			if _, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
				return err
			}
		}
	}
	for _, c := range cases {
		values := dynamoUsed(c.condition, dynamoFields{":a": c.a, ":b": c.b})
		if values == nil {
			values = dynamoFields{}
		}
		values[":h"] = p.scope
		condition := "#h = :h"
		if c.condition != "" {
			condition += " AND " + c.condition
		}
		for _, forward := range []bool{true, false} {
			got, err := p.sorts(dynamoQueryOf{table, condition, values, func(in *dynamodb.QueryInput) { in.ScanIndexForward = &forward }})
			if err != nil {
				return fmt.Errorf("%s: %w", condition, err)
			}
			want := dynamoPlainList(keys[c.from:c.to])
			if !forward {
				slices.Reverse(want)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				return fmt.Errorf("%s with %v, forward %v: got %v, want %v", condition, values, forward, got, want)
			}
		}
	}
	return nil
}

func dynamoPlainList(values []any) []any {
	plain := make([]any, len(values))
	for i, v := range values {
		plain[i] = dynamoPlain(dynamoValue(v))
	}
	return plain
}

func (p *dynamoProbe) queriesTexts() error {
	keys := []any{"A", "B", "a", "ab", "ab\x00", "abc", "b", "é", "日"}
	return p.queriesRange(p.table, keys, []dynamoRangeCase{
		{"", nil, nil, 0, 9},
		{"leaseKey = :a", "ab", nil, 3, 4},
		{"leaseKey < :a", "ab", nil, 0, 3},
		{"leaseKey <= :a", "ab", nil, 0, 4},
		{"leaseKey > :a", "ab", nil, 4, 9},
		{"leaseKey >= :a", "ab", nil, 3, 9},
		{":a < leaseKey", "ab", nil, 4, 9},
		{"leaseKey BETWEEN :a AND :b", "a", "abc", 2, 6},
		{"begins_with(leaseKey, :a)", "ab", nil, 3, 6},
		{"begins_with(leaseKey, :a)", "日", nil, 8, 9},
		{"begins_with(leaseKey, :a)", "zz", nil, 9, 9},
		{"leaseKey = :a", "abcd", nil, 9, 9},
	})
}

func (p *dynamoProbe) queriesNumbers() error {
	table, err := p.create(dynamoKeys(types.ScalarAttributeTypeS, types.ScalarAttributeTypeN))
	if err != nil {
		return err
	}
	n := func(s string) any { return dynamoNumber(s) }
	keys := []any{
		n("-9" + strings.Repeat("0", 20)), n("-100"), n("-99.5"), n("-10"), n("-1.5"), n("-0.01"), n("0"), n("0.001"), n("0.01"), n("1"),
		n("1.5"), n("9"), n("10"), n("99.5"), n("1" + strings.Repeat("0", 30)),
	}
	if err := p.queriesRange(table, keys, []dynamoRangeCase{
		{"", nil, nil, 0, 15},
		{"leaseKey = :a", n("1e1"), nil, 12, 13},
		{"leaseKey < :a", 0, nil, 0, 6},
		{"leaseKey <= :a", 0, nil, 0, 7},
		{"leaseKey > :a", n("-1.5"), nil, 5, 15},
		{"leaseKey >= :a", n("-1.50"), nil, 4, 15},
		{"leaseKey BETWEEN :a AND :b", n("-99.5"), n("9"), 2, 12},
		{"leaseKey = :a", n("1e29"), nil, 15, 15},
	}); err != nil {
		return err
	}
	_, err = p.sorts(dynamoQueryOf{table, "#h = :h AND begins_with(leaseKey, :a)", dynamoFields{":h": p.scope, ":a": 1}, nil})
	return dynamoInvalid("begins_with a number", err, "begins_with, operand type: N")
}

func (p *dynamoProbe) queriesBlobs() error {
	table, err := p.create(dynamoKeys(types.ScalarAttributeTypeS, types.ScalarAttributeTypeB))
	if err != nil {
		return err
	}
	b := func(s string) any { return []byte(s) }
	keys := []any{b("\x00"), b("\x00\x00"), b("\x00\x01"), b("\x01"), b("a"), b("\x7f"), b("\x80"), b("\xff"), b("\xff\xff"), b("\xff\xff\x00")}
	return p.queriesRange(table, keys, []dynamoRangeCase{
		{"", nil, nil, 0, 10},
		{"leaseKey = :a", b("\x00"), nil, 0, 1},
		{"leaseKey < :a", b("\x80"), nil, 0, 6},
		{"leaseKey <= :a", b("\x80"), nil, 0, 7},
		{"leaseKey > :a", b("\x00"), nil, 1, 10},
		{"leaseKey >= :a", b("\xff"), nil, 7, 10},
		{"leaseKey BETWEEN :a AND :b", b("\x00\x01"), b("\x7f"), 2, 6},
		{"begins_with(leaseKey, :a)", b("\x00"), nil, 0, 3},
		{"begins_with(leaseKey, :a)", b("\xff\xff"), nil, 8, 10},
	})
}
