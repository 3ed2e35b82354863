package dynamo_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/streamrec/streamrec/infra/local/dynamo"
)

// BenchmarkConditionalUpdate measures lease renewals, UpdateItem with a condition on owner and counter, through the SDK and
// HTTP over loopback; client and server share the machine.
func BenchmarkConditionalUpdate(b *testing.B) {
	for _, persistent := range []bool{false, true} {
		for _, clients := range []int{1, 8} {
			b.Run(fmt.Sprintf("persistent=%v/clients=%d", persistent, clients), func(b *testing.B) {
				o := dynamo.Options{}
				if persistent {
					o.Dir = b.TempDir()
				}
				server := httptest.NewServer(open(b, o))
				defer server.Close()
				transport := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
				renewals(b, clientAt(server.URL, transport), clients)
			})
		}
	}
}

// renewals shares b.N renewals among clients, each of which has a lease of its own.
func renewals(b *testing.B, c *dynamodb.Client, clients int) {
	createTable(b, c, "S")
	for i := range clients {
		row := key(strconv.Itoa(i))
		row["leaseOwner"], row["leaseCounter"] = text("me"), number("0")
		if _, err := c.PutItem(b.Context(), &dynamodb.PutItemInput{TableName: new("leases"), Item: row}); err != nil {
			b.Fatal(err)
		}
	}
	var group sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for i := range clients {
		group.Go(func() {
			for n := range b.N / clients {
				if err := renew(b, c, strconv.Itoa(i), n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
}

func renew(b *testing.B, c *dynamodb.Client, lease string, counter int) error {
	_, err := c.UpdateItem(b.Context(), &dynamodb.UpdateItemInput{
		TableName: new("leases"), Key: key(lease), UpdateExpression: new("SET leaseCounter = :next"),
		ConditionExpression: new("leaseOwner = :me AND leaseCounter = :counter"),
		ExpressionAttributeValues: item{
			":me": text("me"), ":counter": number(strconv.Itoa(counter)), ":next": number(strconv.Itoa(counter + 1)),
		},
	})
	return err
}

// BenchmarkHandler measures the same renewal without client and network.
func BenchmarkHandler(b *testing.B) {
	s := open(b, dynamo.Options{})
	createTable(b, clientOf(s), "S")
	send(b, s, "PutItem", `{"TableName":"leases","Item":{"scope":{"S":"lease"},"leaseKey":{"S":"a"},"leaseOwner":{"S":"me"},"leaseCounter":{"N":"0"}}}`)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		response, _ := send(b, s, "UpdateItem", fmt.Sprintf(
			`{"TableName":"leases","Key":{"scope":{"S":"lease"},"leaseKey":{"S":"a"}},"UpdateExpression":"SET leaseCounter = :next",`+
				`"ConditionExpression":"leaseOwner = :me AND leaseCounter = :counter",`+
				`"ExpressionAttributeValues":{":me":{"S":"me"},":counter":{"N":"%d"},":next":{"N":"%d"}}}`, n, n+1,
		))
		if response.StatusCode != http.StatusOK {
			b.Fatal(response.Status)
		}
	}
}
