package conformance

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Checks write attribute values as plain Go values: string, int, []byte, bool, nil, []any and the types below.
type (
	// dynamoFields is an item or a map.
	dynamoFields map[string]any
	// dynamoNumber is a number in decimal.
	dynamoNumber string
	// dynamoTexts, dynamoNumbers and dynamoBlobs are sets. Blobs are written as strings.
	dynamoTexts   []string
	dynamoNumbers []string
	dynamoBlobs   []string
)

// dynamoValue is the SDK's form of a plain value.
func dynamoValue(v any) types.AttributeValue {
	switch v := v.(type) {
	case string:
		return &types.AttributeValueMemberS{Value: v}
	case int:
		return &types.AttributeValueMemberN{Value: strconv.Itoa(v)}
	case dynamoNumber:
		return &types.AttributeValueMemberN{Value: string(v)}
	case []byte:
		return &types.AttributeValueMemberB{Value: v}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}
	case dynamoTexts:
		return &types.AttributeValueMemberSS{Value: v}
	case dynamoNumbers:
		return &types.AttributeValueMemberNS{Value: v}
	case dynamoBlobs:
		blobs := make([][]byte, len(v))
		for i, b := range v {
			blobs[i] = []byte(b)
		}
		return &types.AttributeValueMemberBS{Value: blobs}
	case []any:
		list := make([]types.AttributeValue, len(v))
		for i, e := range v {
			list[i] = dynamoValue(e)
		}
		return &types.AttributeValueMemberL{Value: list}
	case dynamoFields:
		return &types.AttributeValueMemberM{Value: dynamoItem(v)}
	default:
		return &types.AttributeValueMemberNULL{Value: true}
	}
}

func dynamoItem(fields dynamoFields) map[string]types.AttributeValue {
	item := make(map[string]types.AttributeValue, len(fields))
	for name, v := range fields {
		item[name] = dynamoValue(v)
	}
	return item
}

// dynamoPlain is the plain form of a value. Numbers stay text, sets are sorted.
func dynamoPlain(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return dynamoNumber(v.Value)
	case *types.AttributeValueMemberB:
		return v.Value
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberSS:
		return dynamoTexts(slices.Sorted(slices.Values(v.Value)))
	case *types.AttributeValueMemberNS:
		return dynamoNumbers(slices.Sorted(slices.Values(v.Value)))
	case *types.AttributeValueMemberBS:
		blobs := make(dynamoBlobs, len(v.Value))
		for i, b := range v.Value {
			blobs[i] = string(b)
		}
		slices.Sort(blobs)
		return blobs
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, e := range v.Value {
			list[i] = dynamoPlain(e)
		}
		return list
	case *types.AttributeValueMemberM:
		return dynamoPlainItem(v.Value)
	default:
		return nil
	}
}

// dynamoPlainItem is the plain form of an item; nil for no item.
func dynamoPlainItem(item map[string]types.AttributeValue) dynamoFields {
	if item == nil {
		return nil
	}
	fields := make(dynamoFields, len(item))
	for name, v := range item {
		fields[name] = dynamoPlain(v)
	}
	return fields
}

// dynamoBare is the plain form of an item without its key.
func dynamoBare(item map[string]types.AttributeValue) dynamoFields {
	fields := dynamoPlainItem(item)
	maps.DeleteFunc(fields, func(name string, _ any) bool { return name == dynamoHash || name == dynamoRange })
	return fields
}

// dynamoSame compares plain items; want may be written with ints and unsorted sets.
func dynamoSame(what string, got, want dynamoFields) error {
	if want != nil {
		want = dynamoPlainItem(dynamoItem(want))
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%s: got %s, want %s", what, got, want)
	}
	return nil
}

// String tells an empty item from none.
func (f dynamoFields) String() string {
	if f == nil {
		return "nothing"
	}
	return fmt.Sprint(map[string]any(f))
}

func dynamoEqual[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: got %v, want %v", what, got, want)
	}
	return nil
}
