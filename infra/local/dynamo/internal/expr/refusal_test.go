package expr

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

// testScope has a placeholder for a value of every kind, and two names.
func testScope(t testing.TB) *Scope {
	t.Helper()
	scope, err := NewScope(map[string]string{"#n": "name", "#k": "k"}, testValues(t))
	if err != nil {
		t.Fatal(err)
	}
	return scope
}

func testValues(t testing.TB) map[string]attr.Value {
	t.Helper()
	return map[string]attr.Value{
		":s": attr.String("text"), ":n": attr.NewNumber(1), ":m": attr.NewNumber(2), ":b": attr.Binary("bytes"), ":t": attr.Bool(true),
		":null": attr.Null{}, ":l": attr.List{}, ":map": attr.Map{}, ":ss": toValue(t, dumbSet{"a": true}), ":ns": toValue(t, dumbSet{1: true}),
		":N": attr.String("N"), ":dog": attr.String("DOG"),
	}
}

// refusals maps expressions to their message, without "Invalid …Expression: ".
type refusals map[string]string

func (r refusals) check(t *testing.T, parameter string, parse func(*Scope, string) error) {
	t.Helper()
	for source, want := range r {
		err := parse(testScope(t), source)
		if _, ok := errors.AsType[*Error](err); !ok || err.Error() != "Invalid "+parameter+": "+want {
			t.Errorf("%.80q:\n got %v\nwant %s", source, err, want)
		}
	}
}

func parseCondition(s *Scope, source string) error {
	_, err := s.Condition("ConditionExpression", source)
	return err
}

func parseUpdate(s *Scope, source string) error {
	_, err := s.Update(source)
	return err
}

func parseProjection(s *Scope, source string) error {
	_, err := s.Projection(source)
	return err
}

func TestConditionSyntaxErrors(t *testing.T) {
	refusals{
		"":                 `The expression can not be empty;`,
		" \t\n":            `The expression can not be empty;`,
		"a":                `Syntax error; token: "<EOF>", near: "a"`,
		"(a)":              `Syntax error; token: "<EOF>", near: ")"`,
		":s":               `Syntax error; token: "<EOF>", near: ":s"`,
		"a =":              `Syntax error; token: "<EOF>", near: "="`,
		"= a":              `Syntax error; token: "=", near: "= a"`,
		"a == :s":          `Syntax error; token: "=", near: "== :s"`,
		"a != :s":          `Syntax error; token: "!", near: "a !="`,
		"a = :s b":         `Syntax error; token: "b", near: ":s b"`,
		"a = :s = :s":      `Syntax error; token: "=", near: ":s = :s"`,
		"_a = :s":          `Syntax error; token: "_", near: "_a"`,
		"a = :s AND _b":    `Syntax error; token: "_", near: "AND _b"`,
		"1a = :s":          `Syntax error; token: "1", near: "1a"`,
		"a-b = :s":         `Syntax error; token: "-", near: "a-b"`,
		"a € b":            `Syntax error; token: "€", near: "a € b"`,
		"# = :s":           `Syntax error; token: "#", near: "# ="`,
		"a = :":            `Syntax error; token: ":", near: "= :"`,
		`a = "x"`:          `Syntax error; token: """, near: "= "x"`,
		"a[:n] = :s":       `Syntax error; token: ":n", near: "[:n]"`,
		"a[#n] = :s":       `Syntax error; token: "#n", near: "[#n]"`,
		"a[1 = :s":         `Syntax error; token: "=", near: "1 = :s"`,
		"a. = :s":          `Syntax error; token: "=", near: ". = :s"`,
		"a.[0] = :s":       `Syntax error; token: "[", near: ".[0"`,
		"a IN ()":          `Syntax error; token: ")", near: "()"`,
		"a IN :s":          `Syntax error; token: ":s", near: "IN :s"`,
		"a IN (:s,)":       `Syntax error; token: ")", near: ",)"`,
		"a IN (:s":         `Syntax error; token: "<EOF>", near: ":s"`,
		"a BETWEEN :n":     `Syntax error; token: "<EOF>", near: ":n"`,
		"a BETWEEN :n, :m": `Syntax error; token: ",", near: ":n, :m"`,
		"a BETWEEN :n AND": `Syntax error; token: "<EOF>", near: "AND"`,
		"size()":           `Syntax error; token: ")", near: "()"`,
		"size(a":           `Syntax error; token: "<EOF>", near: "a"`,
		"(a = :s":          `Syntax error; token: "<EOF>", near: ":s"`,
		"a = :s)":          `Syntax error; token: ")", near: ":s)"`,
		"a = :s AND":       `Syntax error; token: "<EOF>", near: "AND"`,
		"a = :s OR OR b":   `Syntax error; token: "OR", near: "OR OR b"`,
		"and = :s":         `Syntax error; token: "and", near: "and ="`,
		"a.and = :s":       `Syntax error; token: "and", near: ".and ="`,
		"a = in":           `Syntax error; token: "in", near: "= in"`,
		"in(a)":            `Syntax error; token: "in", near: "in("`,
		"a = (b = c)":      `Syntax error; token: "=", near: "b = c"`,
		"a = (:s, b)":      `Syntax error; token: ",", near: ":s, b"`,
		"NOT":              `Syntax error; token: "<EOF>", near: "NOT"`,
		"a AND b = :s":     `Syntax error; token: "AND", near: "a AND b"`,
		"(a = b) = c":      `Syntax error; token: "=", near: ") = c"`,
		// A syntax error wins over what is wrong earlier.
		"begins_with(a, :n) AND":  `Syntax error; token: "<EOF>", near: "AND"`,
		strings.Repeat("(", 4096): `Syntax error; token: "<EOF>", near: "("`,
	}.check(t, "ConditionExpression", parseCondition)
}

