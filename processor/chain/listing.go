package chain

import "context"

// Listed is what the listing of the bucket tells of a link.
type Listed struct {
	Key, Shard, First string
	Size              int64
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
