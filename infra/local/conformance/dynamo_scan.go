package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func dynamoScanChecks() []dynamoCheck {
	return []dynamoCheck{
		{"Scan paging + FilterExpression", (*dynamoProbe).scansPages},
		{"Scan: segments cover the table once", (*dynamoProbe).scansSegments},
		{"Scan: Limit, Select=COUNT, pages of 1 MB", (*dynamoProbe).scansLimited},
		{"Scan: segments and start keys that cannot be are refused", (*dynamoProbe).refusesScans},
	}
}

// fill makes a table of partitions with sort keys and returns "partition/sort" of all items, sorted.
func (p *dynamoProbe) fill(partitions, sorts int, filler string) (table string, items []string, err error) {
	if table, err = p.create(dynamoKeys(types.ScalarAttributeTypeS, types.ScalarAttributeTypeS)); err != nil {
		return "", nil, err
	}
	for i := range partitions {
		for j := range sorts {
			item := dynamoFields{dynamoHash: fmt.Sprintf("p%02d", i), dynamoRange: fmt.Sprint(j), "n": i, "f": filler}
			if _, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &table, Item: dynamoItem(item)}); err != nil {
				return "", nil, err
			}
			items = append(items, fmt.Sprintf("p%02d/%d", i, j))
		}
	}
	return table, items, nil
}

// scanned runs a scan through all its pages and returns "partition/sort" of the items in order of arrival.
func (p *dynamoProbe) scanned(in *dynamodb.ScanInput) (items []string, pages int, err error) {
	for paginator := dynamodb.NewScanPaginator(p.Client, in); paginator.HasMorePages(); pages++ {
		page, err := paginator.NextPage(p.ctx)
		if err != nil {
			return nil, 0, err
		}
		for _, item := range page.Items {
			items = append(items, fmt.Sprintf("%s/%s", dynamoPlain(item[dynamoHash]), dynamoPlain(item[dynamoRange])))
		}
	}
	return items, pages, nil
}

func (p *dynamoProbe) scansPages() error {
	table, want, err := p.fill(8, 3, "")
	if err != nil {
		return err
	}
	got, pages, err := p.scanned(&dynamodb.ScanInput{TableName: &table, Limit: new(int32(5))})
	if err != nil {
		return err
	}
	if slices.Sort(got); !slices.Equal(got, want) || pages < 5 {
		return fmt.Errorf("%d pages: %q", pages, got)
	}
	got, _, err = p.scanned(&dynamodb.ScanInput{
		TableName: &table, Limit: new(int32(4)), FilterExpression: new("n >= :n AND begins_with(#h, :p)"),
		ExpressionAttributeNames:  map[string]string{"#h": dynamoHash},
		ExpressionAttributeValues: dynamoItem(dynamoFields{":n": 5, ":p": "p0"}),
	})
	if err != nil {
		return err
	}
	if slices.Sort(got); !slices.Equal(got, want[15:]) {
		return fmt.Errorf("filtered: %q", got)
	}
	return nil
}

func (p *dynamoProbe) scansSegments() error {
	table, want, err := p.fill(16, 2, "")
	if err != nil {
		return err
	}
	for _, total := range []int32{1, 2, 3, 7} {
		var all []string
		for segment := range total {
			got, _, err := p.scanned(&dynamodb.ScanInput{TableName: &table, Segment: &segment, TotalSegments: &total, Limit: new(int32(3))})
			if err != nil {
				return fmt.Errorf("segment %d of %d: %w", segment, total, err)
			}
			all = append(all, got...)
		}
		if slices.Sort(all); !slices.Equal(all, want) {
			return fmt.Errorf("%d segments: %q", total, all)
		}
	}
	return nil
}

func (p *dynamoProbe) scansLimited() error {
	table, want, err := p.fill(5, 1, strings.Repeat("x", 300<<10))
	if err != nil {
		return err
	}
	got, pages, err := p.scanned(&dynamodb.ScanInput{TableName: &table})
	if err != nil {
		return err
	}
	if slices.Sort(got); !slices.Equal(got, want) || pages < 2 {
		return fmt.Errorf("1.5 MB came in %d pages: %q", pages, got)
	}
	out, err := p.Scan(p.ctx, &dynamodb.ScanInput{TableName: &table, Limit: new(int32(2)), Select: types.SelectCount})
	if err != nil {
		return err
	}
	return errors.Join(
		dynamoEqual("count", out.Count, 2), dynamoEqual("scanned", out.ScannedCount, 2), dynamoEqual("items", len(out.Items), 0),
		dynamoEqual("last key", len(out.LastEvaluatedKey), 2),
	)
}

func (p *dynamoProbe) refusesScans() error {
	for part, in := range map[string]*dynamodb.ScanInput{
		"The TotalSegments parameter is required":   {Segment: new(int32(1))},
		"The Segment parameter is required":         {TotalSegments: new(int32(1))},
		"must be less than parameter TotalSegments": {Segment: new(int32(2)), TotalSegments: new(int32(2))},
		"The provided starting key is invalid":      {ExclusiveStartKey: dynamoItem(dynamoFields{dynamoHash: "a", dynamoRange: 1})},
		"greater than or equal to 1":                {Limit: new(int32(0))},
	} {
		in.TableName = &p.table
		_, err := p.Scan(p.ctx, in)
		if err := dynamoInvalid("scan", err, part); err != nil {
			return err
		}
	}
	return nil
}
