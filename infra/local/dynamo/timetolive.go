package dynamo

type timeToLive struct {
	AttributeName string
	Enabled       bool
}

type updateTimeToLiveInput struct {
	TableName               string
	TimeToLiveSpecification *timeToLive
}

type updateTimeToLiveOutput struct{ TimeToLiveSpecification *timeToLive }

// updateTimeToLive keeps the attribute's name. Nothing ever expires here: the real service promises days, so that no client
// may depend on it.
func (s *Service) updateTimeToLive(in *updateTimeToLiveInput, _ *Usage) (any, error) {
	want := in.TimeToLiveSpecification
	if want == nil {
		return nil, checkPresent("timeToLiveSpecification", false)
	}
	if err := checkCount("timeToLiveSpecification.attributeName", len(want.AttributeName), 1, maxKeyName); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.settledTable(in.TableName)
	if err != nil {
		return nil, err
	}
	set := t.settings
	if set.TimeToLive, err = want.over(set.TimeToLive); err != nil {
		return nil, err
	}
	return updateTimeToLiveOutput{want}, s.configure(t, set)
}

// over is the attribute after the change; current is empty when time to live is disabled.
func (want *timeToLive) over(current string) (string, error) {
	switch {
	case want.Enabled && current != "":
		return "", invalid("TimeToLive is already enabled")
	case want.Enabled:
		return want.AttributeName, nil
	case current == "":
		return "", invalid("TimeToLive is already disabled")
	case current != want.AttributeName:
		return "", invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s", current)
	default:
		return "", nil
	}
}

type describeTimeToLiveInput struct{ TableName string }

type describeTimeToLiveOutput struct {
	TimeToLiveDescription timeToLiveDescription
}

type timeToLiveDescription struct {
	TimeToLiveStatus string
	AttributeName    string `json:",omitempty"`
}

func (s *Service) describeTimeToLive(in *describeTimeToLiveInput, _ *Usage) (any, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.tableNamed(in.TableName)
	if err != nil {
		return nil, err
	}
	d := timeToLiveDescription{statusDisabled, t.settings.TimeToLive}
	if d.AttributeName != "" {
		d.TimeToLiveStatus = statusEnabled
	}
	return describeTimeToLiveOutput{d}, nil
}
