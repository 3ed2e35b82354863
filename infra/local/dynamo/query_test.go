package dynamo_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/streamrec/streamrec/infra/local/dynamo"
)

// sortKey is one type of sort key: how values are drawn, written and ordered.
type sortKey struct {
	kind    types.ScalarAttributeType
	draw    func(*rand.Rand) any
	write   func(any) types.AttributeValue
	compare func(a, b any) int
}

func sortKeys() []sortKey {
	drawText := func(r *rand.Rand) any {
		return strings.Repeat([...]string{"a", "b"}[r.IntN(2)], 1+r.IntN(3)) + [...]string{"", "a", "b", "é"}[r.IntN(4)]
	}
	compareText := func(a, b any) int { return strings.Compare(a.(string), b.(string)) }
	return []sortKey{
		{
			types.ScalarAttributeTypeS, drawText,
			func(v any) types.AttributeValue { return text(v.(string)) }, compareText,
		},
		{
			types.ScalarAttributeTypeB, func(r *rand.Rand) any {
				return string(binary.BigEndian.AppendUint16(nil, uint16(r.IntN(3)*255+r.IntN(3))))[r.IntN(2):]
			},
			func(v any) types.AttributeValue { return &types.AttributeValueMemberB{Value: []byte(v.(string))} }, compareText,
		},
		{
			types.ScalarAttributeTypeN, func(r *rand.Rand) any { return float64(r.IntN(41)-20) / 4 },
			func(v any) types.AttributeValue { return number(strconv.FormatFloat(v.(float64), 'f', -1, 64)) },
			func(a, b any) int { return cmp.Compare(a.(float64), b.(float64)) },
		},
	}
}

// TestQueryAgreesWithFilter compares random key conditions, directions and page sizes with a filter over all keys.
func TestQueryAgreesWithFilter(t *testing.T) {
	for _, k := range sortKeys() {
		t.Run(string(k.kind), func(t *testing.T) {
			c := clientOf(open(t, dynamo.Options{}))
			createTable(t, c, k.kind)
			r := rand.New(rand.NewPCG(11, 12))
			all := map[string][]any{}
			for range 60 {
				scope, sort := fmt.Sprint("p", r.IntN(3)), k.draw(r)
				if !slices.Contains(all[scope], sort) {
					all[scope] = append(all[scope], sort)
				}
				in := &dynamodb.PutItemInput{TableName: new("leases"), Item: item{"scope": text(scope), "leaseKey": k.write(sort)}}
				if _, err := c.PutItem(t.Context(), in); err != nil {
					t.Fatal(err)
				}
			}
			for range 400 {
				k.query(t, c, r, all)
			}
		})
	}
}

func (k sortKey) query(t *testing.T, c *dynamodb.Client, r *rand.Rand, all map[string][]any) {
	t.Helper()
	scope, a, b := fmt.Sprint("p", r.IntN(4)), k.draw(r), k.draw(r)
	if k.compare(a, b) > 0 {
		a, b = b, a
	}
	ops := []string{"", "=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"}
	if k.kind == types.ScalarAttributeTypeN {
		ops = ops[:7]
	}
	op := ops[r.IntN(len(ops))]
	condition, values := "#h = :h", item{":h": text(scope)}
	switch op {
	case "":
	case "BETWEEN":
		condition, values[":a"], values[":b"] = condition+" AND leaseKey BETWEEN :a AND :b", k.write(a), k.write(b)
	case "begins_with":
		condition, values[":a"] = condition+" AND begins_with(leaseKey, :a)", k.write(a)
	default:
		condition, values[":a"] = condition+" AND leaseKey "+op+" :a", k.write(a)
	}
	var want []any
	for _, v := range all[scope] {
		if k.selects(op, v, a, b) {
			want = append(want, v)
		}
	}
	forward := r.IntN(2) == 0
	slices.SortFunc(want, k.compare)
	if !forward {
		slices.Reverse(want)
	}
	got := k.pages(t, c, &dynamodb.QueryInput{
		TableName: new("leases"), KeyConditionExpression: &condition, ExpressionAttributeValues: values,
		ExpressionAttributeNames: map[string]string{"#h": "scope"}, ScanIndexForward: &forward, Limit: new(int32(1 + r.IntN(7))),
	})
	if !slices.EqualFunc(got, want, func(g types.AttributeValue, w any) bool { return same(g, k.write(w)) }) {
		t.Fatalf("%s with %v, forward %v: got %d items, want %v", condition, []any{a, b}, forward, len(got), want)
	}
}

// same compares two keys.
func same(a, b types.AttributeValue) bool {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		return a.Value == b.(*types.AttributeValueMemberS).Value
	case *types.AttributeValueMemberN:
		return a.Value == b.(*types.AttributeValueMemberN).Value
	case *types.AttributeValueMemberB:
		return string(a.Value) == string(b.(*types.AttributeValueMemberB).Value)
	default:
		return false
	}
}

func (k sortKey) selects(op string, v, a, b any) bool {
	order := k.compare(v, a)
	switch op {
	case "":
		return true
	case "=":
		return order == 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "BETWEEN":
		return order >= 0 && k.compare(v, b) <= 0
	default:
		return strings.HasPrefix(v.(string), a.(string))
	}
}

// pages collects the sort keys of a query. A page is full exactly when it has a LastEvaluatedKey.
func (k sortKey) pages(t *testing.T, c *dynamodb.Client, in *dynamodb.QueryInput) []types.AttributeValue {
	t.Helper()
	var got []types.AttributeValue
	for {
		out, err := c.Query(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if full := len(out.Items) == int(*in.Limit); full != (out.LastEvaluatedKey != nil) {
			t.Fatalf("a page of %d items with limit %d and last key %v", len(out.Items), *in.Limit, out.LastEvaluatedKey)
		}
		for _, i := range out.Items {
			got = append(got, i["leaseKey"])
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return got
		}
	}
}

// TestPageOfOneMegabyte has items whose sizes reach 1 MB exactly, and one byte less.
func TestPageOfOneMegabyte(t *testing.T) {
	const each = 256 << 10
	for missing, wantItems := range map[int]int{0: 4, 1: 5} {
		c := clientOf(open(t, dynamo.Options{}))
		createTable(t, c, types.ScalarAttributeTypeS)
		overhead := len("scope") + len("lease") + len("leaseKey") + len("a") + len("f")
		for i := range 6 {
			row := key(string(rune('a' + i)))
			row["f"] = text(strings.Repeat("x", each-overhead))
			if i == 0 {
				row["f"] = text(strings.Repeat("x", each-overhead-missing))
			}
			if _, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: new("leases"), Item: row}); err != nil {
				t.Fatal(err)
			}
		}
		out, err := c.Scan(t.Context(), &dynamodb.ScanInput{TableName: new("leases")})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Items) != wantItems || out.LastEvaluatedKey == nil {
			t.Errorf("%d bytes less: a page of %d items, last key %v", missing, len(out.Items), out.LastEvaluatedKey)
		}
	}
}
