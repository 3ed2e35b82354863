package admin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sirupsen/logrus/hooks/test"
)

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// issue returns a certificate in PEM and its key; signer nil signs it itself, as an authority.
func issue(t *testing.T, name string, signer *authority) (certificate, keyPEM []byte, as *authority) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA: signer == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	parent, by := template, key
	if signer != nil {
		parent, by = signer.certificate, signer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), &authority{parsed, key}
}

func TestMutualTLS(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	caPEM, _, ca := issue(t, "authority", nil)
	certificate, key, _ := issue(t, "worker", ca)
	cfg, err := MutualTLS(write("cert", certificate), write("key", key), write("ca", caPEM))
	if err != nil {
		t.Fatal(err)
	}
	log, _ := test.NewNullLogger()
	s, err := New(Config{Address: "127.0.0.1:0", TLS: cfg}, Health{}, log)
	if err != nil {
		t.Fatal(err)
	}
	address, err := s.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	defer func() { cancel(); <-done }()

	clientPEM, clientKey, _ := issue(t, "operator", ca)
	_, _, other := issue(t, "another authority", nil)
	strangerPEM, strangerKey, _ := issue(t, "stranger", other)
	for name, c := range map[string]struct {
		certificate, key []byte
		path             string
		want             int // 0: no connection
	}{
		"operator":            {clientPEM, clientKey, "/debug/pprof/cmdline", 200},
		"nobody":              {nil, nil, "/debug/pprof/cmdline", 403},
		"probe":               {nil, nil, "/livez", 200},
		"another authority's": {strangerPEM, strangerKey, "/livez", 0},
	} {
		roots := x509.NewCertPool()
		roots.AddCert(ca.certificate)
		dial := &tls.Config{RootCAs: roots}
		if c.certificate != nil {
			pair, err := tls.X509KeyPair(c.certificate, c.key)
			if err != nil {
				t.Fatal(err)
			}
			dial.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: dial, DisableKeepAlives: true}}
		status := 0
		if response, err := client.Get("https://" + address + c.path); err == nil {
			status = response.StatusCode
			_ = response.Body.Close()
		}
		if status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
}
