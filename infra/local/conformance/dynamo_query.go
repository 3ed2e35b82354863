package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func dynamoQueryChecks() []dynamoCheck {
	return []dynamoCheck{
		{"Query: every operator on a text sort key", (*dynamoProbe).queriesTexts},
		{"Query: every operator on a numeric sort key, in numeric order", (*dynamoProbe).queriesNumbers},
		{"Query: every operator on a binary sort key, in byte order", (*dynamoProbe).queriesBlobs},
		{"Query: more than 1 MB, paged and consistent", (*dynamoProbe).queriesPages},
		{"Query: Limit, backwards, and a start key that is gone", (*dynamoProbe).queriesLimited},
		{"Query: filter, projection, Select=COUNT", (*dynamoProbe).queriesFiltered},
		{"Query sees its own writes", (*dynamoProbe).queriesOwnWrites},
		{"Query: key conditions that cannot be are refused", (*dynamoProbe).refusesKeyConditions},
		{"Query: start keys outside of the range are refused", (*dynamoProbe).refusesStartKeys},
		{"Query GSI", (*dynamoProbe).queriesIndex},
	}
}

// dynamoQueryOf is a Query on one partition, in short.
type dynamoQueryOf struct {
	table     string
	condition string
	values    dynamoFields
	change    func(*dynamodb.QueryInput)
}

func (q dynamoQueryOf) input() *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName: &q.table, KeyConditionExpression: &q.condition, ExpressionAttributeValues: dynamoItem(q.values),
		ExpressionAttributeNames: map[string]string{"#h": dynamoHash}, ConsistentRead: new(true),
	}
	if q.change != nil {
		q.change(in)
	}
	return in
}

// sorts runs a query through all its pages and returns the sort keys.
func (p *dynamoProbe) sorts(q dynamoQueryOf) ([]any, error) {
	var sorts []any
	pages := dynamodb.NewQueryPaginator(p.Client, q.input())
	for pages.HasMorePages() {
		page, err := pages.NextPage(p.ctx)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			sorts = append(sorts, dynamoPlain(item[dynamoRange]))
		}
	}
	return sorts, nil
}

func (p *dynamoProbe) queriesPages() error {
	const count, size = 40, 60 << 10 // 2.4 MB
	want := make([]any, count)
	for i := range count {
		sort := fmt.Sprintf("%03d", i)
		want[i] = sort
		if err := p.put(sort, dynamoFields{"f": strings.Repeat("x", size)}); err != nil {
			return err
		}
	}
	pages := dynamodb.NewQueryPaginator(p.Client, dynamoQueryOf{p.table, "#h = :h", dynamoFields{":h": p.scope}, nil}.input())
	var got []any
	n := 0
	for ; pages.HasMorePages(); n++ {
		page, err := pages.NextPage(p.ctx)
		if err != nil {
			return err
		}
		if bytes := len(page.Items) * size; bytes > 1<<20+size {
			return fmt.Errorf("a page of %d bytes", bytes)
		}
		for _, item := range page.Items {
			got = append(got, dynamoPlain(item[dynamoRange]))
		}
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("got %v", got)
	}
	if n < 3 {
		return fmt.Errorf("2.4 MB came in %d pages", n)
	}
	return nil
}

func (p *dynamoProbe) queriesLimited() error {
	for i := range 5 {
		if err := p.put(fmt.Sprint(i), nil); err != nil {
			return err
		}
	}
	limited := func(forward bool, start map[string]types.AttributeValue) (*dynamodb.QueryOutput, error) {
		in := dynamoQueryOf{p.table, "#h = :h", dynamoFields{":h": p.scope}, nil}.input()
		in.Limit, in.ScanIndexForward, in.ExclusiveStartKey = new(int32(2)), &forward, start
		return p.Query(p.ctx, in)
	}
	for _, c := range []struct {
		forward bool
		start   string
		want    string
		last    string
	}{
		{true, "", "[0 1]", "1"},
		{true, "1", "[2 3]", "3"},
		{true, "3", "[4]", ""},
		{true, "1x", "[2 3]", "3"},
		{true, "9", "[]", ""},
		{false, "", "[4 3]", "3"},
		{false, "2", "[1 0]", "0"},
		{false, "1", "[0]", ""},
		{false, "2x", "[2 1]", "1"},
	} {
		var start map[string]types.AttributeValue
		if c.start != "" {
			start = p.key(c.start)
		}
		out, err := limited(c.forward, start)
		if err != nil {
			return err
		}
		sorts := []any{}
		for _, item := range out.Items {
			sorts = append(sorts, dynamoPlain(item[dynamoRange]))
		}
		last := ""
		if out.LastEvaluatedKey != nil {
			last = dynamoPlain(out.LastEvaluatedKey[dynamoRange]).(string)
		}
		if fmt.Sprint(sorts) != c.want || last != c.last || len(sorts) != int(out.Count) {
			return fmt.Errorf("forward %v from %q: got %v, last %q", c.forward, c.start, sorts, last)
		}
	}
	return nil
}

