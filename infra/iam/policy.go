package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Policy is a policy document.
type Policy struct {
	Version   string
	Statement []Statement
}

// Statement is one of its statements.
type Statement struct {
	Sid         string
	Effect      string
	Principal   string `json:",omitempty"` // only of a bucket's policy
	Action      List
	Resource    List                       `json:",omitempty"`
	NotResource List                       `json:",omitempty"`
	Condition   map[string]map[string]List `json:",omitempty"` // operator, key, values
}

// List is a string or a list of strings.
type List []string

// UnmarshalJSON implements json.Unmarshaler.
func (l *List) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*l = List{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(l))
}

// Parse reads a policy document, and refuses what this package does not judge.
func Parse(text string) (*Policy, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	p := &Policy{}
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("parse policy: %w", err)
	}
	var errs []error
	if p.Version != "2012-10-17" {
		errs = append(errs, fmt.Errorf("version %q", p.Version))
	}
	for _, s := range p.Statement {
		errs = append(errs, s.check())
	}
	return p, errors.Join(errs...)
}

func (s *Statement) check() error {
	if s.Effect != allow && s.Effect != deny || len(s.Action) == 0 || (len(s.Resource) == 0) == (len(s.NotResource) == 0) {
		return fmt.Errorf("statement %s: wants Allow or Deny, an action, and either Resource or NotResource", s.Sid)
	}
	for operator := range s.Condition {
		if _, known := operators[operator]; !known {
			return fmt.Errorf("statement %s: condition %s is not known here", s.Sid, operator)
		}
	}
	return nil
}
