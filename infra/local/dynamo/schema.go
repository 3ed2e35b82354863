package dynamo

import (
	"crypto/md5" // spreads partition keys, as the real service does; nothing secret depends on it
	"encoding/binary"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/expr"
)

const (
	maxHashKey  = 2048
	maxRangeKey = 1024
)

// keyAttribute is one attribute of a primary key.
type keyAttribute struct {
	name string
	kind attr.Kind
	hash bool
}

// schema is a table's primary key: the partition key, and the sort key if there is one.
type schema []keyAttribute

// hash is the partition key.
func (s schema) hash() keyAttribute { return s[0] }

// sort is the sort key; ok is false when the table has none.
func (s schema) sort() (key keyAttribute, ok bool) {
	if len(s) < 2 {
		return keyAttribute{}, false
	}
	return s[1], true
}

// has reports whether an attribute is part of the key.
func (s schema) has(name string) bool {
	for _, k := range s {
		if k.name == name {
			return true
		}
	}
	return false
}

// keyOf is the key of an item.
func (s schema) keyOf(item attr.Map) attr.Map {
	key := make(attr.Map, len(s))
	for _, k := range s {
		key[k.name] = item[k.name]
	}
	return key
}

// checkKey demands that a key consists of the schema's attributes, in kind and size.
func (s schema) checkKey(key attr.Map) error {
	if len(key) != len(s) {
		return errKeyMismatch()
	}
	for _, k := range s {
		if v, ok := key[k.name]; !ok || v.Kind() != k.kind {
			return errKeyMismatch()
		}
	}
	return s.checkValues(key)
}

func errKeyMismatch() error {
	return invalid("The provided key element does not match the schema")
}

// checkItem demands that an item has the schema's attributes, in kind and size.
func (s schema) checkItem(item attr.Map) error {
	for _, k := range s {
		v, ok := item[k.name]
		switch {
		case !ok:
			return invalid("One or more parameter values were invalid: Missing the key %s in the item", k.name)
		case v.Kind() != k.kind:
			return invalid("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s",
				k.name, k.kind, v.Kind())
		}
	}
	return s.checkValues(item)
}

func (s schema) checkValues(item attr.Map) error {
	for _, k := range s {
		if err := k.checkValue(item[k.name]); err != nil {
			return err
		}
	}
	return nil
}

// checkValue refuses empty and long keys. Numbers are never either.
func (k keyAttribute) checkValue(v attr.Value) error {
	size := v.Size()
	switch {
	case k.kind == attr.KindNumber:
		return nil
	case size == 0 && k.kind == attr.KindString:
		return errEmptyKey("string", k.name)
	case size == 0:
		return errEmptyKey("binary", k.name)
	case k.hash && size > maxHashKey:
		return invalid("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes")
	case !k.hash && size > maxRangeKey:
		return invalid("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
	default:
		return nil
	}
}

func errEmptyKey(kind, name string) error {
	return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s",
		kind, name)
}

// checkScalar refuses paths that lead into a key attribute, which has no inside.
func (s schema) checkScalar(paths []expr.Path) error {
	for _, p := range paths {
		if p.Nested() && s.has(p.Root()) {
			return invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: %s", p.Root())
		}
	}
	return nil
}

// partition is the start of the ids of all items with a partition key: its hash, so that partitions lie in no particular
// order, then its length and bytes, so that no partition's start is the start of another.
func (s schema) partition(hashKey attr.Value) string {
	raw := attr.AppendOrdered(nil, hashKey)
	sum := md5.Sum(raw)
	id := binary.AppendUvarint(sum[:], uint64(len(raw)))
	return string(append(id, raw...))
}

// id identifies an item within its table and sorts it by sort key within its partition.
func (s schema) id(item attr.Map) string {
	id := s.partition(item[s.hash().name])
	if k, ok := s.sort(); ok {
		return string(attr.AppendOrdered([]byte(id), item[k.name]))
	}
	return id
}

// after is the smallest id behind id.
func after(id string) string { return id + "\x00" }

// beyond is the smallest id behind all ids that begin with prefix; empty when there is none.
func beyond(prefix string) string {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i]++; b[i] != 0 {
			return string(b[:i+1])
		}
	}
	return ""
}
