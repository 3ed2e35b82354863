package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func dynamoTableChecks() []dynamoCheck {
	return []dynamoCheck{
		{"CreateTable PAY_PER_REQUEST -> ACTIVE", (*dynamoProbe).createsOnDemand},
		{"CreateTable PROVISIONED, hash key only", (*dynamoProbe).createsProvisioned},
		{"CreateTable PAY_PER_REQUEST + GSI -> ACTIVE", (*dynamoProbe).createsWithIndex},
		{"CreateTable duplicate -> ResourceInUse", (*dynamoProbe).refusesDuplicateTable},
		{"CreateTable with a bad key schema is refused", (*dynamoProbe).refusesBadSchemas},
		{"DescribeTable missing -> NotFound", (*dynamoProbe).missesTable},
		{"item operations on a missing table -> NotFound", (*dynamoProbe).missesTableOfItem},
		{"ListTables, DeleteTable", (*dynamoProbe).listsAndDeletes},
		{"ListTables pages", (*dynamoProbe).pagesTables},
		{"DeleteTable honours deletion protection", (*dynamoProbe).protectsTable},
		{"TableName may be an ARN", (*dynamoProbe).acceptsARN},
	}
}

func (p *dynamoProbe) createsOnDemand() error {
	name, err := p.create(dynamoKeys(types.ScalarAttributeTypeS, types.ScalarAttributeTypeN))
	if err != nil {
		return err
	}
	out, err := p.DescribeTable(p.ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return err
	}
	d := out.Table
	switch {
	case d.TableStatus != types.TableStatusActive || *d.TableName != name || !strings.HasSuffix(*d.TableArn, ":table/"+name):
		return fmt.Errorf("table is %s %s %s", d.TableStatus, *d.TableName, *d.TableArn)
	case d.BillingModeSummary == nil || d.BillingModeSummary.BillingMode != types.BillingModePayPerRequest:
		return fmt.Errorf("billing mode is %+v", d.BillingModeSummary)
	case len(d.KeySchema) != 2 || *d.KeySchema[0].AttributeName != dynamoHash || d.KeySchema[1].KeyType != types.KeyTypeRange:
		return fmt.Errorf("key schema is %+v", d.KeySchema)
	case len(d.AttributeDefinitions) != 2 || d.CreationDateTime == nil || d.CreationDateTime.Unix() < 1:
		return fmt.Errorf("description is %+v", d)
	}
	return nil
}

func (p *dynamoProbe) createsProvisioned() error {
	in := dynamoKeys(types.ScalarAttributeTypeB, "")
	in.BillingMode = ""
	in.ProvisionedThroughput = &types.ProvisionedThroughput{ReadCapacityUnits: new(int64(3)), WriteCapacityUnits: new(int64(4))}
	name, err := p.create(in)
	if err != nil {
		return err
	}
	out, err := p.DescribeTable(p.ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return err
	}
	if t := out.Table.ProvisionedThroughput; *t.ReadCapacityUnits != 3 || *t.WriteCapacityUnits != 4 {
		return fmt.Errorf("throughput is %d, %d", *t.ReadCapacityUnits, *t.WriteCapacityUnits)
	}
	item := dynamoItem(dynamoFields{dynamoHash: []byte{0, 1, 255}, "a": 1})
	if _, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &name, Item: item}); err != nil {
		return err
	}
	found, err := p.GetItem(p.ctx, &dynamodb.GetItemInput{TableName: &name, Key: dynamoItem(dynamoFields{dynamoHash: []byte{0, 1, 255}})})
	if err != nil {
		return err
	}
	return dynamoSame("item", dynamoBare(found.Item), dynamoFields{"a": 1})
}

func (p *dynamoProbe) createsWithIndex() error {
	_, err := p.createIndexed()
	return err
}

func (p *dynamoProbe) createIndexed() (string, error) {
	in := dynamoKeys(types.ScalarAttributeTypeS, types.ScalarAttributeTypeS)
	in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: new("g"), AttributeType: types.ScalarAttributeTypeS})
	in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{{
		IndexName: new("byG"), KeySchema: []types.KeySchemaElement{{AttributeName: new("g"), KeyType: types.KeyTypeHash}},
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
	}}
	return p.create(in)
}

func (p *dynamoProbe) refusesDuplicateTable() error {
	in := dynamoKeys(types.ScalarAttributeTypeS, "")
	name, err := p.create(in)
	if err != nil {
		return err
	}
	in.TableName = &name
	_, err = p.CreateTable(p.ctx, in)
	return dynamoRefused("second create", err, "ResourceInUseException", "")
}

func (p *dynamoProbe) refusesBadSchemas() error {
	for what, change := range map[string]func(*dynamodb.CreateTableInput){
		"a sort key that is not defined": func(in *dynamodb.CreateTableInput) { in.AttributeDefinitions = in.AttributeDefinitions[:1] },
		"a definition that is no key":    func(in *dynamodb.CreateTableInput) { in.KeySchema = in.KeySchema[:1] },
		"a sort key first":               func(in *dynamodb.CreateTableInput) { slices.Reverse(in.KeySchema) },
		"two partition keys":             func(in *dynamodb.CreateTableInput) { in.KeySchema[1].KeyType = types.KeyTypeHash },
		"one attribute twice":            func(in *dynamodb.CreateTableInput) { in.KeySchema[1].AttributeName = new(dynamoHash) },
		"a short name":                   func(in *dynamodb.CreateTableInput) { in.TableName = new("ab") },
		"a name with a space":            func(in *dynamodb.CreateTableInput) { in.TableName = new("a b c") },
		"throughput on demand":           func(in *dynamodb.CreateTableInput) { in.ProvisionedThroughput = dynamoThroughput(1) },
		"provisioned without throughput": func(in *dynamodb.CreateTableInput) { in.BillingMode = types.BillingModeProvisioned },
		"provisioned with throughput of 0": func(in *dynamodb.CreateTableInput) {
			in.BillingMode, in.ProvisionedThroughput = types.BillingModeProvisioned, dynamoThroughput(0)
		},
		"a key attribute of a document type": func(in *dynamodb.CreateTableInput) { in.AttributeDefinitions[0].AttributeType = "M" },
	} {
		in := dynamoKeys(types.ScalarAttributeTypeS, types.ScalarAttributeTypeS)
		in.TableName = new("conformance-refused")
		change(in)
		_, err := p.CreateTable(p.ctx, in)
		if err := dynamoInvalid(what, err, ""); err != nil {
			return err
		}
	}
	return nil
}

