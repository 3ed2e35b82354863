package conformance

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func dynamoUpdateChecks() []dynamoCheck {
	return []dynamoCheck{
		{"UpdateItem CAS counter, ALL_NEW", (*dynamoProbe).countsConditionally},
		{"UpdateItem ReturnValues: all five", (*dynamoProbe).returnsValues},
		{"UPDATED_OLD and UPDATED_NEW show nested paths", (*dynamoProbe).returnsNested},
		{"UpdateExpression if_not_exists, list_append, REMOVE, ADD set", (*dynamoProbe).updatesTogether},
		{"UpdateExpression: indexes and right-hand sides mean the old item", (*dynamoProbe).updatesFromOld},
		{"UpdateExpression: indexes mean the old list, whatever is removed first", (*dynamoProbe).removesFirst},
		{"UpdateExpression: nested paths", (*dynamoProbe).updatesNested},
		{"UpdateExpression: ADD and DELETE", (*dynamoProbe).addsAndDeletes},
		{"UpdateItem makes a missing item, without an expression too", (*dynamoProbe).makesItem},
		{"an update that only removes makes no item", (*dynamoProbe).removesFromNothing},
		{"updates that do not fit the item are refused and change nothing", (*dynamoProbe).refusesMisfits},
		{"updates that cannot be parsed are refused", (*dynamoProbe).refusesUpdates},
		{"key attributes cannot be updated", (*dynamoProbe).refusesKeyUpdates},
	}
}

