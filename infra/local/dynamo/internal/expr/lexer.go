package expr

import "strings"

type tokenKind int

const (
	tokenEnd     tokenKind = iota
	tokenWord              // keyword, attribute name or function name
	tokenName              // #name
	tokenValue             // :value
	tokenIndex             // digits
	tokenSymbol            // operator or punctuation
	tokenInvalid           // a character that starts nothing
)

// token is a piece of the source between two byte offsets.
type token struct {
	kind       tokenKind
	text       string
	start, end int
}

const (
	letters  = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits   = "0123456789"
	wordRest = letters + digits + "_"
)

// tokenize cuts the source into tokens. It never fails: what starts no token becomes a token of its own, for the parser to
// stumble over. The last token is the end.
func tokenize(source string) []token {
	tokens := make([]token, 0, len(source)/3+2)
	for at := 0; ; {
		at += len(source[at:]) - len(strings.TrimLeft(source[at:], " \t\r\n"))
		if at == len(source) {
			return append(tokens, token{tokenEnd, "<EOF>", at, at})
		}
		kind, length := scan(source[at:])
		tokens = append(tokens, token{kind, source[at : at+length], at, at + length})
		at += length
	}
}

// scan finds the kind and length of the token at the start of s, which is not empty.
func scan(s string) (tokenKind, int) {
	switch c := s[0]; {
	case strings.IndexByte(letters, c) >= 0:
		return tokenWord, span(s, wordRest)
	case strings.IndexByte(digits, c) >= 0:
		return tokenIndex, span(s, digits)
	case c == '#':
		return placeholder(s, tokenName)
	case c == ':':
		return placeholder(s, tokenValue)
	default:
		return symbol(s)
	}
}

// placeholder is a # or : with the word characters after it, of which there must be one.
func placeholder(s string, kind tokenKind) (tokenKind, int) {
	n := span(s[1:], wordRest)
	if n == 0 {
		return tokenInvalid, 1
	}
	return kind, 1 + n
}

func symbol(s string) (tokenKind, int) {
	for _, pair := range []string{"<>", "<=", ">="} {
		if strings.HasPrefix(s, pair) {
			return tokenSymbol, len(pair)
		}
	}
	if strings.IndexByte("=<>()[],.+-", s[0]) >= 0 {
		return tokenSymbol, 1
	}
	for at := range s {
		if at > 0 {
			return tokenInvalid, at // one character, however many bytes
		}
	}
	return tokenInvalid, len(s)
}

// span counts the bytes at the start of s that are in set.
func span(s, set string) int {
	return len(s) - len(strings.TrimLeft(s, set))
}
