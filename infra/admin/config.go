package admin

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
)

// Config says where the admin server listens and who may come in.
type Config struct {
	// Address is host:port; port 0 takes a free one.
	Address string
	// Token opens the door, in whole; empty opens it to the machine's own loopback.
	Token string
	// TLS has the certificate of the server and the authority of its clients'; nil is plain HTTP. See MutualTLS.
	TLS *tls.Config
}

// ErrOpen says that an address can be reached from other machines, and nothing keeps them out.
var ErrOpen = errors.New("an admin address other than loopback needs a token or mutual TLS")

// Validate returns everything that is wrong with the configuration.
func (c Config) Validate() error {
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		return fmt.Errorf("admin address: want host:port, not %q", c.Address)
	}
	if !loopback(host) && c.Token == "" && c.TLS == nil {
		return fmt.Errorf("admin address %s: %w", c.Address, ErrOpen)
	}
	return nil
}

// loopback reports whether a host, as in an address or a Host header, is this machine to itself.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

// minToken is the shortest token that is taken: 16 bytes in hexadecimal.
const minToken = 32

// ReadToken reads a token file. Space around the token does not belong to it.
func ReadToken(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	if mode(path)&othersWrite != 0 {
		return "", fmt.Errorf("token in %s: everybody on this machine can replace it: take that away with 'chmod o-rwx %s'", path, path)
	}
	token := strings.TrimSpace(string(text))
	if len(token) < minToken {
		return "", fmt.Errorf("token in %s: has %d characters, want at least %d; make one with 'openssl rand -hex 32'", path, len(token), minToken)
	}
	return token, nil
}

// Permissions of those who are neither the owner of a file nor of its group.
const (
	othersRead  fs.FileMode = 0o004
	othersWrite fs.FileMode = 0o002
)

// Exposed reports whether everybody on the machine can read a file.
func Exposed(path string) bool { return mode(path)&othersRead != 0 }

// mode returns the permissions of a file, or none when they cannot be told.
func mode(path string) fs.FileMode {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Mode().Perm()
}

// MutualTLS returns the configuration of a server that shows a certificate and lets in who shows one that the authority has signed.
// All are PEM files.
func MutualTLS(certificate, key, authority string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	text, err := os.ReadFile(authority)
	if err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read authority: no certificate in %s", authority)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientCAs: clients, ClientAuth: tls.VerifyClientCertIfGiven,
	}, nil
}
