package attr

// documentOverhead is what DynamoDB counts for a list or a map, whatever is in it, and elementOverhead for each element.
const (
	documentOverhead = 3
	elementOverhead  = 1
)

// Size implements Value: the length in UTF-8 bytes.
func (s String) Size() int { return len(s) }

// Size implements Value: the number of bytes.
func (b Binary) Size() int { return len(b) }

// Size implements Value.
func (Bool) Size() int { return 1 }

// Size implements Value.
func (Null) Size() int { return 1 }

// Size implements Value: one byte for the exponent, one for every two digits counted from an even power of ten, and one
// more for the sign of a negative number.
func (n Number) Size() int {
	if n.digits == "" {
		return 1
	}
	pairs := (len(n.digits) + n.exponent&1 + 1) / 2
	if n.negative {
		pairs++
	}
	return 1 + pairs
}

// Size implements Value.
func (s Set) Size() int {
	size := 0
	for _, m := range s.members {
		size += m.Size()
	}
	return size
}

// Size implements Value.
func (l List) Size() int {
	size := documentOverhead
	for _, v := range l {
		size += elementOverhead + v.Size()
	}
	return size
}

// Size implements Value: the size as a document inside an item. ItemSize is the size as an item.
func (m Map) Size() int {
	return documentOverhead + elementOverhead*len(m) + m.ItemSize()
}

// ItemSize is the size of an item: the names and values of its attributes.
func (m Map) ItemSize() int {
	size := 0
	for name, v := range m {
		size += len(name) + v.Size()
	}
	return size
}

// CheckDepth fails when a list or map of the item is nested deeper than DynamoDB allows.
func (m Map) CheckDepth() error {
	if depth(m) > maxDepth+1 {
		return errDepth()
	}
	return nil
}

// depth counts the documents on the longest way into v, v included.
func depth(v Value) int {
	deepest := 0
	switch v := v.(type) {
	case List:
		for _, e := range v {
			deepest = max(deepest, depth(e))
		}
	case Map:
		for _, e := range v {
			deepest = max(deepest, depth(e))
		}
	default:
		return 0
	}
	return deepest + 1
}
