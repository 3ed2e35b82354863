package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAdminOptions(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(strings.Repeat("a", 64)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		options adminOptions
		says    string // of the error; empty when there is to be none
	}{
		"default":        {adminOptions{address: "127.0.0.1:0"}, ""},
		"off":            {adminOptions{address: off}, ""},
		"open":           {adminOptions{address: ":9090"}, "--admin-token-file"},
		"with a token":   {adminOptions{address: ":9090", tokenFile: token}, ""},
		"missing token":  {adminOptions{address: ":9090", tokenFile: token + ".none"}, "--admin-token-file"},
		"no address":     {adminOptions{address: "9090"}, "want host:port"},
		"half a TLS":     {adminOptions{address: ":9090", certificate: "c"}, "all of them are needed"},
		"no certificate": {adminOptions{address: ":9090", certificate: "c", key: "k", authority: "a"}, "read certificate"},
	} {
		cfg, err := c.options.config(t.Context())
		if c.says == "" && (err != nil || (cfg == nil) != (c.options.address == off)) {
			t.Errorf("%s: %+v, %v", name, cfg, err)
		}
		if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: error is %v, want %q", name, err, c.says)
		}
	}
}
