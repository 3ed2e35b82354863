package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
)

// checkAddress says what is wrong with an address to listen on, which a flag has. Nobody else may know it: another process may have the port.
func checkAddress(ctx context.Context, flag, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.DefaultResolver.LookupPort(ctx, "tcp", port)
	}
	if err != nil {
		return usageError{fmt.Errorf("%s: want host:port or :port, with a port from 0 to 65535, not %q", flag, address)}
	}
	if host != "" && !isHost(host) {
		return usageError{fmt.Errorf("%s: %q is neither the name of a host nor an IP address", flag, host)}
	}
	return nil
}

// listen binds the address that a flag has.
func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	if err := checkAddress(ctx, flag, address); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, cannotListen(flag, address, err)
	}
	return listener, nil
}

// cannotListen tells a name that nobody knows, which is a mistake, from a port that another process has.
func cannotListen(flag, address string, err error) error {
	if unknown, ok := errors.AsType[*net.DNSError](err); ok && unknown.IsNotFound {
		return usageError{fmt.Errorf("%s: there is no host %q", flag, unknown.Name)}
	}
	return refuse("cannot listen on %s: %w: choose another address with %s", address, err, flag)
}

// hostName has what can be in the name of a host; underscores are in those of containers.
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?\.?$`)

func isHost(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || hostName.MatchString(host)
}

// checkAdvertised says what is wrong with a host or host:port under which others are to reach this machine.
func checkAdvertised(ctx context.Context, flag, given string) error {
	host, port, err := net.SplitHostPort(given)
	if err != nil {
		host, port = strings.Trim(given, "[]"), "1"
	}
	n, err := net.DefaultResolver.LookupPort(ctx, "tcp", port)
	if given != "" && (!isHost(host) || err != nil || n == 0) {
		return usageError{fmt.Errorf("%s: want a host or host:port that other workers can reach, not %q", flag, given)}
	}
	return nil
}