func TestConditionRefusals(t *testing.T) {
	many := make([]string, 101)
	for i := range many {
		many[i] = ":n"
	}
	refusals{
		"name = :s":           `Attribute name is a reserved keyword; reserved keyword: name`,
		"a.Status = :s":       `Attribute name is a reserved keyword; reserved keyword: Status`,
		"#x = :s":             `An expression attribute name used in the document path is not defined; attribute name: #x`,
		"a.#x = :s":           `An expression attribute name used in the document path is not defined; attribute name: #x`,
		"a = :x":              `An expression attribute value used in expression is not defined; attribute value: :x`,
		"#n = :x":             `An expression attribute value used in expression is not defined; attribute value: :x`,
		"a BETWEEN :x AND :n": `An expression attribute value used in expression is not defined; attribute value: :x`,
		"begins_with(a, :x)":  `An expression attribute value used in expression is not defined; attribute value: :x`,

		"((a = :s))":            `The expression has redundant parentheses;`,
		"((a = :s)) AND b = :s": `The expression has redundant parentheses;`,
		"((a)) = :s":            `The expression has redundant parentheses;`,
		"a = ((:s))":            `The expression has redundant parentheses;`,

		"dog(a)":                          `Invalid function name; function: dog`,
		"SIZE(a) = :n":                    `Invalid function name; function: SIZE`,
		"if_not_exists(a, b) = :n":        `The function is not allowed in a condition expression; function: if_not_exists`,
		"list_append(a, b) = :n":          `The function is not allowed in a condition expression; function: list_append`,
		"size(a)":                         `The function is not allowed to be used this way in an expression; function: size`,
		"NOT size(a)":                     `The function is not allowed to be used this way in an expression; function: size`,
		"size(a) AND b = :s":              `The function is not allowed to be used this way in an expression; function: size`,
		"attribute_exists(a) = :t":        `The function is not allowed to be used this way in an expression; function: attribute_exists`,
		"a = contains(a, :s)":             `The function is not allowed to be used this way in an expression; function: contains`,
		"a IN (contains(a, :s))":          `The function is not allowed to be used this way in an expression; function: contains`,
		"contains(attribute_exists(a),b)": `The function is not allowed to be used this way in an expression; function: attribute_exists`,
		"size(a, b) = :n":                 `Incorrect number of operands for operator or function; operator or function: size, number of operands: 2`,
		"begins_with(a)":                  `Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1`,
		"attribute_exists(:s)":            `Operator or function requires a document path; operator or function: attribute_exists`,
		"attribute_not_exists(size(a))":   `Operator or function requires a document path; operator or function: attribute_not_exists`,

		"a < :l":                  `Incorrect operand type for operator or function; operator or function: <, operand type: L`,
		":null >= a":              `Incorrect operand type for operator or function; operator or function: >=, operand type: NULL`,
		"a <= :t":                 `Incorrect operand type for operator or function; operator or function: <=, operand type: BOOL`,
		"a BETWEEN :l AND :l":     `Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: L`,
		"begins_with(a, :n)":      `Incorrect operand type for operator or function; operator or function: begins_with, operand type: N`,
		"begins_with(size(a),b)":  `Incorrect operand type for operator or function; operator or function: begins_with, operand type: N`,
		"size(:n) = :n":           `Incorrect operand type for operator or function; operator or function: size, operand type: N`,
		"size(size(a)) = :n":      `Incorrect operand type for operator or function; operator or function: size, operand type: N`,
		"attribute_type(a, :n)":   `Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N`,
		"attribute_type(a, b)":    `Incorrect operand type for operator or function; operator or function: attribute_type, operand type: {S,N,B,BOOL,NULL,L,M,SS,NS,BS}`,
		"attribute_type(a, :dog)": `Invalid attribute type name found; type: DOG, valid types: {S,N,B,BOOL,NULL,L,M,SS,NS,BS}`,
		"a BETWEEN :m AND :n":     `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}`,
		"a BETWEEN :n AND :s":     `The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:text}`,

		"a = a":                        `The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]`,
		"a.k[1] < a.#k[1]":             `The first operand must be distinct from the remaining operands for this operator or function; operator: <, first operand: [a, k, [1]]`,
		"contains(a, a)":               `The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [a]`,
		"a[99999999999999999999] = :s": `List index is not within the allowable range; index: [99999999999999999999]`,

		"a" + strings.Repeat("[0]", 32) + " = :s":    `The document path has too many nesting elements; nesting levels: 33`,
		"a IN (" + strings.Join(many, ",") + ")":     `The IN operator is provided with too many operands; number of operands: 101`,
		strings.Repeat("NOT ", 300) + "a = :s":       `The expression contains too many operators; operator count: 301`,
		"a = :s" + strings.Repeat(" OR a = :s", 150): `The expression contains too many operators; operator count: 301`,
		"a = :s" + strings.Repeat(" ", 4091):         `Expression size has exceeded the maximum allowed size; expression size: 4097`,
		strings.Repeat("(", 15000):                   `Expression size has exceeded the maximum allowed size; expression size: 15000`,
	}.check(t, "ConditionExpression", parseCondition)
}

