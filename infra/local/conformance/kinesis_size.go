package conformance

import (
	"bytes"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func checkTooManyRecords(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	_, tooMany := p.PutRecords(p.ctx, &kinesis.PutRecordsInput{StreamName: &stream, Records: kinesisEntries(501)})
	_, none := p.PutRecords(p.ctx, &kinesis.PutRecordsInput{StreamName: &stream, Records: []types.PutRecordsRequestEntry{}})
	return errors.Join(kinesisInvalid(tooMany), kinesisInvalid(none))
}

func checkTooManyBytes(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	entries := kinesisEntries(11)
	for i := range entries {
		entries[i].Data = make([]byte, kinesisMiB-100)
	}
	_, err = p.PutRecords(p.ctx, &kinesis.PutRecordsInput{StreamName: &stream, Records: entries})
	return kinesisInvalid(err)
}

// patterned makes bytes that base64 and compression cannot get wrong unnoticed.
func patterned(size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i * i >> 3)
	}
	return data
}

func checkLargestRecord(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	data := patterned(kinesisMiB - len("key"))
	if _, err := p.putOne(stream, "key", data); err != nil {
		return err
	}
	records, err := p.all(stream, "shardId-000000000000", 1)
	if err != nil {
		return err
	}
	return kinesisEqual("data came back", bytes.Equal(records[0].Data, data), true)
}

func checkTooLargeRecord(p *kinesisProbe) error { return p.refusesRecord(kinesisMiB + 1) }

func checkTooLargeWithKey(p *kinesisProbe) error { return p.refusesRecord(kinesisMiB - len("key") + 1) }

func (p *kinesisProbe) refusesRecord(size int) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	key, data := aws.String("key"), make([]byte, size)
	_, one := p.PutRecord(p.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: key, Data: data})
	_, many := p.PutRecords(p.ctx, &kinesis.PutRecordsInput{StreamName: &stream, Records: []types.PutRecordsRequestEntry{{PartitionKey: key, Data: data}}})
	return errors.Join(kinesisInvalid(one), kinesisInvalid(many))
}

func checkKeyLength(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	if _, err := p.putOne(stream, strings.Repeat("é", 256), []byte("d")); err != nil {
		return err
	}
	_, tooLong := p.PutRecord(p.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: aws.String(strings.Repeat("k", 257)), Data: []byte("d")})
	_, empty := p.PutRecord(p.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: aws.String(""), Data: []byte("d")})
	return errors.Join(kinesisInvalid(tooLong), kinesisInvalid(empty))
}
