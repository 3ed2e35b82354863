package local_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/streamrec/streamrec/infra/local"
)

// TestForeignClients runs clients that are not ours against a port: the JavaScript SDK, boto3 and the AWS CLI, as far as they
// can be had. The signatures they make are verified.
func TestForeignClients(t *testing.T) {
	if os.Getenv("STREAMREC_CLIENTS") == "" {
		t.Skip("STREAMREC_CLIENTS is not set; it installs and runs scripts/clients")
	}
	script, err := filepath.Abs("../../scripts/clients/clients.sh")
	if err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"memory": "", "directory": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			url, _ := serve(t, open(t, local.Options{Dir: dir, Credentials: map[string]string{"AKIAFOREIGN": "a+secret/key"}}))
			clients := exec.CommandContext(t.Context(), "bash", script, url)
			clients.Env = append(os.Environ(), "STREAMREC_CLIENT_KEY=AKIAFOREIGN", "STREAMREC_CLIENT_SECRET=a+secret/key")
			output, err := clients.CombinedOutput()
			t.Logf("%s", output)
			if err != nil {
				t.Error(err)
			}
		})
	}
}
