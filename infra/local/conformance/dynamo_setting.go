package conformance

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func dynamoSettingChecks() []dynamoCheck {
	return []dynamoCheck{
		{"UpdateTimeToLive / DescribeTimeToLive", (*dynamoProbe).keepsTimeToLive},
		{"UpdateContinuousBackups / DescribeContinuousBackups", (*dynamoProbe).keepsRecovery},
		{"TagResource / UntagResource / ListTagsOfResource", (*dynamoProbe).keepsTags},
		{"UpdateTable changes the billing mode", (*dynamoProbe).changesBilling},
		{"DescribeLimits", (*dynamoProbe).describesLimits},
	}
}

func (p *dynamoProbe) keepsTimeToLive() error {
	name, err := p.create(dynamoKeys(types.ScalarAttributeTypeS, ""))
	if err != nil {
		return err
	}
	if err := p.timeToLiveIs(name, types.TimeToLiveStatusDisabled, ""); err != nil {
		return err
	}
	spec := &types.TimeToLiveSpecification{AttributeName: new("expires"), Enabled: new(true)}
	if _, err := p.UpdateTimeToLive(p.ctx, &dynamodb.UpdateTimeToLiveInput{TableName: &name, TimeToLiveSpecification: spec}); err != nil {
		return err
	}
	if err := p.timeToLiveIs(name, types.TimeToLiveStatusEnabled, "expires"); err != nil {
		return err
	}
	_, err = p.UpdateTimeToLive(p.ctx, &dynamodb.UpdateTimeToLiveInput{TableName: &name, TimeToLiveSpecification: spec})
	return dynamoInvalid("enable again", err, "already enabled")
}

func (p *dynamoProbe) timeToLiveIs(table string, status types.TimeToLiveStatus, attribute string) error {
	out, err := p.DescribeTimeToLive(p.ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &table})
	if err != nil {
		return err
	}
	got := ""
	if d := out.TimeToLiveDescription; d.AttributeName != nil {
		got = *d.AttributeName
	}
	return errors.Join(
		dynamoEqual("status", out.TimeToLiveDescription.TimeToLiveStatus, status),
		dynamoEqual("attribute", got, attribute),
	)
}

func (p *dynamoProbe) keepsRecovery() error {
	name, err := p.create(dynamoKeys(types.ScalarAttributeTypeS, ""))
	if err != nil {
		return err
	}
	for _, enabled := range []bool{true, false} {
		if _, err := p.UpdateContinuousBackups(p.ctx, &dynamodb.UpdateContinuousBackupsInput{
			TableName: &name, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: &enabled},
		}); err != nil {
			return err
		}
		out, err := p.DescribeContinuousBackups(p.ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &name})
		if err != nil {
			return err
		}
		d := out.ContinuousBackupsDescription
		if d.ContinuousBackupsStatus != types.ContinuousBackupsStatusEnabled || d.PointInTimeRecoveryDescription == nil {
			return fmt.Errorf("continuous backups are %+v", d)
		}
		want := types.PointInTimeRecoveryStatusDisabled
		if enabled {
			want = types.PointInTimeRecoveryStatusEnabled
		}
		if err := dynamoEqual("recovery", d.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus, want); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) keepsTags() error {
	in := dynamoKeys(types.ScalarAttributeTypeS, "")
	in.Tags = []types.Tag{{Key: new("made"), Value: new("with")}}
	name, err := p.create(in)
	if err != nil {
		return err
	}
	out, err := p.DescribeTable(p.ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return err
	}
	arn := out.Table.TableArn
	if err := p.tagsAre(arn, map[string]string{"made": "with"}); err != nil {
		return err
	}
	tags := []types.Tag{{Key: new("team"), Value: new("recs")}, {Key: new("made"), Value: new("later")}}
	if _, err := p.TagResource(p.ctx, &dynamodb.TagResourceInput{ResourceArn: arn, Tags: tags}); err != nil {
		return err
	}
	if err := p.tagsAre(arn, map[string]string{"made": "later", "team": "recs"}); err != nil {
		return err
	}
	if _, err := p.UntagResource(p.ctx, &dynamodb.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"made", "unknown"}}); err != nil {
		return err
	}
	return p.tagsAre(arn, map[string]string{"team": "recs"})
}

func (p *dynamoProbe) tagsAre(arn *string, want map[string]string) error {
	out, err := p.ListTagsOfResource(p.ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: arn})
	if err != nil {
		return err
	}
	got := dynamoFields{}
	for _, tag := range out.Tags {
		got[*tag.Key] = *tag.Value
	}
	expected := dynamoFields{}
	for key, value := range want {
		expected[key] = value
	}
	return dynamoSame("tags", got, expected)
}

func (p *dynamoProbe) changesBilling() error {
	name, err := p.create(dynamoKeys(types.ScalarAttributeTypeS, ""))
	if err != nil {
		return err
	}
	_, err = p.UpdateTable(p.ctx, &dynamodb.UpdateTableInput{TableName: &name})
	if err := dynamoInvalid("update of nothing", err, "At least one of"); err != nil {
		return err
	}
	if _, err := p.UpdateTable(p.ctx, &dynamodb.UpdateTableInput{
		TableName: &name, BillingMode: types.BillingModeProvisioned, ProvisionedThroughput: dynamoThroughput(7),
	}); err != nil {
		return err
	}
	if err := p.awaitTable(name); err != nil {
		return err
	}
	out, err := p.DescribeTable(p.ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return err
	}
	return dynamoEqual("read units", *out.Table.ProvisionedThroughput.ReadCapacityUnits, 7)
}

func (p *dynamoProbe) describesLimits() error {
	out, err := p.DescribeLimits(p.ctx, &dynamodb.DescribeLimitsInput{})
	if err != nil {
		return err
	}
	if out.TableMaxReadCapacityUnits == nil || *out.TableMaxReadCapacityUnits < 1 {
		return fmt.Errorf("limits are %+v", out)
	}
	return nil
}
