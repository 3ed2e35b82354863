package iam

import (
	"slices"
	"strings"
)

const (
	allow = "Allow"
	deny  = "Deny"
)

// Request is what somebody asks AWS for.
type Request struct {
	Action   string // such as s3:PutObject
	Resource string // an ARN; empty for an action that has none
	// Context has the values of condition keys. A key without an entry is absent, which Null and IfExists ask for.
	Context map[string][]string
}

// Verdict is the answer to a request.
type Verdict struct {
	Allowed bool
	// By is the statement that decided, and On the pattern of its resources that the request's matches; empty when none speaks of the request.
	By, On string
}

// Judge answers a request by all policies that apply to it: an explicit Deny wins, without an Allow nothing is allowed.
func Judge(policies []*Policy, r Request) Verdict {
	var v Verdict
	for _, p := range policies {
		for i := range p.Statement {
			s := &p.Statement[i]
			if !s.applies(r) {
				continue
			}
			on, _ := s.covers(r.Resource)
			if s.Effect == deny {
				return Verdict{By: s.Sid, On: on}
			}
			v = Verdict{Allowed: true, By: s.Sid, On: on}
		}
	}
	return v
}

func (s *Statement) applies(r Request) bool {
	_, covered := s.covers(r.Resource)
	return covered && s.names(r.Action) && s.holds(r.Context)
}

// names reports whether the statement is about an action. Case does not matter in actions.
func (s *Statement) names(action string) bool {
	return slices.ContainsFunc(s.Action, func(pattern string) bool { return glob(strings.ToLower(pattern), strings.ToLower(action)) })
}

// covers returns the pattern that a resource matches, none for one that NotResource does not except.
func (s *Statement) covers(resource string) (on string, covered bool) {
	matches := func(pattern string) bool { return pattern == "*" || resource != "" && glob(pattern, resource) }
	if len(s.NotResource) > 0 {
		return "", !slices.ContainsFunc(s.NotResource, matches)
	}
	if i := slices.IndexFunc(s.Resource, matches); i >= 0 {
		return s.Resource[i], true
	}
	return "", false
}

func (s *Statement) holds(context map[string][]string) bool {
	for operator, keys := range s.Condition {
		for key, values := range keys {
			if have, present := context[key]; !operators[operator](have, present, values) {
				return false
			}
		}
	}
	return true
}

// operators are those that the files use. have are the values of the key, want those of the policy.
var operators = map[string]func(have []string, present bool, want List) bool{
	"Null":                      func(_ []string, present bool, want List) bool { return present != slices.Contains(want, "true") },
	"Bool":                      single,
	"StringEquals":              single,
	"StringLikeIfExists":        func(have []string, present bool, want List) bool { return !present || every(have, want) },
	"ForAllValues:StringLike":   func(have []string, _ bool, want List) bool { return every(have, want) },
	"ForAllValues:StringEquals": func(have []string, _ bool, want List) bool { return every(have, want) },
}

func single(have []string, present bool, want List) bool { return present && every(have, want) }

// every reports whether each value matches one of the patterns; of no values that is true. The values of the operators without wildcards have none.
func every(have []string, want List) bool {
	return !slices.ContainsFunc(have, func(value string) bool {
		return !slices.ContainsFunc(want, func(pattern string) bool { return glob(pattern, value) })
	})
}

// glob matches * with any characters, slashes and colons too, and ? with one.
func glob(pattern, text string) bool {
	star, mark, p, t := -1, 0, 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
