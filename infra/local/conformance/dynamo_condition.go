package conformance

import (
	"fmt"
	"regexp"
	"strings"
)

func dynamoConditionChecks() []dynamoCheck {
	return []dynamoCheck{
		{"conditions: comparisons by kind", (*dynamoProbe).compares},
		{"conditions: lists and maps are compared by content", (*dynamoProbe).comparesDocuments},
		{"conditions: missing attributes", (*dynamoProbe).comparesMissing},
		{"conditions: two missing attributes are not equal", (*dynamoProbe).comparesTwoMissing},
		{"conditions: BETWEEN, IN, AND, OR, NOT, parentheses", (*dynamoProbe).combines},
		{"conditions: NOT NOT", (*dynamoProbe).negatesTwice},
		{"conditions: attribute_exists, attribute_type, begins_with, contains, size", (*dynamoProbe).callsFunctions},
		{"conditions: contains finds sets and lists in a list", (*dynamoProbe).findsDocuments},
		{"conditions: nested paths", (*dynamoProbe).comparesNested},
		{"conditions that cannot be parsed are refused", (*dynamoProbe).refusesConditions},
		{"names that begin with an underscore need a placeholder", (*dynamoProbe).refusesUnderscore},
		{"functions of updates are refused by name in conditions", (*dynamoProbe).refusesUpdateFunctions},
		{"expressions of 4 KB and of 299 operators are accepted, longer ones refused", (*dynamoProbe).limitsExpressions},
	}
}

// holds evaluates a condition on item "a" by a conditional update that changes nothing that matters.
func (p *dynamoProbe) holds(condition string, values dynamoFields) (bool, error) {
	_, err := p.update(dynamoUpdate{
		sort: "a", update: "REMOVE nothing", condition: condition, values: values, names: nil,
	})
	if err == nil {
		return true, nil
	}
	if dynamoConditionFailed("", err) == nil {
		return false, nil
	}
	return false, fmt.Errorf("%s: %w", condition, err)
}

// dynamoVerdicts are conditions with what they must be.
type dynamoVerdicts map[string]bool

func (p *dynamoProbe) judges(verdicts dynamoVerdicts, values dynamoFields) error {
	for condition, want := range verdicts {
		got, err := p.holds(condition, dynamoUsed(condition, values))
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s is %v with %v", condition, got, values)
		}
	}
	return nil
}

// dynamoUsed is the part of the values that an expression uses; nil when it is empty.
func dynamoUsed(expression string, values dynamoFields) dynamoFields {
	var used dynamoFields
	for _, key := range regexp.MustCompile(`:\w+`).FindAllString(expression, -1) {
		v, ok := values[key]
		if !ok {
			continue
		}
		if used == nil {
			used = dynamoFields{}
		}
		used[key] = v
	}
	return used
}

func (p *dynamoProbe) compares() error {
	if err := p.put("a", dynamoFields{
		"n": 10, "s": "cat", "b": []byte("cat"), "t": true, "nul": nil, "l": []any{1, "x"}, "m": dynamoFields{"k": 1},
		"ss": dynamoTexts{"x", "y"}, "ns": dynamoNumbers{"1", "2"},
	}); err != nil {
		return err
	}
	return p.judges(dynamoVerdicts{
		"n = :ten": true, "n = :nine": false, "n > :nine": true, "n < :nine": false, "n >= :ten": true, "n <= :ten": true, "n <> :nine": true,
		"n <> :ten": false, "n = :tenS": false, "n < :tenS": false, "n <> :tenS": true, ":nine < n": true, "s < :dog": true, "s > :dog": false,
		"b < :dogB": true, "b = :catB": true, "s = :catB": false, "t = :yes": true, "t = :no": false, "nul = :null": true, "t <> :null": true,
		"ss = :set": true, "ns = :nset": true, "n = l": false, "n < l": false,
		"n <> l": true, "l <= m": false,
	}, dynamoFields{
		":ten": dynamoNumber("10.0"), ":nine": 9, ":tenS": "10", ":dog": "dog", ":dogB": []byte("dog"), ":catB": []byte("cat"), ":yes": true, ":no": false,
		":null": nil, ":set": dynamoTexts{"y", "x"},
		":nset": dynamoNumbers{"2.0", "1"},
	})
}

