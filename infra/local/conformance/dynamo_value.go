package conformance

import (
	"fmt"
	"strings"
)

func dynamoValueChecks() []dynamoCheck {
	return []dynamoCheck{
		{"every kind of value comes back", (*dynamoProbe).keepsValues},
		{"empty strings, binaries, lists and maps are values", (*dynamoProbe).keepsEmptyValues},
		{"empty strings are members of sets", (*dynamoProbe).keepsEmptyMembers},
		{"bad sets and nulls are refused", (*dynamoProbe).refusesSets},
		{"numbers keep 38 digits and are written plainly", (*dynamoProbe).keepsNumbers},
		{"numbers may have a plus sign", (*dynamoProbe).keepsPlus},
		{"numbers out of range or too precise are refused", (*dynamoProbe).refusesNumbers},
		{"sums are exact or refused", (*dynamoProbe).addsExactly},
		{"nesting of 31 levels is accepted, of 34 refused", (*dynamoProbe).limitsNesting},
	}
}

func (p *dynamoProbe) keepsValues() error {
	fields := dynamoFields{
		"s": "é <&> \"\\\u2028\x01 😀", "n": dynamoNumber("-1.5"), "b": []byte{0, 1, 254, 255}, "t": true, "f": false, "null": nil,
		"l": []any{1, "x", []any{true}, dynamoFields{"k": nil}}, "m": dynamoFields{"a.b": 1, "c": nil},
		"ss": dynamoTexts{"b", "a"}, "ns": dynamoNumbers{"-1", "2"}, "bs": dynamoBlobs{"\x00", "b"}, "ключ": "name",
	}
	if err := p.put("a", fields); err != nil {
		return err
	}
	return p.expect("a", fields)
}

func (p *dynamoProbe) keepsEmptyValues() error {
	fields := dynamoFields{"s": "", "b": []byte{}, "l": []any{}, "m": dynamoFields{}}
	if err := p.put("a", fields); err != nil {
		return err
	}
	return p.expect("a", fields)
}

func (p *dynamoProbe) keepsEmptyMembers() error {
	fields := dynamoFields{"ss": dynamoTexts{"", "a"}, "bs": dynamoBlobs{"", "a"}}
	if err := p.put("a", fields); err != nil {
		return err
	}
	return p.expect("a", fields)
}

func (p *dynamoProbe) refusesSets() error {
	for _, c := range []struct {
		v    any
		part string
	}{
		{dynamoTexts{}, "string set  may not be empty"},
		{dynamoNumbers{}, "number set  may not be empty"},
		{dynamoBlobs{}, "Binary sets should not be empty"},
		{dynamoTexts{"x", "x"}, "Input collection [x, x] contains duplicates"},
		{dynamoNumbers{"1", "1.0"}, "contains duplicates"},
		{dynamoBlobs{"x", "x"}, "contains duplicates"},
		{dynamoNumbers{"1", "dog"}, "cannot be converted to a numeric value: dog"},
	} {
		if err := dynamoInvalid(fmt.Sprintf("%T%v", c.v, c.v), p.put("a", dynamoFields{"v": c.v}), c.part); err != nil {
			return err
		}
	}
	return p.expect("a", nil)
}

func (p *dynamoProbe) keepsNumbers() error {
	for in, want := range map[dynamoNumber]dynamoNumber{
		"0": "0", "-0": "0", "0001.2300": "1.23", ".5": "0.5", "1e3": "1000", "-17.4E2": "-1740", "123e-2": "1.23",
		"0e1000": "0",
		"3.1415926535897932384626433832795028841": "3.1415926535897932384626433832795028841",
		"31415926535897932384626433832795028841":  "31415926535897932384626433832795028841",
		"1e125":                                   dynamoNumber("1" + strings.Repeat("0", 125)),
		"-1e-130":                                 dynamoNumber("-0." + strings.Repeat("0", 129) + "1"),
	} {
		if err := p.put("a", dynamoFields{"n": in}); err != nil {
			return fmt.Errorf("%s: %w", in, err)
		}
		if err := p.expect("a", dynamoFields{"n": want}); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) keepsPlus() error {
	if err := p.put("a", dynamoFields{"n": dynamoNumber("+3"), "m": dynamoNumber("1e+2")}); err != nil {
		return err
	}
	return p.expect("a", dynamoFields{"n": 3, "m": 100})
}

func (p *dynamoProbe) refusesNumbers() error {
	for in, part := range map[dynamoNumber]string{
		"1e126": "Number overflow", "-11e125": "Number overflow", "1e-131": "Number underflow", "0.9e-130": "Number underflow",
		"3.14159265358979323846264338327950288419": "more than 38 significant digits",
		"dog": "cannot be converted to a numeric value: dog", "": "cannot be converted to a numeric value", "NaN": "numeric", " 1": "numeric", "1 ": "numeric",
	} {
		if err := dynamoInvalid(string(in), p.put("a", dynamoFields{"n": in}), part); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) addsExactly() error {
	if err := p.updated(dynamoUpdate{
		sort: "a", update: "SET n = :a + :b, m = :b - :a", values: dynamoFields{":a": 1, ":b": dynamoNumber("10000000000000000000000")},
	}, dynamoFields{"n": dynamoNumber("10000000000000000000001"), "m": dynamoNumber("9999999999999999999999")}); err != nil {
		return err
	}
	for a, b := range map[dynamoNumber]dynamoNumber{"9e125": "9e125", "1e50": "1"} {
		_, err := p.update(dynamoUpdate{sort: "a", update: "SET n = :a + :b", values: dynamoFields{":a": a, ":b": b}})
		if err := dynamoInvalid(fmt.Sprintf("%s + %s", a, b), err, "Number overflow"); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) limitsNesting() error {
	nested := func(levels int) any {
		var v any = "deep"
		for range levels {
			v = []any{v}
		}
		return v
	}
	if err := p.put("a", dynamoFields{"v": nested(31)}); err != nil {
		return err
	}
	return dynamoInvalid("34 levels", p.put("a", dynamoFields{"v": nested(34)}), "Nesting Levels have exceeded supported limits")
}
