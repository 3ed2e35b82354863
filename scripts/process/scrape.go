package process

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Scrape reads metrics in Prometheus' text format. Series of one name are added up, whatever their labels.
func Scrape(ctx context.Context, url string) (map[string]float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("scrape metrics: %w", err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("scrape metrics: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // it has been read, or the scrape fails
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("scrape metrics: %s answers %s", url, answer.Status)
	}
	sums := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		name, labels, labelled := strings.Cut(name, "{")
		if labelled && !strings.HasSuffix(labels, "}") { // a label with a space
			_, value, _ = strings.Cut(lines.Text(), "} ")
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil && name != "#" {
			sums[name] += v
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("scrape metrics: %w", err)
	}
	return sums, nil
}
