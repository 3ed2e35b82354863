package conformance

import (
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

const codeKinesisThrottled = "ProvisionedThroughputExceededException"

// checkReadThrottle reads much faster than allowed: at least five reads succeed and at least one does not.
func checkReadThrottle(p *kinesisProbe) error {
	iterator, err := p.horizon(0)
	if err != nil {
		return err
	}
	const calls = 50
	errs := make([]error, calls)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			_, errs[i] = p.GetRecords(p.ctx, &kinesis.GetRecordsInput{ShardIterator: iterator})
		})
	}
	group.Wait()
	passed, throttled := 0, 0
	for _, err := range errs {
		switch {
		case err == nil:
			passed++
		case kinesisCode(err) == codeKinesisThrottled:
			throttled++
		default:
			return err
		}
	}
	if passed < 5 || throttled == 0 {
		return fmt.Errorf("of %d reads at once %d succeeded and %d were throttled", calls, passed, throttled)
	}
	return nil
}

// checkWriteThrottle puts 3,000 records at once: at least a thousand are stored, some are not, and each failure says why.
func checkWriteThrottle(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	const calls = 6
	outs, errs := make([]*kinesis.PutRecordsOutput, calls), make([]error, calls)
	var group sync.WaitGroup
	for i := range outs {
		group.Go(func() {
			outs[i], errs[i] = p.PutRecords(p.ctx, &kinesis.PutRecordsInput{StreamName: &stream, Records: kinesisEntries(500)})
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	stored, failed := 0, 0
	for _, out := range outs {
		n, err := failures(out)
		if err != nil {
			return err
		}
		failed += n
		stored += len(out.Records) - n
	}
	if stored < 1000 || failed == 0 {
		return fmt.Errorf("of 3000 records at once %d were stored and %d were throttled", stored, failed)
	}
	return nil
}

// failures counts the records that were not stored and checks how that is told.
func failures(out *kinesis.PutRecordsOutput) (int, error) {
	failed := 0
	for _, record := range out.Records {
		if record.ErrorCode == nil {
			continue
		}
		failed++
		if *record.ErrorCode != codeKinesisThrottled || aws.ToString(record.ErrorMessage) == "" || record.SequenceNumber != nil {
			return 0, fmt.Errorf("a record failed with code %s, message %q", *record.ErrorCode, aws.ToString(record.ErrorMessage))
		}
	}
	return failed, kinesisEqual("FailedRecordCount", int(aws.ToInt32(out.FailedRecordCount)), failed)
}