func (p *dynamoProbe) comparesDocuments() error {
	if err := p.put("a", dynamoFields{"l": []any{1, "x"}, "m": dynamoFields{"k": 1, "l": []any{}}}); err != nil {
		return err
	}
	return p.judges(dynamoVerdicts{
		"l = :list": true, "l <> :list": false, "l = :listO": false, "m = :map": true, "m <> :map": false, "m IN (:list, :map)": true, "m = :part": false,
	}, dynamoFields{
		":list": []any{dynamoNumber("1.0"), "x"}, ":listO": []any{"x", 1}, ":map": dynamoFields{"l": []any{}, "k": 1}, ":part": dynamoFields{"k": 1},
	})
}

func (p *dynamoProbe) comparesTwoMissing() error {
	return p.judges(dynamoVerdicts{"q = z": false, "q <> z": true, "q < z": false}, nil)
}

func (p *dynamoProbe) comparesMissing() error {
	values := dynamoFields{":n": 1, ":m": 2}
	verdicts := dynamoVerdicts{
		"q = :n": false, "q <> :n": true, "q < :n": false, ":n <= q": false, "q BETWEEN :n AND :m": false,
		"q IN (:n, :m)": false, "size(q) = :n": false, "contains(q, :n)": false, "attribute_exists(q)": false,
		"attribute_not_exists(q)": true, "NOT q = :n": true, "q.x[3] = :n": false,
	}
	if err := p.judges(verdicts, values); err != nil {
		return fmt.Errorf("without an item: %w", err)
	}
	if err := p.put("a", dynamoFields{"n": 1}); err != nil {
		return err
	}
	return p.judges(verdicts, values)
}

func (p *dynamoProbe) combines() error {
	if err := p.put("a", dynamoFields{"a": 1, "b": 2, "c": 3}); err != nil {
		return err
	}
	return p.judges(dynamoVerdicts{
		"b BETWEEN a AND c": true, "a between b and c": false, "b BETWEEN a AND c AND a < b": true, "a BETWEEN :one AND :one": true,
		"a IN (:one)": true, "a in (b, c, :one)": true, "a IN (b, c)": false, "a IN (:text, :one)": true,
		"a < b OR c < b AND b < a": true, "(a < b OR c < b) AND b < a": false, "NOT a < b AND c < b": false, "NOT (a < b AND c < b)": true,
		"nOt b < a aNd a < b oR b < a": true, "(a) < (b)": true,
	}, dynamoFields{":one": 1, ":text": "1"})
}

func (p *dynamoProbe) negatesTwice() error {
	if err := p.put("a", dynamoFields{"a": 1, "b": 2}); err != nil {
		return err
	}
	return p.judges(dynamoVerdicts{"NOT NOT a < b": true, "NOT NOT NOT a < b": false}, nil)
}

func (p *dynamoProbe) callsFunctions() error {
	if err := p.put("a", dynamoFields{
		"s": "hello", "b": []byte("hi there"), "n": 5, "t": true, "l": []any{2, dynamoTexts{"x"}, []any{3}}, "m": dynamoFields{"x": 1, "y": 2},
		"ns": dynamoNumbers{"2", "4"}, "prefix": "he", "nul": nil,
	}); err != nil {
		return err
	}
	return p.judges(dynamoVerdicts{
		"attribute_exists(s)": true, "attribute_not_exists(s)": false, "attribute_type(s, :S)": true, "attribute_type(n, :S)": false,
		"attribute_type(nul, :NULL)": true, "begins_with(s, :hell)": true, "begins_with(s, prefix)": true, "begins_with(n, :hell)": false,
		"begins_with(b, :hi)": true, "begins_with(b, :hell)": false, "contains(s, :ell)": true, "contains(s, :hi)": false, "contains(b, :hi)": true,
		"contains(ns, :two)": true, "contains(ns, :ell)": false, "contains(l, :two)": true,
		"contains(m, :two)": false, "size(s) = n": true, "size(b) > n": true, "size(l) = :three": true, "size(m) = :two": true, "size(ns) = :two": true,
		"size(n) = :two": false, "size(t) < :three": false, "size(s) = :hell": false, "size(s) BETWEEN :three AND n": true,
	}, dynamoFields{
		":S": "S", ":NULL": "NULL", ":hell": "hell", ":ell": "ell", ":hi": []byte("hi"), ":two": 2, ":three": 3,
	})
}

func (p *dynamoProbe) findsDocuments() error {
	if err := p.put("a", dynamoFields{"l": []any{2, dynamoTexts{"x"}, []any{3}}}); err != nil {
		return err
	}
	return p.judges(dynamoVerdicts{"contains(l, :set)": true, "contains(l, :list)": true, "contains(l, :other)": false},
		dynamoFields{":set": dynamoTexts{"x"}, ":list": []any{3}, ":other": []any{2}})
}

