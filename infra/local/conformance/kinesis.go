package conformance

import (
	"cmp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// kinesisCheck is a claim about Kinesis.
type kinesisCheck = check[*kinesisProbe]

func kinesisChecks() []kinesisCheck {
	return slices.Concat(
		kinesisStreamChecks(), kinesisShardChecks(), kinesisPutChecks(), kinesisReadChecks(), kinesisIteratorChecks(),
		kinesisReshardChecks(), kinesisScalingChecks(), kinesisFilterChecks(), kinesisSettingChecks(), kinesisConsumerChecks(),
	)
}

// kinesisHeavyChecks move megabytes, or ask for more than a shard allows.
func kinesisHeavyChecks() []kinesisCheck {
	return []kinesisCheck{
		{"read throttle: 5 GetRecords/s/shard", checkReadThrottle},
		{"write throttle: 1 MB/s / 1000 rec/s per shard", checkWriteThrottle},
		{"PutRecords of more than 10 MiB rejected", checkTooManyBytes},
		{"Record of 1 MiB accepted", checkLargestRecord},
		{"GetRecords response capped at 10 MB", checkReadCap},
		{"UpdateMaxRecordSize lets larger records in", checkMaxRecordSize},
	}
}

// Kinesis runs every check against a Kinesis, each with streams of its own that are deleted afterwards.
func Kinesis(t *testing.T, target Target[*kinesis.Client]) {
	t.Helper()
	probe := func(t *testing.T) *kinesisProbe {
		return newKinesisProbe(t, target.Client, cmp.Or(target.Patience, kinesisPatience))
	}
	hold(t, suite[*kinesisProbe]{service: "kinesis", checks: kinesisChecks(), heavy: kinesisHeavyChecks(), probe: probe}, target)
}
