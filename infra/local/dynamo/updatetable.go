package dynamo

import (
	"cmp"
	"maps"
	"slices"
)

type updateTableInput struct {
	TableName                 string
	BillingMode               string
	ProvisionedThroughput     *throughput
	DeletionProtectionEnabled *bool
}

func (s *Service) updateTable(in *updateTableInput, _ *Usage) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.settledTable(in.TableName)
	if err != nil {
		return nil, err
	}
	set, err := in.applied(t.settings, s)
	if err != nil {
		return nil, err
	}
	if err := s.configure(t, set); err != nil {
		return nil, err
	}
	return tableDescriptionOutput{s.describe(t, statusUpdating)}, nil
}

// applied is what the table's settings become.
func (in *updateTableInput) applied(set settings, s *Service) (settings, error) {
	if in.BillingMode == "" && in.ProvisionedThroughput == nil && in.DeletionProtectionEnabled == nil {
		return set, invalid("At least one of ProvisionedThroughput, BillingMode or DeletionProtectionEnabled is required")
	}
	if in.BillingMode != "" || in.ProvisionedThroughput != nil {
		mode := cmp.Or(in.BillingMode, set.BillingMode)
		if err := checkBilling(mode, in.ProvisionedThroughput); err != nil {
			return set, err
		}
		set = set.billed(mode, in.ProvisionedThroughput, s)
	}
	if in.DeletionProtectionEnabled != nil {
		set.DeletionProtection = *in.DeletionProtectionEnabled
	}
	return set, nil
}

func (set settings) billed(mode string, t *throughput, s *Service) settings {
	if mode == billingOnDemand && set.BillingMode != mode {
		set.BillingModeChanged = s.now()
	}
	set.BillingMode, set.Throughput = mode, throughput{}
	if t != nil {
		set.Throughput = *t
	}
	return set
}

// settledTable finds a table for a change to it, which has to wait until the table is ACTIVE.
func (s *Service) settledTable(name string) (*table, error) {
	t, err := s.tableNamed(name)
	if err != nil {
		return nil, err
	}
	if t.status(s.now()) != statusActive {
		return nil, inUse("Attempt to change a resource which is still in use: Table is being created: %s", t.settings.Name)
	}
	return t, nil
}

// configure persists and then changes a table's settings.
func (s *Service) configure(t *table, set settings) error {
	if err := s.persist(record{Table: &set}); err != nil {
		return err
	}
	t.settings = set
	return nil
}

type deleteTableInput struct{ TableName string }

func (s *Service) deleteTable(in *deleteTableInput, _ *Usage) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.settledTable(in.TableName)
	if err != nil {
		return nil, err
	}
	if t.settings.DeletionProtection {
		return nil, invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	if err := s.persist(record{Drop: t.settings.Name}); err != nil {
		return nil, err
	}
	delete(s.tables, t.settings.Name)
	return tableDescriptionOutput{s.describe(t, statusDeleting)}, nil
}

const maxTableNames = 100

type listTablesInput struct {
	ExclusiveStartTableName string
	Limit                   *int
}

type listTablesOutput struct {
	TableNames             []string
	LastEvaluatedTableName string `json:",omitempty"`
}

func (s *Service) listTables(in *listTablesInput, _ *Usage) (any, error) {
	limit := maxTableNames
	if in.Limit != nil {
		if err := checkCount("limit", *in.Limit, 1, maxTableNames); err != nil {
			return nil, err
		}
		limit = *in.Limit
	}
	s.mu.RLock()
	names := slices.Sorted(maps.Keys(s.tables))
	s.mu.RUnlock()
	first, found := slices.BinarySearch(names, in.ExclusiveStartTableName)
	if found {
		first++
	}
	out := listTablesOutput{TableNames: names[first:]}
	if len(out.TableNames) > limit {
		out.TableNames = out.TableNames[:limit]
		out.LastEvaluatedTableName = out.TableNames[limit-1]
	}
	return out, nil
}
