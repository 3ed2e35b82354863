package expr

import (
	"maps"
	"slices"
	"strings"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

const maxPlaceholder = 255

// Scope holds the substitutions of one request and remembers which were used.
type Scope struct {
	names  map[string]string
	values map[string]attr.Value

	unusedNames  map[string]bool
	unusedValues map[string]bool
}

// NewScope checks the substitutions' keys: "#" or ":" and at least one letter, digit or underscore. A nil map means that
// the request has none; an empty one is an error.
func NewScope(names map[string]string, values map[string]attr.Value) (*Scope, error) {
	if err := checkPlaceholders("ExpressionAttributeNames", names, tokenName); err != nil {
		return nil, err
	}
	if err := checkPlaceholders("ExpressionAttributeValues", values, tokenValue); err != nil {
		return nil, err
	}
	return &Scope{names, values, keySet(names), keySet(values)}, nil
}

func keySet[V any](m map[string]V) map[string]bool {
	set := make(map[string]bool, len(m))
	for key := range m {
		set[key] = true
	}
	return set
}

func checkPlaceholders[V any](parameter string, m map[string]V, want tokenKind) error {
	if m != nil && len(m) == 0 {
		return failf("%s must not be empty", parameter)
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		tokens := tokenize(key)
		if tokens[0].kind != want || tokens[0].text != key || len(key) > maxPlaceholder {
			return failf("%s contains invalid key: Syntax error; key: %q", parameter, key)
		}
	}
	return nil
}

// Unused fails when a substitution was used by none of the expressions parsed so far.
func (s *Scope) Unused() error {
	if err := unused("ExpressionAttributeNames", s.unusedNames); err != nil {
		return err
	}
	return unused("ExpressionAttributeValues", s.unusedValues)
}

func unused(parameter string, keys map[string]bool) error {
	if len(keys) == 0 {
		return nil
	}
	sorted := slices.Sorted(maps.Keys(keys))
	return failf("Value provided in %s unused in expressions: keys: {%s}", parameter, strings.Join(sorted, ", "))
}

// name resolves "#placeholder".
func (s *Scope) name(placeholder string) (string, error) {
	name, ok := s.names[placeholder]
	if !ok {
		return "", failf("An expression attribute name used in the document path is not defined; attribute name: %s", placeholder)
	}
	delete(s.unusedNames, placeholder)
	return name, nil
}

// value resolves ":placeholder".
func (s *Scope) value(placeholder string) (attr.Value, error) {
	v, ok := s.values[placeholder]
	if !ok {
		return nil, failf("An expression attribute value used in expression is not defined; attribute value: %s", placeholder)
	}
	delete(s.unusedValues, placeholder)
	return v, nil
}
