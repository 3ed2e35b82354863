package event

// Unpack returns the user records of a Kinesis record: of a KPL aggregate its sub-records, in order, so that the index is the
// sub-sequence number; else the record itself. Data shares memory with r.Data. The error of a damaged aggregate is an *Error.
func Unpack(r Record) ([]UserRecord, error) {
	if !isAggregate(r.Data) {
		return []UserRecord{{PartitionKey: r.PartitionKey, Data: r.Data}}, nil
	}
	body, err := checkedBody(r.Data)
	if err != nil {
		return nil, err
	}
	var subs aggregate
	limit := Limits{}.withDefaults().MaxEvents
	if ok, err := subs.parse(body, limit); err != nil {
		return nil, err
	} else if !ok {
		return nil, fault(TooManyEvents, "more than %d user records", limit)
	}
	records := make([]UserRecord, len(subs.records))
	for i, s := range subs.records {
		records[i] = UserRecord{PartitionKey: string(subs.partitionKeys[s.partitionKey]), Data: s.data}
		if s.hashKey >= 0 {
			records[i].ExplicitHashKey = subs.hashKeys[s.hashKey].text
		}
	}
	return records, nil
}
