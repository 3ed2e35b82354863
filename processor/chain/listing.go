package chain

import "context"

// Listed is what the listing of the bucket tells of a link.
type Listed struct {
	Key, Shard, First string // First is the sequence number of its first record, without padding
	Size              int64  // bytes
}

// Object returns the link as an object without metadata.
func (l Listed) Object() Object { return Object{Key: l.Key, Size: l.Size} }

// Links returns the links of an hour, in the order of their keys: those of one shard in the order of its chain. An empty shard stands
// for all of them. Other objects are left out.
func Links(ctx context.Context, env Env, b Bucket, l Layout, hour Hour, shard string) (links []Listed, err error) {
	prefix := l.ShardPrefix(hour, shard)
	if shard == "" {
		prefix = l.HourPrefix(hour)
	}
	err = Retry(ctx, env, func(ctx context.Context) error {
		links = links[:0]
		for o, err := range b.List(ctx, prefix) {
			if err != nil {
				return err
			}
			_, s, first, err := l.ParseLinkKey(o.Key)
			if err == nil && (shard == "" || s == shard) {
				links = append(links, Listed{Key: o.Key, Shard: s, First: first, Size: o.Size})
			}
		}
		return nil
	})
	return links, wrap("list "+prefix, err)
}

// search lists the links of a shard in one hour after the other, and more hours at a time the longer it finds none: after a silence, or in a replay, a chain goes on
// days later.
type search struct {
	hour  Hour // that is listed next
	width Hour // how many are then
}

// mostHours is how many hours are listed at a time at most.
const mostHours = 32

// next lists the next hours, none that is later than until, each in its order. It returns none when there are no more.
func (s *search) next(ctx context.Context, env Env, b Bucket, l Layout, shard string, until Hour) ([][]Listed, error) {
	n := min(max(s.width, 1), until-s.hour+1)
	if n <= 0 {
		return nil, nil
	}
	hours := make([][]Listed, n)
	err := Each(env, len(hours), 2*hoursAtATime, func(i int) (err error) {
		hours[i], err = Links(ctx, env, b, l, s.hour+Hour(i), shard)
		return err
	})
	s.hour, s.width = s.hour+n, min(2*n, mostHours)
	for i := range hours {
		if len(hours[i]) > 0 {
			s.width = 1
		}
	}
	return hours, err
}
