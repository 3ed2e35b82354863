package dynamo

import "cmp"

const (
	statusEnabled  = "ENABLED"
	statusDisabled = "DISABLED"

	maxRecoveryDays = 35
)

type updateBackupsInput struct {
	TableName                        string
	PointInTimeRecoverySpecification *struct {
		PointInTimeRecoveryEnabled bool
		RecoveryPeriodInDays       *int
	}
}

type backupsOutput struct {
	ContinuousBackupsDescription backupsDescription
}

type backupsDescription struct {
	ContinuousBackupsStatus        string
	PointInTimeRecoveryDescription recoveryDescription
}

type recoveryDescription struct {
	PointInTimeRecoveryStatus  string
	RecoveryPeriodInDays       int   `json:",omitempty"`
	EarliestRestorableDateTime epoch `json:",omitzero"`
	LatestRestorableDateTime   epoch `json:",omitzero"`
}

// updateContinuousBackups keeps the setting; there is nothing to restore from.
func (s *Service) updateContinuousBackups(in *updateBackupsInput, _ *Usage) (any, error) {
	want := in.PointInTimeRecoverySpecification
	if want == nil {
		return nil, checkPresent("pointInTimeRecoverySpecification", false)
	}
	if days := want.RecoveryPeriodInDays; days != nil {
		if err := checkCount("pointInTimeRecoverySpecification.recoveryPeriodInDays", *days, 1, maxRecoveryDays); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.settledTable(in.TableName)
	if err != nil {
		return nil, err
	}
	set := t.settings.recoverable(want.PointInTimeRecoveryEnabled, want.RecoveryPeriodInDays, s)
	if err := s.configure(t, set); err != nil {
		return nil, err
	}
	return s.describeBackups(t), nil
}

func (set settings) recoverable(enabled bool, days *int, s *Service) settings {
	if !enabled {
		set.RecoverySince, set.RecoveryDays = settings{}.RecoverySince, 0
		return set
	}
	if set.RecoverySince.IsZero() {
		set.RecoverySince = s.now()
	}
	set.RecoveryDays = cmp.Or(set.RecoveryDays, maxRecoveryDays)
	if days != nil {
		set.RecoveryDays = *days
	}
	return set
}

type describeBackupsInput struct{ TableName string }

func (s *Service) describeContinuousBackups(in *describeBackupsInput, _ *Usage) (any, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.tableNamed(in.TableName)
	if err != nil {
		return nil, err
	}
	return s.describeBackups(t), nil
}

// describeBackups says since when a table could be restored.
func (s *Service) describeBackups(t *table) backupsOutput {
	d := backupsDescription{statusEnabled, recoveryDescription{PointInTimeRecoveryStatus: statusDisabled}}
	if since := t.settings.RecoverySince; !since.IsZero() {
		now := s.now()
		if oldest := now.AddDate(0, 0, -t.settings.RecoveryDays); since.Before(oldest) {
			since = oldest
		}
		d.PointInTimeRecoveryDescription = recoveryDescription{
			statusEnabled, t.settings.RecoveryDays, epoch(since), epoch(now),
		}
	}
	return backupsOutput{d}
}
