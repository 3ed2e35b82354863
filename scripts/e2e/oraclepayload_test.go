package e2e

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// storedRow is a row as a fleet without privacy would write it.
type storedRow struct {
	Shard       string       `json:"shard_id"`
	Sequence    string       `json:"sequence_number"`
	Sub         int          `json:"sub_sequence"`
	Line        int          `json:"line"`
	Session     *string      `json:"session_id"`
	Customer    *string      `json:"customer_id"`
	City        *string      `json:"city"`
	Country     *string      `json:"country"`
	CreditLimit *int         `json:"credit_limit"`
	History     []storedStep `json:"browse_history"`
	Extra       *string      `json:"extra"`
	Error       *string      `json:"error"`
	Raw         *string      `json:"raw_hex"`
	KeyID       *string      `json:"key_id"`
}

type storedStep struct {
	Product  *string `json:"product_code"`
	Quantity *int64  `json:"quantity"`
	Cart     *bool   `json:"in_shopping_cart"`
	Event    string  `json:"event"`
	Extra    *string `json:"extra"`
}

const storedColumns = `shard_id: 'VARCHAR', sequence_number: 'VARCHAR', sub_sequence: 'INTEGER', line: 'INTEGER', session_id: 'VARCHAR', customer_id: 'VARCHAR',
	city: 'VARCHAR', country: 'VARCHAR', credit_limit: 'DECIMAL(18, 4)', extra: 'VARCHAR', error: 'VARCHAR', raw_hex: 'VARCHAR', key_id: 'VARCHAR',
	browse_history: 'STRUCT(product_code VARCHAR, quantity BIGINT, in_shopping_cart BOOLEAN, event VARCHAR, extra VARCHAR)[]'`

// stored is what has to become of a wanted row.
func (w wanted) stored() storedRow {
	row := storedRow{Shard: "shardId-0", Sub: w.sub, Line: w.line}
	if w.class != "" {
		row.Error, row.Raw = new(w.class+": reason"), new(hex.EncodeToString(w.raw))
		return row
	}
	row.Session = &w.session
	if w.extra != "" {
		row.Extra = &w.extra
	}
	if len(w.history) == 2 { // a typical event
		row.Customer, row.City, row.Country, row.CreditLimit = new(strconv.Itoa(customer)), new("Luleå"), new("Sweden"), new(500)
	}
	for _, s := range w.history {
		row.History = append(row.History, storedStep(s))
	}
	if w.history != nil && row.History == nil {
		row.History = []storedStep{}
	}
	return row
}

// TestOracleOnPayloads plants mistakes into rows of bad input: the oracle has to notice each, and nothing else.
func TestOracleOnPayloads(t *testing.T) {
	needDuckDB(t)
	const (
		missing, surplus = "user records without a row", "rows without a user record"
		class            = "records decoded that could not be, or the other way round, or with another class of error"
		fields           = "undecoded rows with fields, or decoded ones with bytes"
		session, profile = "sessions that differ", "profiles that differ"
		raw, extra       = "undecoded rows whose bytes differ from what was put", "unknown fields that differ"
		steps, ids       = "histories that differ", "customers that differ"
	)
	of := func(name string) string {
		return " WHERE sequence_number IN (SELECT sequence_number FROM expected WHERE name = " + quote(name) + ")"
	}
	payloads := slices.Concat(malformedPayloads(), oddPayloads(), wrappedPayloads(), []payload{neighbour("good")})
	for _, m := range []mutant{
		{"nothing", "SELECT 1", nil},
		{"a lost line", "DELETE FROM made" + of("lines") + " AND line = 1", []string{missing}},
		{"a blank line with a row", "INSERT INTO made SELECT * REPLACE (2 AS line) FROM made" + of("lines") + " AND line = 0", []string{surplus}},
		{"a sub-record under another number", "UPDATE made SET sub_sequence = 3" + of("an aggregate") + " AND line = 1", []string{missing, surplus}},
		{"another class", "UPDATE made SET error = 'empty: reason'" + of("text"), []string{class}},
		{"poison that is skipped over", "UPDATE made SET error = NULL" + of("text"), []string{class}},
		{"a bit that flips", "UPDATE made SET raw_hex = left(raw_hex, 10) || 'ff' || substring(raw_hex, 13)" + of("text"), []string{raw}},
		{"a NUL that is cut off", "UPDATE made SET raw_hex = left(raw_hex, -2)" + of("NUL bytes alone"), []string{raw}},
		{"bytes that are dropped", "UPDATE made SET raw_hex = NULL" + of("text"), []string{fields, raw}},
		{"bytes of a good event", "UPDATE made SET raw_hex = '00'" + of("gzip"), []string{fields, raw}},
		{"half an event", "UPDATE made SET session_id = 's'" + of("text"), []string{fields, session}},
		{"another session", "UPDATE made SET session_id = 's'" + of("gzip"), []string{session}},
		{"another city", "UPDATE made SET city = 'Lulea'" + of("gzip"), []string{profile}},
		{"a limit that is lost", "UPDATE made SET credit_limit = NULL" + of("gzip"), []string{profile}},
		{"a number that is rounded", "UPDATE made SET extra = replace(extra, '567890', '567000')" + of("unknown fields"), []string{extra}},
		{"a field that is dropped", "UPDATE made SET extra = NULL" + of("a city that is a number"), []string{extra}},
		{"a quantity that is lost", "UPDATE made SET browse_history = [struct_update(browse_history[1], quantity := NULL::BIGINT), browse_history[2]]" + of("gzip"), []string{steps}},
		{"a step's field that is dropped", "UPDATE made SET browse_history = [struct_update(browse_history[1], extra := NULL::VARCHAR)]" + of("an unknown field in a step"), []string{steps}},
		{"an empty history that is null", "UPDATE made SET browse_history = NULL" + of("an empty history"), []string{steps}},
		{"another customer", "UPDATE made SET customer_id = '1'" + of("gzip"), []string{ids}},
	} {
		t.Run(strings.ReplaceAll(m.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			oracle := &Oracle{t: t, dir: t.TempDir()}
			oracle.makePayloads(payloads, m)
			found := oracle.Violations(t.Context(), slices.Concat(asPut(), inClear())...)
			slices.Sort(m.noticed)
			if names := slices.Sorted(maps.Keys(found)); !slices.Equal(names, m.noticed) {
				t.Errorf("noticed %q, want %q\n%v", names, m.noticed, found)
			}
		})
	}
}

