package dynamo

import (
	"strconv"
	"time"
)

// epoch is a time in seconds since 1970, as JSON 1.0 writes timestamps.
type epoch time.Time

// IsZero makes an absent time disappear from the response.
func (e epoch) IsZero() bool { return time.Time(e).IsZero() }

// MarshalJSON writes seconds with milliseconds.
func (e epoch) MarshalJSON() ([]byte, error) {
	ms := time.Time(e).UnixMilli()
	return strconv.AppendFloat(nil, float64(ms)/1000, 'f', 3, 64), nil
}

// description is a TableDescription.
type description struct {
	TableName                 string
	TableArn                  string
	TableId                   string // the member's name on the wire
	TableStatus               string
	CreationDateTime          epoch
	KeySchema                 []keyElement
	AttributeDefinitions      []attributeDefinition
	BillingModeSummary        *billingSummary `json:",omitempty"`
	ProvisionedThroughput     throughputSummary
	DeletionProtectionEnabled bool
	ItemCount                 int
	TableSizeBytes            int
}

type billingSummary struct {
	BillingMode                       string
	LastUpdateToPayPerRequestDateTime epoch `json:",omitzero"`
}

type throughputSummary struct {
	throughput
	NumberOfDecreasesToday int
}

// describe describes a table in a status. Item count and size are exact and current, where the real service's are some
// hours old.
func (s *Service) describe(t *table, status string) *description {
	d := &description{
		TableName:                 t.settings.Name,
		TableArn:                  s.arn(t.settings.Name),
		TableId:                   t.settings.ID,
		TableStatus:               status,
		CreationDateTime:          epoch(t.settings.Created),
		KeySchema:                 t.settings.Keys,
		AttributeDefinitions:      t.settings.Attributes,
		ProvisionedThroughput:     throughputSummary{throughput: t.settings.Throughput},
		DeletionProtectionEnabled: t.settings.DeletionProtection,
		ItemCount:                 t.rows.count,
		TableSizeBytes:            t.rows.bytes,
	}
	if t.settings.BillingMode == billingOnDemand {
		d.BillingModeSummary = &billingSummary{billingOnDemand, epoch(t.settings.BillingModeChanged)}
	}
	return d
}

type describeTableInput struct{ TableName string }

type tableOutput struct{ Table *description }

func (s *Service) describeTable(in *describeTableInput, _ *Usage) (any, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.tableNamed(in.TableName)
	if err != nil {
		return nil, err
	}
	return tableOutput{s.describe(t, t.status(s.now()))}, nil
}
