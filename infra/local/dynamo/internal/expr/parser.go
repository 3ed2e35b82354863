package expr

import "strings"

const (
	maxLength    = 4096
	maxOperators = 300
)

// parser reads one expression. Grammar methods return a *syntaxError at once; errors of meaning are noted with reject and
// parsing goes on, so that a later syntax error can win.
type parser struct {
	scope     *Scope
	text      string
	tokens    []token
	at        int
	operators int
	paths     []Path
	keywords  []string // of the grammar: words that cannot be names
	rejected  error
}

// syntaxError stops the parser.
type syntaxError struct {
	message string
}

func (e *syntaxError) Error() string { return e.message }

// parse runs a grammar over the whole source. parameter names the expression in messages.
func parse[T any](scope *Scope, parameter, source string, grammar func(*parser) (T, error)) (T, error) {
	result, err := parseAll(scope, source, grammar)
	if err != nil {
		var none T
		return none, failf("Invalid %s: %s", parameter, err)
	}
	return result, nil
}

func parseAll[T any](scope *Scope, source string, grammar func(*parser) (T, error)) (T, error) {
	var none T
	switch {
	case strings.TrimSpace(source) == "":
		return none, failf("The expression can not be empty;")
	case len(source) > maxLength:
		return none, failf("Expression size has exceeded the maximum allowed size; expression size: %d", len(source))
	}
	p := &parser{scope: scope, text: source, tokens: tokenize(source)}
	result, err := grammar(p)
	if err == nil && p.peek().kind != tokenEnd {
		err = p.unexpected()
	}
	if err == nil && p.operators > maxOperators {
		err = failf("The expression contains too many operators; operator count: %d", maxOperators+1)
	}
	if err == nil {
		err = p.rejected
	}
	return result, err
}

func (p *parser) peek() token { return p.tokens[p.at] }

// next consumes a token; the end is never consumed.
func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

// symbol consumes the given symbol if it is next.
func (p *parser) symbol(text string) bool {
	if t := p.peek(); t.kind != tokenSymbol || t.text != text {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(symbol string) error {
	if !p.symbol(symbol) {
		return p.unexpected()
	}
	return nil
}

// ahead reports whether the given word, in any case, is next.
func (p *parser) ahead(word string) bool {
	t := p.peek()
	return t.kind == tokenWord && strings.EqualFold(t.text, word)
}

// keyword consumes the given word if it is next.
func (p *parser) keyword(word string) bool {
	if !p.ahead(word) {
		return false
	}
	p.at++
	return true
}

// unexpected is the syntax error at the next token. "near" quotes the source from the token before to the token after.
func (p *parser) unexpected() error {
	t := p.peek()
	from, to := p.tokens[max(p.at-1, 0)], p.tokens[min(p.at+1, len(p.tokens)-1)]
	message := "Syntax error; token: \"" + t.text + "\", near: \"" + p.text[from.start:to.end] + "\""
	return &syntaxError{message}
}

// reject notes an error of meaning; the first one counts.
func (p *parser) reject(err error) {
	if p.rejected == nil {
		p.rejected = err
	}
}

// list reads one or more elements separated by commas.
func list[T any](p *parser, element func(*parser) (T, error)) ([]T, error) {
	var all []T
	for {
		e, err := element(p)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
		if !p.symbol(",") {
			return all, nil
		}
	}
}
