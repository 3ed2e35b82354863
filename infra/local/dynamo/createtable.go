package dynamo

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
)

const (
	keyTypeHash  = "HASH"
	keyTypeRange = "RANGE"

	billingOnDemand    = "PAY_PER_REQUEST"
	billingProvisioned = "PROVISIONED"

	maxKeyName = 255
)

// createTableInput has the parameters that are supported; decode refuses the others, indexes and streams among them.
type createTableInput struct {
	TableName                 string
	KeySchema                 []keyElement
	AttributeDefinitions      []attributeDefinition
	BillingMode               string
	ProvisionedThroughput     *throughput
	DeletionProtectionEnabled bool
	Tags                      []tag
}

type tableDescriptionOutput struct{ TableDescription *description }

func (s *Service) createTable(in *createTableInput, _ *Usage) (any, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.tables[in.TableName]; ok {
		return nil, inUse("Table already exists: %s", in.TableName)
	}
	set := s.newSettings(in)
	if err := s.persist(record{Table: &set}); err != nil {
		return nil, err
	}
	t := newTable(set, set.Created.Add(s.createDelay))
	s.tables[set.Name] = t
	return tableDescriptionOutput{s.describe(t, statusCreating)}, nil
}

func (s *Service) newSettings(in *createTableInput) settings {
	set := settings{
		Name:               in.TableName,
		ID:                 newUUID(),
		Created:            s.now(),
		Keys:               in.KeySchema,
		Attributes:         in.AttributeDefinitions,
		BillingMode:        cmp.Or(in.BillingMode, billingProvisioned),
		DeletionProtection: in.DeletionProtectionEnabled,
		Tags:               withTags(nil, in.Tags),
	}
	if in.ProvisionedThroughput != nil {
		set.Throughput = *in.ProvisionedThroughput
	}
	return set
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// check looks at the members one by one, and only then at how they fit together.
func (in *createTableInput) check() error {
	if err := firstError(
		checkTableName(in.TableName),
		checkCount("keySchema", len(in.KeySchema), 1, 2),
		in.checkNames(),
		checkTags(in.Tags),
	); err != nil {
		return err
	}
	return firstError(checkBilling(in.BillingMode, in.ProvisionedThroughput), in.checkDefinitions(), in.checkRoles())
}

func (in *createTableInput) checkNames() error {
	for _, a := range in.AttributeDefinitions {
		if err := firstError(
			checkCount("attributeDefinitions.member.attributeName", len(a.AttributeName), 1, maxKeyName),
			checkPresent("attributeDefinitions.member.attributeType", a.AttributeType != ""),
			checkEnum("attributeDefinitions.member.attributeType", a.AttributeType, "B", "N", "S"),
		); err != nil {
			return err
		}
	}
	for _, k := range in.KeySchema {
		if err := firstError(
			checkCount("keySchema.member.attributeName", len(k.AttributeName), 1, maxKeyName),
			checkPresent("keySchema.member.keyType", k.KeyType != ""),
			checkEnum("keySchema.member.keyType", k.KeyType, keyTypeHash, keyTypeRange),
		); err != nil {
			return err
		}
	}
	return nil
}

// checkDefinitions demands that the attributes defined are the key's attributes.
func (in *createTableInput) checkDefinitions() error {
	keys, defined := in.keyNames(), in.definedNames()
	switch {
	case len(keys) > len(defined):
		return invalid("Invalid KeySchema: Some index key attribute have no definition")
	case slices.ContainsFunc(keys, func(k string) bool { return !slices.Contains(defined, k) }):
		return invalid("One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: %v, AttributeDefinitions: %v",
			keys, defined)
	case len(keys) != len(defined):
		return invalid("One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	default:
		return nil
	}
}

func (in *createTableInput) keyNames() []string {
	var names []string
	for _, k := range in.KeySchema {
		names = append(names, k.AttributeName)
	}
	return names
}

func (in *createTableInput) definedNames() []string {
	var names []string
	for _, a := range in.AttributeDefinitions {
		names = append(names, a.AttributeName)
	}
	return names
}

// checkRoles demands one HASH and perhaps one RANGE, of different attributes.
func (in *createTableInput) checkRoles() error {
	if in.KeySchema[0].KeyType != keyTypeHash {
		return invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	}
	if len(in.KeySchema) < 2 {
		return nil
	}
	switch second := in.KeySchema[1]; {
	case second.AttributeName == in.KeySchema[0].AttributeName:
		return invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	case second.KeyType != keyTypeRange:
		return invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	default:
		return nil
	}
}

// checkBilling demands provisioned throughput exactly when the mode, PROVISIONED by default, needs it.
func checkBilling(mode string, t *throughput) error {
	if err := checkEnum("billingMode", mode, billingProvisioned, billingOnDemand); err != nil {
		return err
	}
	switch {
	case mode == billingOnDemand && t != nil:
		return invalid("One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case mode == billingOnDemand:
		return nil
	case t == nil:
		return invalid("One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	default:
		return t.check()
	}
}

func (t *throughput) check() error {
	if t.ReadCapacityUnits < 1 {
		return constrain(t.ReadCapacityUnits, "provisionedThroughput.readCapacityUnits", "Member must have value greater than or equal to 1")
	}
	if t.WriteCapacityUnits < 1 {
		return constrain(t.WriteCapacityUnits, "provisionedThroughput.writeCapacityUnits", "Member must have value greater than or equal to 1")
	}
	return nil
}