func TestConditionsAtTheLimits(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(":n,", 100), ",")
	for _, source := range []string{
		"a" + strings.Repeat("[0]", 31) + " = :s", "a IN (" + many + ")", strings.Repeat("NOT ", 299) + "a = :s",
		"a = :s" + strings.Repeat(" ", 4090), "a<:n " + strings.Repeat("or (a<:n ", 149) + strings.Repeat(")", 149),
		"(a) = (:s)", "a BETWEEN :n AND :n", "(a = :s)", "NOT(a = :s)", "(a=:s)AND(b=:s)", "(NOT (a = :s))", "contains(:s, a)", "begins_with(:s, :s)",
		"size(a) = size(b)", "a = :l", "attribute_type(:s, :N)", "aNd1 = :s", "a_ = :s", "#k.#k = :s",
	} {
		if err := parseCondition(testScope(t), source); err != nil {
			t.Errorf("%.60q: %v", source, err)
		}
	}
}

func TestUpdateRefusals(t *testing.T) {
	refusals{
		"":                                  `The expression can not be empty;`,
		"SET":                               `Syntax error; token: "<EOF>", near: "SET"`,
		"HELLO a = :n":                      `Syntax error; token: "HELLO", near: "HELLO a"`,
		"SET a :n":                          `Syntax error; token: ":n", near: "a :n"`,
		"SET a = :n,":                       `Syntax error; token: "<EOF>", near: ","`,
		"SET a = :n, SET b = :n":            `Syntax error; token: "SET", near: ", SET b"`,
		"SET set = :n":                      `Syntax error; token: "set", near: "SET set ="`,
		"REMOVE a.Add":                      `Syntax error; token: "Add", near: ".Add"`,
		"REMOVE and":                        `Attribute name is a reserved keyword; reserved keyword: and`,
		"SET :n = :n":                       `Syntax error; token: ":n", near: "SET :n ="`,
		"SET _a = :n":                       `Syntax error; token: "_", near: "SET _a"`,
		"SET _123 = :n":                     `Syntax error; token: "_", near: "SET _123"`,
		"SET a = :n + :n + :n":              `Syntax error; token: "+", near: ":n + :n"`,
		"SET a = if_not_exists(a, :n + :n)": `Syntax error; token: "+", near: ":n + :n"`,
		"SET a = _f(b)":                     `Syntax error; token: "_", near: "= _f"`,
		"ADD a b":                           `Syntax error; token: "b", near: "a b"`,
		"DELETE a":                          `Syntax error; token: "<EOF>", near: "a"`,
		"REMOVE a = :n":                     `Syntax error; token: "=", near: "a = :n"`,

		"SET a = :n SET b = :n":                           `The "SET" section can only be used once in an update expression;`,
		"SET a = :n REMOVE b SET c = :n":                  `The "SET" section can only be used once in an update expression;`,
		"SET counter = :n":                                `Attribute name is a reserved keyword; reserved keyword: counter`,
		"REMOVE #x":                                       `An expression attribute name used in the document path is not defined; attribute name: #x`,
		"SET a = :x":                                      `An expression attribute value used in expression is not defined; attribute value: :x`,
		"ADD a :x":                                        `An expression attribute value used in expression is not defined; attribute value: :x`,
		"SET a = :n, a = :n":                              `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]`,
		"REMOVE #k SET k.b[1] = :n":                       `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [k], path two: [k, b, [1]]`,
		"SET a.b = :n, a[1] = :n":                         `Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, [1]]`,
		"SET a = f(b)":                                    `Invalid function name; function: f`,
		"SET a = LIST_APPEND(:l, :l)":                     `Invalid function name; function: LIST_APPEND`,
		"SET a = size(b)":                                 `The function is not allowed in an update expression; function: size`,
		"SET a = list_append(:l)":                         `Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1`,
		"SET a = list_append(:l, :s)":                     `Incorrect operand type for operator or function; operator or function: list_append, operand type: S`,
		"SET a = list_append(list_append(:l, :l), :l)":    `The function is not allowed to be used this way in an expression; function: list_append`,
		"SET a = if_not_exists(:n, :n)":                   `Operator or function requires a document path; operator or function: if_not_exists`,
		"SET a = if_not_exists(if_not_exists(a, :n), :n)": `Operator or function requires a document path; operator or function: if_not_exists`,
		"SET a = b + :s":                                  `Incorrect operand type for operator or function; operator or function: +, operand type: S`,
		"SET a = :l - :n":                                 `Incorrect operand type for operator or function; operator or function: -, operand type: L`,
		"SET a = ((:n + :n))":                             `The expression has redundant parentheses;`,
		"ADD a :s":                                        `Incorrect operand type for operator or function; operator: ADD, operand type: STRING`,
		"ADD a :l":                                        `Incorrect operand type for operator or function; operator: ADD, operand type: LIST`,
		"DELETE a :n":                                     `Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER`,
		"DELETE a :map":                                   `Incorrect operand type for operator or function; operator: DELETE, operand type: MAP`,
		"DELETE a :null":                                  `Incorrect operand type for operator or function; operator: DELETE, operand type: NULL`,
		"DELETE a :t":                                     `Incorrect operand type for operator or function; operator: DELETE, operand type: BOOLEAN`,
		"DELETE a :b":                                     `Incorrect operand type for operator or function; operator: DELETE, operand type: BINARY`,
	}.check(t, "UpdateExpression", parseUpdate)
}

