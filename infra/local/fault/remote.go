package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// Remote is the script of services in another process, over HTTP; see [Script.Control].
type Remote struct {
	Endpoint string // of the services, such as http://127.0.0.1:4566
}

// Add puts a rule in force, behind those there are, and returns its number.
func (r Remote) Add(ctx context.Context, rule Rule) (id int, err error) {
	body, err := json.Marshal(rule)
	if err != nil {
		return 0, fmt.Errorf("encode fault: %w", err)
	}
	var status Status
	err = r.call(ctx, http.MethodPost, "", body, &status)
	return status.ID, err
}

// Remove takes a rule out of force.
func (r Remote) Remove(ctx context.Context, id int) error {
	return r.call(ctx, http.MethodDelete, "/"+strconv.Itoa(id), nil, nil)
}

// Rules returns the rules in force.
func (r Remote) Rules(ctx context.Context) (rules []Status, err error) {
	err = r.call(ctx, http.MethodGet, "", nil, &rules)
	return rules, err
}

func (r Remote) call(ctx context.Context, method, path string, body []byte, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, r.Endpoint+Path+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("call fault control: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("call fault control: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it has been read, or the call fails
	if response.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(response.Body, maxRule)) // without it the error says less
		return fmt.Errorf("the fault control answers %s: %s", response.Status, bytes.TrimSpace(text))
	}
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("decode answer of the fault control: %w", err)
	}
	return nil
}