func (p *dynamoProbe) countsConditionally() error {
	for i := range 5 {
		u := dynamoUpdate{
			sort: "a", update: "SET n = if_not_exists(n, :zero) + :one", condition: "attribute_not_exists(n) OR n = :i",
			values: dynamoFields{":zero": 0, ":one": 1, ":i": i}, returns: types.ReturnValueAllNew,
		}
		out, err := p.update(u)
		if err != nil {
			return err
		}
		if err := dynamoSame("new item", dynamoBare(out.Attributes), dynamoFields{"n": i + 1}); err != nil {
			return err
		}
		if i > 0 {
			_, err = p.update(u)
			if err := dynamoConditionFailed("same step again", err); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *dynamoProbe) returnsValues() error {
	for returns, want := range map[types.ReturnValue]dynamoFields{
		"": nil, types.ReturnValueNone: nil,
		types.ReturnValueAllOld:     {"a": "hi", "b": "dog", "d": 1},
		types.ReturnValueUpdatedOld: {"b": "dog", "d": 1},
		types.ReturnValueAllNew:     {"a": "hi", "b": "cat", "c": 2},
		types.ReturnValueUpdatedNew: {"b": "cat", "c": 2},
	} {
		sort := "a" + string(returns)
		if err := p.put(sort, dynamoFields{"a": "hi", "b": "dog", "d": 1}); err != nil {
			return err
		}
		out, err := p.update(dynamoUpdate{
			sort: sort, update: "SET b = :cat, c = :two REMOVE d", values: dynamoFields{":cat": "cat", ":two": 2}, returns: returns,
		})
		if err != nil {
			return err
		}
		if err := dynamoSame("ReturnValues "+string(returns), dynamoBare(out.Attributes), want); err != nil {
			return err
		}
	}
	out, err := p.update(dynamoUpdate{sort: "new", update: "SET b = :v", values: dynamoFields{":v": 1}, returns: types.ReturnValueAllOld})
	if err != nil {
		return err
	}
	return dynamoSame("ALL_OLD of a new item", dynamoPlainItem(out.Attributes), nil)
}

func (p *dynamoProbe) returnsNested() error {
	if err := p.put("a", dynamoFields{"a": dynamoFields{"b": "dog", "c": []any{1, 2, 3}}, "d": "cat"}); err != nil {
		return err
	}
	for _, c := range []struct {
		update  string
		returns types.ReturnValue
		want    dynamoFields
	}{
		{"SET a.b = :v", types.ReturnValueUpdatedOld, dynamoFields{"a": dynamoFields{"b": "dog"}}},
		{"SET a.c[1] = :v", types.ReturnValueUpdatedOld, dynamoFields{"a": dynamoFields{"c": []any{2}}}},
		{"SET a.c[1] = :v, a.b = :v", types.ReturnValueUpdatedNew, dynamoFields{"a": dynamoFields{"b": 8, "c": []any{8}}}},
		{"SET a.x = :v", types.ReturnValueUpdatedNew, dynamoFields{"a": dynamoFields{"x": 8}}},
	} {
		out, err := p.update(dynamoUpdate{sort: "a", update: c.update, values: dynamoFields{":v": 8}, returns: c.returns})
		if err != nil {
			return err
		}
		if err := dynamoSame(fmt.Sprintf("%s of %s", c.returns, c.update), dynamoPlainItem(out.Attributes), c.want); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) updatesTogether() error {
	if err := p.put("a", dynamoFields{"l": []any{1}, "gone": "x", "tags": dynamoTexts{"a"}}); err != nil {
		return err
	}
	u := dynamoUpdate{
		sort: "a", update: "SET n = if_not_exists(n, :five), l = list_append(l, :more) REMOVE gone ADD tags :tags",
		values: dynamoFields{":five": 5, ":more": []any{2, "x"}, ":tags": dynamoTexts{"a", "b"}},
	}
	if err := p.updated(u, dynamoFields{"n": 5, "l": []any{1, 2, "x"}, "tags": dynamoTexts{"a", "b"}}); err != nil {
		return err
	}
	u.values[":five"] = 6
	return p.updated(u, dynamoFields{"n": 5, "l": []any{1, 2, "x", 2, "x"}, "tags": dynamoTexts{"a", "b"}})
}

func (p *dynamoProbe) updatesFromOld() error {
	list := func() dynamoFields { return dynamoFields{"l": []any{2, 3, 4, 5, 6, 7}, "a": "old"} }
	for _, c := range []struct {
		update string
		want   dynamoFields
	}{
		{"SET l[3] = :v REMOVE l[1]", dynamoFields{"l": []any{2, 4, 17, 6, 7}, "a": "old"}},
		{"SET l[70] = :v", dynamoFields{"l": []any{2, 3, 4, 5, 6, 7, 17}, "a": "old"}},
		{"SET a = :v, b = a", dynamoFields{"l": []any{2, 3, 4, 5, 6, 7}, "a": 17, "b": "old"}},
		{"REMOVE a SET b = a, c = :v", dynamoFields{"l": []any{2, 3, 4, 5, 6, 7}, "b": "old", "c": 17}},
	} {
		if err := p.put("a", list()); err != nil {
			return err
		}
		if err := p.updated(dynamoUpdate{sort: "a", update: c.update, values: dynamoFields{":v": 17}}, c.want); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) removesFirst() error {
	if err := p.put("a", dynamoFields{"l": []any{2, 3, 4, 5, 6, 7}}); err != nil {
		return err
	}
	return p.updated(dynamoUpdate{sort: "a", update: "REMOVE l[1], l[2] SET l[3] = :v", values: dynamoFields{":v": 17}},
		dynamoFields{"l": []any{2, 17, 6, 7}})
}

func (p *dynamoProbe) updatesNested() error {
	if err := p.put("a", dynamoFields{"a": dynamoFields{"x": 3, "y": 4, "c": dynamoFields{"y": 3}}, "b": dynamoFields{"x": 1, "y": 2}}); err != nil {
		return err
	}
	if err := p.updated(dynamoUpdate{
		sort: "a", update: "SET a.b = :ten, a.c.d = :dog, b.#x = b.y REMOVE a.x, b.y, a.absent", values: dynamoFields{":ten": 10, ":dog": "dog"},
		names: map[string]string{"#x": "x"},
	}, dynamoFields{"a": dynamoFields{"y": 4, "b": 10, "c": dynamoFields{"y": 3, "d": "dog"}}, "b": dynamoFields{"x": 2}}); err != nil {
		return err
	}
	return p.updated(dynamoUpdate{sort: "a", update: "SET #d = :v", values: dynamoFields{":v": 1}, names: map[string]string{"#d": "a.b"}},
		dynamoFields{"a": dynamoFields{"y": 4, "b": 10, "c": dynamoFields{"y": 3, "d": "dog"}}, "b": dynamoFields{"x": 2}, "a.b": 1})
}

func (p *dynamoProbe) addsAndDeletes() error {
	steps := []struct {
		update string
		value  any
		want   dynamoFields
	}{
		{"ADD n :v", 7, dynamoFields{"n": 7}},
		{"ADD n :v", -9, dynamoFields{"n": -2}},
		{"ADD s :v", dynamoNumbers{"1", "2"}, dynamoFields{"n": -2, "s": dynamoNumbers{"1", "2"}}},
		{"ADD s :v", dynamoNumbers{"2", "3"}, dynamoFields{"n": -2, "s": dynamoNumbers{"1", "2", "3"}}},
		{"DELETE s :v", dynamoNumbers{"1", "9"}, dynamoFields{"n": -2, "s": dynamoNumbers{"2", "3"}}},
		{"DELETE s :v", dynamoNumbers{"2", "3"}, dynamoFields{"n": -2}},
		{"DELETE s :v", dynamoNumbers{"2"}, dynamoFields{"n": -2}},
	}
	for _, s := range steps {
		if err := p.updated(dynamoUpdate{sort: "a", update: s.update, values: dynamoFields{":v": s.value}}, s.want); err != nil {
			return fmt.Errorf("with %v: %w", s.value, err)
		}
	}
	return nil
}

func (p *dynamoProbe) makesItem() error {
	return errors.Join(
		p.updated(dynamoUpdate{sort: "a"}, dynamoFields{}),
		p.updated(dynamoUpdate{sort: "b", update: "SET n = :v REMOVE m", values: dynamoFields{":v": 1}}, dynamoFields{"n": 1}),
		p.updated(dynamoUpdate{sort: "b"}, dynamoFields{"n": 1}),
	)
}

func (p *dynamoProbe) removesFromNothing() error {
	return errors.Join(
		p.updated(dynamoUpdate{sort: "a", update: "REMOVE m"}, nil),
		p.updated(dynamoUpdate{sort: "b", update: "DELETE m :v", values: dynamoFields{":v": dynamoTexts{"x"}}}, nil),
	)
}

func (p *dynamoProbe) refusesMisfits() error {
	old := dynamoFields{"s": "text", "n": 1, "l": []any{1}, "m": dynamoFields{}, "ss": dynamoTexts{"x"}}
	if err := p.put("a", old); err != nil {
		return err
	}
	const (
		noPath  = "The document path provided in the update expression is invalid for update"
		noValue = "The provided expression refers to an attribute that does not exist in the item"
		noType  = "An operand in the update expression has an incorrect data type"
	)
	for update, part := range map[string]string{
		"SET q.b = :n": noPath, "SET s.b = :n": noPath, "SET l.b = :n": noPath, "SET m[0] = :n": noPath, "REMOVE q.b": noPath, "REMOVE q[0]": noPath,
		"SET a = q": noValue, "SET a = q + :n": noValue, "SET a = :n, b = a": noValue, "SET a = s + :n": noType, "SET a = list_append(s, l)": noType,
		"ADD s :n": noType, "ADD ss :n": noType, "DELETE n :set": noType, "ADD ss :nset": noType,
	} {
		_, err := p.update(dynamoUpdate{
			sort: "a", update: update,
			values: dynamoUsed(update, dynamoFields{":n": 1, ":set": dynamoTexts{"x"}, ":nset": dynamoNumbers{"1"}}),
		})
		if err := dynamoInvalid(update, err, part); err != nil {
			return err
		}
	}
	return p.expect("a", old)
}

func (p *dynamoProbe) refusesUpdates() error {
	for update, part := range map[string]string{
		"SET": "Syntax error", "SET a :n": "Syntax error", "HELLO a = :n": "Syntax error", "SET a = :n,": "Syntax error",
		"SET a = :n + :n + :n": "Syntax error", "ADD a b": "Syntax error", "SET :n = :n": "Syntax error",
		"SET a = :n SET b = :n":         `The "SET" section can only be used once in an update expression;`,
		"SET a = :n REMOVE a":           "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]",
		"SET a.b = :n, a = :n":          "Two document paths overlap with each other",
		"SET a.b = :n, a[1] = :n":       "Two document paths conflict with each other",
		"SET counter = :n":              "Attribute name is a reserved keyword; reserved keyword: counter",
		"SET a = f(b)":                  "Invalid function name; function: f",
		"SET a = list_append(:l)":       "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1",
		"SET a = list_append(b, :n)":    "operator or function: list_append, operand type: N",
		"SET a = if_not_exists(:n, :n)": "requires a document path; operator or function: if_not_exists",
		"SET a = b + :s":                "operator or function: +, operand type: S",
		"ADD a :s":                      "operator: ADD, operand type: STRING",
		"DELETE a :n":                   "operator: DELETE, operand type: NUMBER",
		"SET a = :undefined":            "An expression attribute value used in expression is not defined; attribute value: :undefined",
	} {
		_, err := p.update(dynamoUpdate{sort: "a", update: update, values: dynamoUsed(update, dynamoFields{":n": 1, ":s": "x", ":l": []any{}})})
		if err := dynamoInvalid(update, err, part); err != nil {
			return err
		}
	}
	return p.expect("a", nil)
}

func (p *dynamoProbe) refusesKeyUpdates() error {
	for _, update := range []string{"SET leaseKey = :v", "REMOVE #scope", "ADD leaseKey :n"} {
		u := dynamoUpdate{sort: "a", update: update, values: dynamoUsed(update, dynamoFields{":v": "b", ":n": 1})}
		if update == "REMOVE #scope" {
			u.names = map[string]string{"#scope": dynamoHash}
		}
		_, err := p.update(u)
		if err := dynamoInvalid(update, err, "This attribute is part of the key"); err != nil {
			return err
		}
	}
	return nil
}
