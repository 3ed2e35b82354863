package serve

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
)

// Answer is the answer to a question, as JSON has it. The package documentation says what its fields mean.
type Answer struct {
	SessionID       string           `json:"session_id,omitempty"`
	Items           []string         `json:"items,omitempty"`
	Recommendations []Recommendation `json:"recommendations"`
	History         []string         `json:"history,omitempty"`
	Shard           string           `json:"shard,omitempty"`
	Worker          string           `json:"worker"`
	LeaseCounter    int64            `json:"lease_counter,omitempty"`
	Source          string           `json:"source"`
	Stale           bool             `json:"stale"`
	StalenessMs     int64            `json:"staleness_ms"`
}

// Sources of an answer.
const (
	SourceLive   = "live"
	SourceMerged = "merged"
)

// Recommendation is an item of a list. What the catalogue knows is in it too.
type Recommendation struct {
	ProductCode string      `json:"product_code"`
	Score       float64     `json:"score"`
	Name        string      `json:"name,omitempty"`
	Category    string      `json:"category,omitempty"`
	Price       json.Number `json:"price,omitempty"`
	Why         []Reason    `json:"why,omitempty"`
}

// Reason is a part of a score: those of an item sum up to it.
type Reason struct {
	Kind    string   `json:"kind"`              // neighbour, second_hop, reminder, shelf, popular, or others: the many small ones
	Session string   `json:"session,omitempty"` // digest of the id of the session that contributes
	Items   []string `json:"items,omitempty"`   // what it has in common with this one
	Count   int      `json:"count,omitempty"`   // of others
	Score   float64  `json:"score"`
}

// maxReasons is how many reasons of an item are told one by one.
const maxReasons = 8

// fill puts what a model has answered into the Answer.
func (a *Answer) fill(got processor.Answer, products Products) {
	a.History = got.History
	a.Recommendations = make([]Recommendation, len(got.List))
	for i, s := range got.List {
		r := &a.Recommendations[i]
		r.ProductCode, r.Score = s.Item, score(s.Score)
		if products != nil {
			p, _ := products.Product(s.Item)
			r.Name, r.Category, r.Price = p.Name, p.Category, p.Price
		}
		if got.Why != nil {
			r.Why = reasons(got.Why[i].Reasons)
		}
	}
}

// score is exact: 20 fractional bits fit in a float64.
func score(fixed int64) float64 { return float64(fixed) / (1 << 20) }

// reasons are the largest ones, and the sum of the others.
func reasons(all []model.Reason) []Reason {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b model.Reason) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Session, b.Session))
	})
	told := all
	if len(all) > maxReasons {
		told = all[:maxReasons-1]
	}
	out := make([]Reason, 0, maxReasons)
	for _, r := range told {
		out = append(out, Reason{Kind: r.Kind.String(), Session: digest(r.Session), Items: r.Items, Score: score(r.Score)})
	}
	if rest := all[len(told):]; len(rest) > 0 {
		sum := int64(0)
		for _, r := range rest {
			sum += r.Score
		}
		out = append(out, Reason{Kind: "others", Count: len(rest), Score: score(sum)})
	}
	return out
}

// digest stands for a session id: an id may be all that a shop asks of a shopper.
func digest(session string) string {
	if session == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(session))
	return hex.EncodeToString(sum[:8])
}
