package dynamo

// operation runs one operation on the body of a request and adds what it cost to used.
type operation func(body []byte, used *Usage) (any, error)

// run makes an operation of a method with a typed request.
func run[In any](method func(in *In, used *Usage) (any, error)) operation {
	return func(body []byte, used *Usage) (any, error) {
		in := new(In)
		if err := decode(body, in); err != nil {
			return nil, err
		}
		return method(in, used)
	}
}

// supported is every operation that the service has, by name.
func (s *Service) supported() map[string]operation {
	return map[string]operation{
		"CreateTable":   run(s.createTable),
		"DescribeTable": run(s.describeTable),
		"UpdateTable":   run(s.updateTable),
		"DeleteTable":   run(s.deleteTable),
		"ListTables":    run(s.listTables),

		"PutItem":    run(s.putItem),
		"GetItem":    run(s.getItem),
		"UpdateItem": run(s.updateItem),
		"DeleteItem": run(s.deleteItem),
		"Query":      run(s.query),
		"Scan":       run(s.scan),

		"BatchGetItem":       run(s.batchGetItem),
		"BatchWriteItem":     run(s.batchWriteItem),
		"TransactGetItems":   run(s.transactGetItems),
		"TransactWriteItems": run(s.transactWriteItems),

		"TagResource":               run(s.tagResource),
		"UntagResource":             run(s.untagResource),
		"ListTagsOfResource":        run(s.listTagsOfResource),
		"DescribeTimeToLive":        run(s.describeTimeToLive),
		"UpdateTimeToLive":          run(s.updateTimeToLive),
		"DescribeContinuousBackups": run(s.describeContinuousBackups),
		"UpdateContinuousBackups":   run(s.updateContinuousBackups),
		"DescribeLimits":            run(s.describeLimits),
	}
}

type limitsOutput struct {
	AccountMaxReadCapacityUnits, AccountMaxWriteCapacityUnits int64
	TableMaxReadCapacityUnits, TableMaxWriteCapacityUnits     int64
}

// describeLimits answers the real service's defaults. Nothing is throttled here.
func (s *Service) describeLimits(*nothing, *Usage) (any, error) {
	return limitsOutput{80000, 80000, 40000, 40000}, nil
}