func TestProjectionRefusals(t *testing.T) {
	refusals{
		"":              `The expression can not be empty;`,
		"a,":            `Syntax error; token: "<EOF>", near: ","`,
		",a":            `Syntax error; token: ",", near: ",a"`,
		"a b":           `Syntax error; token: "b", near: "a b"`,
		":s":            `Syntax error; token: ":s", near: ":s"`,
		"a, size":       `Attribute name is a reserved keyword; reserved keyword: size`,
		"a.b[0],a.b[0]": `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b, [0]], path two: [a, b, [0]]`,
		"a.b, a":        `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]`,
		"a.b, a[1]":     `Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, [1]]`,
	}.check(t, "ProjectionExpression", parseProjection)
}

func TestScopeRefusals(t *testing.T) {
	long := "#" + strings.Repeat("x", 255)
	for want, parse := range map[string]func() (*Scope, error){
		"ExpressionAttributeNames must not be empty":                                              func() (*Scope, error) { return NewScope(map[string]string{}, nil) },
		"ExpressionAttributeValues must not be empty":                                             func() (*Scope, error) { return NewScope(nil, map[string]attr.Value{}) },
		`ExpressionAttributeNames contains invalid key: Syntax error; key: "#"`:                   scopeOfName("#"),
		`ExpressionAttributeNames contains invalid key: Syntax error; key: "a"`:                   scopeOfName("a"),
		`ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"`:                scopeOfName("#a-b"),
		`ExpressionAttributeNames contains invalid key: Syntax error; key: " #a"`:                 scopeOfName(" #a"),
		`ExpressionAttributeNames contains invalid key: Syntax error; key: ""`:                    scopeOfName(""),
		fmt.Sprintf(`ExpressionAttributeNames contains invalid key: Syntax error; key: %q`, long): scopeOfName(long),
		`ExpressionAttributeValues contains invalid key: Syntax error; key: "#v"`: func() (*Scope, error) {
			return NewScope(nil, map[string]attr.Value{"#v": attr.Null{}})
		},
	} {
		if _, err := parse(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func scopeOfName(name string) func() (*Scope, error) {
	return func() (*Scope, error) { return NewScope(map[string]string{name: "x"}, nil) }
}

func TestUnusedSubstitutions(t *testing.T) {
	scope, err := NewScope(map[string]string{"#a": "a", "#b": "b", "#c": "c"}, map[string]attr.Value{":v": attr.Null{}, ":w": attr.Null{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scope.Condition("ConditionExpression", "#b = :v OR attribute_exists(a)"); err != nil {
		t.Fatal(err)
	}
	if err := scope.Unused(); err == nil || err.Error() != "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #c}" {
		t.Errorf("got %v", err)
	}
	if _, err := scope.Projection("#a, #c"); err != nil {
		t.Fatal(err)
	}
	if err := scope.Unused(); err == nil || err.Error() != "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}" {
		t.Errorf("got %v", err)
	}
	if _, err := scope.Update("SET a = :w"); err != nil {
		t.Fatal(err)
	}
	if err := scope.Unused(); err != nil {
		t.Error(err)
	}
}

func TestReservedWords(t *testing.T) {
	if len(reservedSorted) != 573 {
		t.Errorf("there are %d reserved words, 573 are published", len(reservedSorted))
	}
	for name, want := range map[string]bool{
		"abort": true, "ZONE": true, "Owner": true, "counter": true, "leaseowner": false, "scope": true, "aborted": false, "": false,
	} {
		if reserved(name) != want {
			t.Errorf("reserved(%q) = %v", name, !want)
		}
	}
}