func (p *dynamoProbe) queriesFiltered() error {
	for i := range 6 {
		if err := p.put(fmt.Sprint(i), dynamoFields{"n": i, "d": dynamoFields{"x": i, "y": 1}}); err != nil {
			return err
		}
	}
	q := dynamoQueryOf{p.table, "#h = :h AND leaseKey < :max", dynamoFields{":h": p.scope, ":max": "5", ":n": 2}, func(in *dynamodb.QueryInput) {
		in.FilterExpression, in.ProjectionExpression = new("n >= :n"), new("d.x")
	}}
	out, err := p.Query(p.ctx, q.input())
	if err != nil {
		return err
	}
	if err := errors.Join(dynamoEqual("count", out.Count, 3), dynamoEqual("scanned", out.ScannedCount, 5), dynamoEqual("items", len(out.Items), 3)); err != nil {
		return err
	}
	if err := dynamoSame("first", dynamoPlainItem(out.Items[0]), dynamoFields{"d": dynamoFields{"x": 2}}); err != nil {
		return err
	}
	in := q.input()
	in.Select, in.ProjectionExpression = types.SelectCount, nil
	if out, err = p.Query(p.ctx, in); err != nil {
		return err
	}
	if err := errors.Join(dynamoEqual("count", out.Count, 3), dynamoEqual("scanned", out.ScannedCount, 5), dynamoEqual("items", len(out.Items), 0)); err != nil {
		return err
	}
	in.FilterExpression = new("leaseKey >= :n")
	_, err = p.Query(p.ctx, in)
	return dynamoInvalid("filter on the key", err, "Filter Expression can only contain non-primary key attributes: Primary key attribute: leaseKey")
}

func (p *dynamoProbe) queriesOwnWrites() error {
	for i := range 30 {
		sort := fmt.Sprint(i % 3)
		if err := p.put(sort, dynamoFields{"n": i}); err != nil {
			return err
		}
		out, err := p.Query(p.ctx, dynamoQueryOf{p.table, "#h = :h AND leaseKey = :k", dynamoFields{":h": p.scope, ":k": sort}, nil}.input())
		if err != nil {
			return err
		}
		if len(out.Items) != 1 {
			return fmt.Errorf("write %d: %d items", i, len(out.Items))
		}
		if err := dynamoSame("item", dynamoBare(out.Items[0]), dynamoFields{"n": i}); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) refusesKeyConditions() error {
	for condition, part := range map[string]string{
		"leaseKey = :k":                               "Query condition missed key schema element: scope",
		"#h < :h":                                     "Query key condition not supported",
		"#h = :h AND n = :k":                          "Query condition missed key schema element: leaseKey",
		"#h = :h OR leaseKey = :k":                    "Invalid operator used in KeyConditionExpression: OR",
		"#h = :h AND leaseKey IN (:k)":                "Invalid operator used in KeyConditionExpression: IN",
		"#h = :h AND NOT leaseKey = :k":               "Invalid operator used in KeyConditionExpression: NOT",
		"#h = :h AND leaseKey > :k AND leaseKey < :l": "KeyConditionExpressions must only contain one condition per key",
		"#h = :h AND leaseKey.x = :k":                 "KeyConditionExpressions cannot have conditions on nested attributes",
		"#h = :h AND attribute_exists(leaseKey)":      "Invalid operator used in KeyConditionExpression: attribute_exists",
		"#h = :h AND leaseKey = :n":                   "Condition parameter type does not match schema type",
		"#h = :h AND leaseKey BETWEEN :l AND :k":      "upper bound to be greater than or equal to lower bound",
		"#h = :h AND leaseKey = n":                    "Multiple attribute names used in one condition",
	} {
		values := dynamoUsed(condition, dynamoFields{":h": p.scope, ":k": "k", ":l": "l", ":n": 1})
		in := dynamoQueryOf{p.table, condition, values, nil}.input()
		if !strings.Contains(condition, "#h") {
			in.ExpressionAttributeNames = nil
		}
		_, err := p.Query(p.ctx, in)
		if err := dynamoInvalid(condition, err, part); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) refusesStartKeys() error {
	for what, start := range map[string]dynamoFields{
		"another partition":    {dynamoHash: "other", dynamoRange: "b"},
		"outside of the range": {dynamoHash: p.scope, dynamoRange: "z"},
		"half a key":           {dynamoHash: p.scope},
		"another type":         {dynamoHash: p.scope, dynamoRange: 1},
	} {
		in := dynamoQueryOf{p.table, "#h = :h AND leaseKey < :k", dynamoFields{":h": p.scope, ":k": "m"}, nil}.input()
		in.ExclusiveStartKey = dynamoItem(start)
		_, err := p.Query(p.ctx, in)
		if err := dynamoInvalid(what, err, ""); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) queriesIndex() error {
	table, err := p.createIndexed()
	if err != nil {
		return err
	}
	item := dynamoItem(dynamoFields{dynamoHash: p.scope, dynamoRange: "a", "g": "group"})
	if _, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
		return err
	}
	out, err := p.Query(p.ctx, &dynamodb.QueryInput{
		TableName: &table, IndexName: new("byG"), KeyConditionExpression: new("g = :g"),
		ExpressionAttributeValues: dynamoItem(dynamoFields{":g": "group"}),
	})
	if err != nil {
		return err
	}
	return dynamoEqual("items", len(out.Items), 1)
}
