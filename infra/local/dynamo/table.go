package dynamo

import (
	"slices"
	"strings"
	"time"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

// table is a table with its rows.
type table struct {
	settings settings
	schema   schema
	rows     rows
	active   time.Time // when it leaves CREATING
}

// settings are what is known of a table apart from its rows. They are replaced as a whole, and persist as JSON.
type settings struct {
	Name               string
	ID                 string
	Created            time.Time
	Keys               []keyElement
	Attributes         []attributeDefinition
	BillingMode        string
	BillingModeChanged time.Time `json:",omitzero"`
	Throughput         throughput
	DeletionProtection bool              `json:",omitempty"`
	Tags               map[string]string `json:",omitempty"`
	TimeToLive         string            `json:",omitempty"` // attribute; empty when disabled
	RecoverySince      time.Time         `json:",omitzero"`  // zero when point-in-time recovery is disabled
	RecoveryDays       int               `json:",omitempty"`
}

type keyElement struct {
	AttributeName, KeyType string
}

type attributeDefinition struct {
	AttributeName, AttributeType string
}

type throughput struct {
	ReadCapacityUnits, WriteCapacityUnits int64
}

func newTable(s settings, active time.Time) *table {
	return &table{settings: s, schema: s.schema(), active: active}
}

func (s settings) schema() schema {
	kinds := map[string]attr.Kind{}
	for _, a := range s.Attributes {
		kinds[a.AttributeName] = attr.Kind(a.AttributeType)
	}
	keys := make(schema, len(s.Keys))
	for i, k := range s.Keys {
		keys[i] = keyAttribute{k.AttributeName, kinds[k.AttributeName], k.KeyType == keyTypeHash}
	}
	return keys
}

// usable reports whether the settings, which may come from a file, have a key of one or two attributes of ordered kinds.
func (s settings) usable() bool {
	keys := s.schema()
	if len(keys) < 1 || len(keys) > 2 || !keys[0].hash {
		return false
	}
	return !slices.ContainsFunc(keys, func(k keyAttribute) bool { return !k.kind.Ordered() })
}

// The states of a table that can be seen.
const (
	statusCreating = "CREATING"
	statusActive   = "ACTIVE"
	statusUpdating = "UPDATING"
	statusDeleting = "DELETING"
)

func (t *table) status(now time.Time) string {
	if now.Before(t.active) {
		return statusCreating
	}
	return statusActive
}

// tableNamed finds a table by name or ARN. The caller holds the lock.
func (s *Service) tableNamed(name string) (*table, error) {
	name = s.plainName(name)
	if err := checkTableName(name); err != nil {
		return nil, err
	}
	t, ok := s.tables[name]
	if !ok {
		return nil, notFound("Requested resource not found: Table: %s not found", name)
	}
	return t, nil
}

// activeTable finds a table for an operation on items, to which a table in CREATING does not exist.
func (s *Service) activeTable(name string) (*table, error) {
	t, err := s.tableNamed(name)
	if err != nil {
		return nil, err
	}
	if t.status(s.now()) != statusActive {
		return nil, notFound("Requested resource not found")
	}
	return t, nil
}

func (s *Service) arn(table string) string {
	return "arn:aws:dynamodb:" + s.region + ":" + s.account + ":table/" + table
}

// plainName is the name of a table that may be given as an ARN of this service.
func (s *Service) plainName(nameOrARN string) string {
	return strings.TrimPrefix(nameOrARN, s.arn(""))
}
