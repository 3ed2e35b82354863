package iam

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/streamrec/streamrec/infra/local/fault"
)

// Guard refuses requests as AWS would. It remembers what it was asked. It is safe for concurrent use.
type Guard struct {
	// Refused is told of each refusal; nil is not.
	Refused func(role string, r Request)

	names    Names
	policies map[string][]*Policy // of each role, and of the bucket

	mu    sync.Mutex
	asked map[string]map[Asked]int // by role
}

// Asked is a kind of request, without what differs between requests of that kind.
type Asked struct {
	Action  string
	By, On  string // the statement that decided, and its resource; see Verdict
	Allowed bool
}

// NewGuard returns a guard with all roles.
func NewGuard(n Names) (*Guard, error) {
	g := &Guard{names: n, policies: map[string][]*Policy{}, asked: map[string]map[Asked]int{}}
	for _, role := range Roles {
		for _, name := range append([]string{BucketPolicy}, role.Policies...) {
			p, err := Load(name, n)
			if err != nil {
				return nil, err
			}
			g.policies[role.Name] = append(g.policies[role.Name], p)
		}
	}
	return g, nil
}

// Judge answers a request of a role.
func (g *Guard) Judge(role string, r Request) Verdict { return Judge(g.policies[role], r) }

// Wrap puts the guard in front of services. Access keys that have no role may do everything.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		role := RoleOf(fault.AccessKeyOf(r))
		if role == "" {
			next.ServeHTTP(w, r)
			return
		}
		requests, err := Requests(r, g.names)
		if err != nil {
			panic(http.ErrAbortHandler) // the client has gone while it sent
		}
		for _, request := range requests {
			if v := g.Judge(role, request); !g.note(role, request, v) {
				if g.Refused != nil {
					g.Refused(role, request)
				}
				refuse(w, r, role, request)
				return
			}
		}
		if call := fault.CallOf(r); call.Service == fault.S3 && call.Key != "" && !g.lists(role, call.Resources[0]) {
			w = &veil{ResponseWriter: w}
		}
		next.ServeHTTP(w, r)
	})
}

// lists reports whether a role may know what is not in a bucket.
func (g *Guard) lists(role, bucket string) bool {
	return g.Judge(role, Request{
		Action: "s3:ListBucket", Resource: g.names.ObjectARN(bucket, ""), Context: map[string][]string{"aws:SecureTransport": {"true"}},
	}).Allowed
}

func (g *Guard) note(role string, r Request, v Verdict) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.asked[role] == nil {
		g.asked[role] = map[Asked]int{}
	}
	g.asked[role][Asked{r.Action, v.By, v.On, v.Allowed}]++
	return v.Allowed
}

// Asked returns what a role has asked for, by action.
func (g *Guard) Asked(role string) (kinds []Asked) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for kind := range g.asked[role] {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(a, b Asked) int {
		return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.By, b.By), cmp.Compare(a.On, b.On))
	})
	return kinds
}

func refuse(w http.ResponseWriter, r *http.Request, role string, asked Request) {
	call := fault.CallOf(r)
	code := "AccessDeniedException"
	if call.Service == fault.S3 {
		code = "AccessDenied"
	}
	fault.Answer(w, r, call, fault.Effect{
		Status: http.StatusForbidden, Code: code, Message: fmt.Sprintf("role %s is not authorized to perform %s on %s", role, asked.Action, asked.Resource),
	})
}

// veil answers 403 where the service answers 404.
type veil struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (v *veil) WriteHeader(status int) {
	if status == http.StatusNotFound {
		status = http.StatusForbidden
	}
	v.ResponseWriter.WriteHeader(status)
}
