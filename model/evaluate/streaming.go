package evaluate

import "github.com/streamrec/streamrec/model"

// Streaming is the model of package model as a Recommender, one record per event.
type Streaming struct {
	Model *model.Model

	facts  []model.Fact
	scored []model.Scored
	acts   [1]model.Interaction
}

// Observe implements Recommender.
func (s *Streaming) Observe(e Event) {
	s.acts[0] = model.Interaction{Item: e.Item, Type: e.Type, Category: e.Category, Brand: e.Brand}
	s.facts = s.Model.Observe(s.facts[:0], model.Record{Session: e.Session, ArrivalMs: e.Ms, Items: s.acts[:]})
}

// Recommend implements Recommender.
func (s *Streaming) Recommend(dst []string, session string, k int) []string {
	s.scored = s.Model.Recommend(s.scored[:0], session, k)
	return appendItems(dst, s.scored)
}

// RecommendItems implements Recommender.
func (s *Streaming) RecommendItems(dst []string, items []string, k int) []string {
	s.scored = s.Model.RecommendItems(s.scored[:0], items, k)
	return appendItems(dst, s.scored)
}

func appendItems(dst []string, scored []model.Scored) []string {
	for _, s := range scored {
		dst = append(dst, s.Item)
	}
	return dst
}
