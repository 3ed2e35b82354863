package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamrec/streamrec/infra/local"
)

// The names of what every cell works on. They need not differ: every cell has services of its own.
const (
	streamName = "bench"
	appName    = "bench"
	bucketName = "bench"
)

// services are the Kinesis and DynamoDB of one cell, on loopback and without Kinesis' rate limits.
type services struct {
	local    *local.Local
	meter    *meter
	server   *http.Server
	endpoint string
	clients  clients // of the harness
}

// startServices starts the services with a stream of so many shards.
func startServices(ctx context.Context, shards int) (*services, error) {
	l, err := local.New(local.Options{Region: region, Buckets: []string{bucketName}})
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen: %w", err), l.Close())
	}
	s := &services{local: l, meter: newMeter(l.Handler(), l.DynamoDB()), endpoint: "http://" + listener.Addr().String()}
	s.server = &http.Server{Handler: s.meter, ReadHeaderTimeout: 10 * time.Second}
	s.clients = newClients(s.endpoint, "harness")
	go func() { _ = s.server.Serve(listener) }() // ends with close; a failure before shows in every request
	if err := s.createStream(ctx, shards); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *services) createStream(ctx context.Context, shards int) error {
	_, err := s.clients.kinesis.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: new(streamName), ShardCount: new(int32(shards))})
	if err != nil {
		return fmt.Errorf("create stream: %w", err)
	}
	return nil
}

func (s *services) close() error { return errors.Join(s.server.Close(), s.local.Close()) }
