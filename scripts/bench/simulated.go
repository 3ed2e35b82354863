package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// simulate lets a test carry out an order, which it finds in the environment, and reads what it has written to the file result. Only a test can
// run real workers on a simulated clock, on which it does not matter how busy the machine is. scripts/bench.sh builds the tests' binary beside this one.
func simulate[O any](ctx context.Context, test, variable string, order any, result string) (outcome O, err error) {
	path, err := os.Executable()
	if err != nil {
		return outcome, fmt.Errorf("find own executable: %w", err)
	}
	text, err := json.Marshal(order)
	if err != nil {
		return outcome, fmt.Errorf("write order: %w", err)
	}
	cmd := exec.CommandContext(ctx, path+".test", "-test.run=^"+test+"$", "-test.timeout=40m")
	cmd.Env = append(os.Environ(), variable+"="+string(text))
	cmd.WaitDelay = time.Second
	if text, err := cmd.CombinedOutput(); err != nil {
		return outcome, fmt.Errorf("run %s.test, which scripts/bench.sh builds: %w: %s", path, err, text)
	}
	if text, err = os.ReadFile(result); err == nil {
		err = json.Unmarshal(text, &outcome)
	}
	if err != nil {
		return outcome, fmt.Errorf("read outcome: %w", err)
	}
	return outcome, nil
}
