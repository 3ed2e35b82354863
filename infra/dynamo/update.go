package dynamo

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// update builds an update expression.
type update struct {
	sets, removes []string
	names         map[string]string
	values        item
}

// newUpdate sets the attributes, or removes those that are absent in the row's terms.
func newUpdate(attributes item) *update {
	u := &update{names: map[string]string{}, values: item{}}
	present := item{}
	for name, v := range attributes {
		put(present, name, v)
		u.names["#"+name] = name
		if w, ok := present[name]; ok {
			u.sets = append(u.sets, "#"+name+" = :"+name)
			u.values[":"+name] = w
		} else {
			u.removes = append(u.removes, "#"+name)
		}
	}
	slices.Sort(u.sets)
	slices.Sort(u.removes)
	return u
}

// equals returns the condition that an attribute, or a member of one, has the value before the update. Members are compared one by
// one, since dynalite does not compare documents.
func (u *update) equals(path string, v types.AttributeValue) string {
	parts := strings.Split(path, ".")
	for i, name := range parts {
		parts[i] = "#" + name
		u.names[parts[i]] = name
	}
	value := ":old_" + strings.ReplaceAll(path, ".", "_")
	u.values[value] = v
	return strings.Join(parts, ".") + " = " + value
}

func (u *update) expression() *string {
	e := "SET " + strings.Join(u.sets, ", ")
	if len(u.removes) > 0 {
		e += " REMOVE " + strings.Join(u.removes, ", ")
	}
	return &e
}