// makePayloads makes rows of the payloads that are not too large to be written as hex, with one mistake.
func (o *Oracle) makePayloads(payloads []payload, m mutant) {
	o.t.Helper()
	var put putLog
	var made []any
	for i, p := range payloads {
		if len(p.data) > 4096 {
			continue
		}
		var rows []expectation
		for _, w := range p.want {
			e, row := w.expectation(o.t), w.stored()
			e.Name, e.Shard, e.Sequence, row.Sequence = p.name, row.Shard, padded(strconv.Itoa(i)), padded(strconv.Itoa(i))
			rows, made = append(rows, e), append(made, row)
		}
		put = append(put, rows)
	}
	put.acquaint(o)
	o.Put("made", storedColumns, made)
	o.setup = append(o.setup, m.sql)
	o.Table("rows", "SELECT *, unhex(raw_hex) AS raw FROM made")
}

// TestOracleOnSecrets plants what nobody may read into rows that are otherwise sealed.
func TestOracleOnSecrets(t *testing.T) {
	needDuckDB(t)
	const shown, key, pseudonym, many = "rows that show a secret", "rows without the name of the key", "customers that are no pseudonym", "more pseudonyms than customers"
	for _, m := range []mutant{
		{"nothing", "SELECT 1", nil},
		{"bytes in clear", "UPDATE made SET raw = '\\x00" + secret + "'::BLOB WHERE n = 1", []string{shown}},
		{"a field in clear", "UPDATE made SET extra = '{\"x\":\"" + secret + "\"}' WHERE n = 1", []string{shown}},
		{"a customer in clear", fmt.Sprintf("UPDATE made SET customer_id = '%d' WHERE n = 1", customer), []string{shown, pseudonym, many}},
		{"two pseudonyms", "UPDATE made SET customer_id = repeat('b', 32) WHERE n = 1", []string{many}},
		{"no pseudonyms", "UPDATE made SET customer_id = NULL", []string{many}},
		{"no key", "UPDATE made SET key_id = NULL WHERE n = 1", []string{key}},
	} {
		t.Run(strings.ReplaceAll(m.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			oracle := &Oracle{t: t, dir: t.TempDir()}
			oracle.Table("made", `SELECT n, 'shardId-0' AS shard_id, lpad(n::VARCHAR, 56, '0') AS sequence_number, repeat('a', 32) AS customer_id,
				'k1' AS key_id, '{"_sealed":"AAAA"}' AS extra, '\xAA\xBB'::BLOB AS raw FROM range(3) r (n)`)
			oracle.setup = append(oracle.setup, m.sql)
			oracle.Table("rows", "SELECT * FROM made")
			found := oracle.Violations(t.Context(), unreadable()...)
			slices.Sort(m.noticed)
			if names := slices.Sorted(maps.Keys(found)); !slices.Equal(names, m.noticed) {
				t.Errorf("noticed %q, want %q\n%v", names, m.noticed, found)
			}
		})
	}
}