func dynamoThroughput(units int64) *types.ProvisionedThroughput {
	return &types.ProvisionedThroughput{ReadCapacityUnits: &units, WriteCapacityUnits: &units}
}

func (p *dynamoProbe) missesTable() error {
	_, err := p.DescribeTable(p.ctx, &dynamodb.DescribeTableInput{TableName: new("conformance-missing")})
	return dynamoRefused("describe", err, "ResourceNotFoundException", "")
}

func (p *dynamoProbe) missesTableOfItem() error {
	missing := new("conformance-missing")
	_, err := p.GetItem(p.ctx, &dynamodb.GetItemInput{TableName: missing, Key: p.key("a")})
	if err := dynamoRefused("get", err, "ResourceNotFoundException", ""); err != nil {
		return err
	}
	_, err = p.UpdateItem(p.ctx, &dynamodb.UpdateItemInput{TableName: missing, Key: p.key("a")})
	if err := dynamoRefused("update", err, "ResourceNotFoundException", ""); err != nil {
		return err
	}
	_, err = p.Scan(p.ctx, &dynamodb.ScanInput{TableName: missing})
	return dynamoRefused("scan", err, "ResourceNotFoundException", "")
}

func (p *dynamoProbe) listsAndDeletes() error {
	name, err := p.create(dynamoKeys(types.ScalarAttributeTypeS, ""))
	if err != nil {
		return err
	}
	names, err := p.tables(100)
	if err != nil {
		return err
	}
	if !slices.Contains(names, name) {
		return fmt.Errorf("%s is not among %q", name, names)
	}
	if _, err := p.DeleteTable(p.ctx, &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
		return err
	}
	waiter := dynamodb.NewTableNotExistsWaiter(p.Client, func(o *dynamodb.TableNotExistsWaiterOptions) { o.MinDelay = dynamoReadyTimeout / 600 })
	if err := waiter.Wait(p.ctx, &dynamodb.DescribeTableInput{TableName: &name}, dynamoReadyTimeout); err != nil {
		return err
	}
	if names, err = p.tables(100); err != nil {
		return err
	}
	if slices.Contains(names, name) {
		return fmt.Errorf("%s is still among %q", name, names)
	}
	return nil
}

// tables lists all tables in pages of limit.
func (p *dynamoProbe) tables(limit int32) ([]string, error) {
	var names []string
	pages := dynamodb.NewListTablesPaginator(p.Client, &dynamodb.ListTablesInput{Limit: &limit})
	for pages.HasMorePages() {
		page, err := pages.NextPage(p.ctx)
		if err != nil {
			return nil, err
		}
		if len(page.TableNames) > int(limit) {
			return nil, fmt.Errorf("page of %d names, limit %d", len(page.TableNames), limit)
		}
		names = append(names, page.TableNames...)
	}
	return names, nil
}

func (p *dynamoProbe) pagesTables() error {
	var made []string
	for range 3 {
		name, err := p.create(dynamoKeys(types.ScalarAttributeTypeS, ""))
		if err != nil {
			return err
		}
		made = append(made, name)
	}
	names, err := p.tables(1)
	if err != nil {
		return err
	}
	for _, name := range made {
		if !slices.Contains(names, name) {
			return fmt.Errorf("%s is not among %q", name, names)
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		return fmt.Errorf("names are not sorted and distinct: %q", names)
	}
	return nil
}

func (p *dynamoProbe) protectsTable() error {
	in := dynamoKeys(types.ScalarAttributeTypeS, "")
	in.DeletionProtectionEnabled = new(true)
	name, err := p.create(in)
	if err != nil {
		return err
	}
	_, err = p.DeleteTable(p.ctx, &dynamodb.DeleteTableInput{TableName: &name})
	if err := dynamoInvalid("delete a protected table", err, "protected against deletion"); err != nil {
		return err
	}
	if _, err := p.UpdateTable(p.ctx, &dynamodb.UpdateTableInput{TableName: &name, DeletionProtectionEnabled: new(false)}); err != nil {
		return err
	}
	if err := p.awaitTable(name); err != nil {
		return err
	}
	_, err = p.DeleteTable(p.ctx, &dynamodb.DeleteTableInput{TableName: &name})
	return err
}

func (p *dynamoProbe) acceptsARN() error {
	out, err := p.DescribeTable(p.ctx, &dynamodb.DescribeTableInput{TableName: &p.table})
	if err != nil {
		return err
	}
	if err := p.put("a", dynamoFields{"n": 1}); err != nil {
		return err
	}
	found, err := p.GetItem(p.ctx, &dynamodb.GetItemInput{TableName: out.Table.TableArn, Key: p.key("a"), ConsistentRead: new(true)})
	if err != nil {
		return err
	}
	return dynamoSame("item", dynamoBare(found.Item), dynamoFields{"n": 1})
}