func (p *dynamoProbe) comparesNested() error {
	if err := p.put("a", dynamoFields{"b": dynamoFields{"x": 1, "y": []any{-1, 2, dynamoFields{"z": "deep"}}}}); err != nil {
		return err
	}
	return p.judges(dynamoVerdicts{
		"attribute_exists(b.x)": true, "attribute_exists(b.y[2].z)": true, "attribute_exists(b.y[3])": false, "attribute_exists(b[0])": false,
		"b.x < b.y[1]": true, "b.x < b.y[0]": false, "b.y[2].z = :deep": true,
	}, dynamoFields{":deep": "deep"})
}

// refusesAll demands a ValidationException with a part of its message for each condition.
func (p *dynamoProbe) refusesAll(conditions map[string]string, values dynamoFields) error {
	for condition, part := range conditions {
		_, err := p.update(dynamoUpdate{sort: "a", update: "REMOVE nothing", condition: condition, values: dynamoUsed(condition, values)})
		if err := dynamoInvalid(condition, err, part); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) refusesConditions() error {
	return p.refusesAll(map[string]string{
		"a": "Syntax error", "a = ": "Syntax error", "a == :s": "Syntax error", "a = :s b": "Syntax error", "a IN ()": "Syntax error",
		"a-b = :s": "Syntax error", "a[:n] = :s": "Syntax error", "and = :s": "Syntax error", "a BETWEEN :n": "Syntax error",
		"((a = :s))":               "redundant parentheses",
		"dog(a)":                   "Invalid function name; function: dog",
		"SIZE(a) = :n":             "Invalid function name; function: SIZE",
		"size(a)":                  "not allowed to be used this way in an expression; function: size",
		"attribute_exists(a) = :n": "not allowed to be used this way in an expression; function: attribute_exists",
		"size(a, b) = :n":          "Incorrect number of operands for operator or function; operator or function: size, number of operands: 2",
		"attribute_exists(:s)":     "requires a document path; operator or function: attribute_exists",
		"begins_with(a, :n)":       "operator or function: begins_with, operand type: N",
		"attribute_type(a, :s)":    "Invalid attribute type name found; type: text",
		"attribute_type(a, b)":     "operator or function: attribute_type",
		"a = a":                    "first operand must be distinct",
		"a BETWEEN :n AND :s":      "requires same data type for lower and upper bounds",
		"a BETWEEN :two AND :n":    "requires upper bound to be greater than or equal to lower bound",
		"status = :s":              "Attribute name is a reserved keyword; reserved keyword: status",
		"a.Owner = :s":             "Attribute name is a reserved keyword; reserved keyword: Owner",
		"a = :undefined":           "An expression attribute value used in expression is not defined; attribute value: :undefined",
		"#undefined = :s":          "An expression attribute name used in the document path is not defined; attribute name: #undefined",
	}, dynamoFields{":s": "text", ":n": 1, ":two": 2})
}

func (p *dynamoProbe) refusesUnderscore() error {
	return p.refusesAll(map[string]string{"_a = :s": `Syntax error; token: "_"`}, dynamoFields{":s": "text"})
}

func (p *dynamoProbe) refusesUpdateFunctions() error {
	return p.refusesAll(map[string]string{
		"if_not_exists(a, b) = :s": "not allowed in a condition expression; function: if_not_exists",
		"a < :l":                   "Incorrect operand type for operator or function; operator or function: <, operand type: L",
	}, dynamoFields{":s": "text", ":l": []any{}})
}

// limitsExpressions keeps parentheses flat: some parsers need exponential time for nested ones, and would stop the whole suite.
func (p *dynamoProbe) limitsExpressions() error {
	values := dynamoFields{":s": "text"}
	for _, condition := range []string{"a = :s" + strings.Repeat(" ", 4090), "a < :s" + strings.Repeat(" OR a < :s", 149)} {
		if _, err := p.holds(condition, values); err != nil {
			return err
		}
	}
	return p.refusesAll(map[string]string{
		"a = :s" + strings.Repeat(" ", 4091):         "Expression size has exceeded the maximum allowed size; expression size: 4097",
		"a < :s" + strings.Repeat(" OR a < :s", 150): "contains too many operators",
		strings.Repeat("NOT ", 300) + "a = :s":       "contains too many operators",
	}, values)
}
