package dynamo

import (
	"maps"
	"slices"
	"strings"
)

const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

type tag struct{ Key, Value string }

func checkTags(tags []tag) error {
	for _, t := range tags {
		if err := firstError(
			checkCount("tags.member.key", len(t.Key), 1, maxTagKey),
			checkCount("tags.member.value", len(t.Value), 0, maxTagValue),
		); err != nil {
			return err
		}
	}
	return nil
}

// withTags is a copy of a table's tags with some set; nil when there are none.
func withTags(old map[string]string, set []tag) map[string]string {
	if len(old)+len(set) == 0 {
		return nil
	}
	all := map[string]string{}
	maps.Copy(all, old)
	for _, t := range set {
		all[t.Key] = t.Value
	}
	return all
}

// tableWithARN finds a table by its ARN.
func (s *Service) tableWithARN(arn string) (*table, error) {
	name, ok := strings.CutPrefix(arn, s.arn(""))
	if !ok {
		return nil, invalid("Invalid TableArn: Invalid ResourceArn provided as input %s", arn)
	}
	t, found := s.tables[name]
	if !found {
		return nil, notFound("Requested resource not found: ResourcArn: %s not found", arn)
	}
	return t, nil
}

type tagResourceInput struct {
	ResourceArn string
	Tags        []tag
}

func (s *Service) tagResource(in *tagResourceInput, _ *Usage) (any, error) {
	if len(in.Tags) == 0 {
		return nil, invalid("Atleast one Tag needs to be provided as Input.")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return s.retag(in.ResourceArn, func(old map[string]string) map[string]string { return withTags(old, in.Tags) })
}

type untagResourceInput struct {
	ResourceArn string
	TagKeys     []string
}

func (s *Service) untagResource(in *untagResourceInput, _ *Usage) (any, error) {
	if len(in.TagKeys) == 0 {
		return nil, invalid("Atleast one Tag Key needs to be provided as Input.")
	}
	return s.retag(in.ResourceArn, func(old map[string]string) map[string]string {
		rest := maps.Clone(old)
		maps.DeleteFunc(rest, func(key, _ string) bool { return slices.Contains(in.TagKeys, key) })
		return rest
	})
}

// retag changes the tags of a table. The response has no body.
func (s *Service) retag(arn string, change func(old map[string]string) map[string]string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.tableWithARN(arn)
	if err != nil {
		return nil, err
	}
	set := t.settings
	set.Tags = change(set.Tags)
	if len(set.Tags) > maxTags {
		return nil, refuse(dynamoSpace+"LimitExceededException", "A table can have %d tags at most", maxTags)
	}
	return nothing{}, s.configure(t, set)
}

// nothing is the response of operations that answer without a body.
type nothing struct{}

type listTagsInput struct{ ResourceArn string }

type listTagsOutput struct{ Tags []tag }

func (s *Service) listTagsOfResource(in *listTagsInput, _ *Usage) (any, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.tableWithARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	out := listTagsOutput{Tags: []tag{}}
	for _, key := range slices.Sorted(maps.Keys(t.settings.Tags)) {
		out.Tags = append(out.Tags, tag{key, t.settings.Tags[key]})
	}
	return out, nil
}
