package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/serve"
)

type recommendOptions struct {
	app, stream, session string
	items                []string
	k                    int
	exclude, category    string
	why                  bool
	format               output
}

func newRecommendCommand(std streams) *cobra.Command {
	var o recommendOptions
	cmd := &cobra.Command{
		Use: "recommend", Short: "Ask the fleet for recommendations",
		Long: `Ask a worker of the application, whichever answers, for what a session is likely to touch next, or somebody who has touched
some items. The worker finds the owner of the session. With -o json the answer comes as the worker gave it: package worker/serve
says what is in it.`,
		Example: `  streamrec recommend --app shop --session s-1
  streamrec recommend --app shop --items S15_4278,S11_2017 -k 5 --why`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRecommend(cmd.Context(), o, std) },
	}
	f := cmd.Flags()
	f.StringVar(&o.app, "app", "", "application: the name of the lease table (required)")
	f.StringVar(&o.stream, "stream", "", "Kinesis stream, if you want to be told when there is none of that name")
	f.StringVar(&o.session, "session", "", "session to recommend for; or --items")
	f.StringSliceVar(&o.items, "items", nil, "items that somebody has touched, oldest first; or --session")
	f.IntVarP(&o.k, "length", "k", 20, "length of the list, at most 100")
	f.StringVar(&o.exclude, "exclude", "", "leave out what the session has seen, purchased, or both: seen,purchased")
	f.StringVar(&o.category, "category", "", "only this category")
	f.BoolVar(&o.why, "why", false, "say what each score is made of")
	outputFlag(cmd, &o.format)
	return cmd
}

// query checks the flags and returns the parameters of the question.
func (o recommendOptions) query() (url.Values, error) {
	if err := required(map[string]string{"app": o.app}); err != nil {
		return nil, err
	}
	if (o.session == "") == (len(o.items) == 0) {
		return nil, usageError{errors.New("name a --session, or --items, and not both")}
	}
	q := url.Values{"k": {strconv.Itoa(o.k)}}
	if o.session != "" {
		q.Set("session_id", o.session)
	} else {
		q["item"] = o.items
	}
	for name, value := range map[string]string{"exclude": o.exclude, "category": o.category} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if o.why {
		q.Set("why", "true")
	}
	return q, nil
}

func runRecommend(ctx context.Context, o recommendOptions, std streams) error {
	q, err := o.query()
	if err != nil {
		return err
	}
	c, err := loadClients(ctx)
	if err != nil {
		return err
	}
	if o.stream != "" {
		if _, err := checkStream(ctx, c, o.stream); err != nil {
			return err
		}
	}
	if err := checkTable(ctx, c, o.app, false); err != nil {
		return err
	}
	workers, err := infradynamo.NewStore(c.dynamodb, o.app).Workers(ctx)
	if err != nil {
		return explain("lease table", err)
	}
	body, err := askFleet(ctx, workers, "/v1/recommendations?"+q.Encode())
	if err != nil {
		return err
	}
	if o.format == outputJSON {
		_, err = std.out.Write(body)
		return err
	}
	var a serve.Answer
	if err := json.Unmarshal(body, &a); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return writeAnswer(std.out, &a)
}

// askTimeout is how long a worker may take before another one is asked.
const askTimeout = 2 * time.Second

// askFleet asks one worker after the other until one answers, beginning anywhere.
func askFleet(ctx context.Context, workers []lease.Worker, uri string) ([]byte, error) {
	rand.Shuffle(len(workers), func(i, j int) { workers[i], workers[j] = workers[j], workers[i] })
	var tried []error
	for _, w := range workers {
		if w.Address == "" {
			continue
		}
		body, err := askWorker(ctx, w.Address, uri)
		if err == nil {
			return body, nil
		}
		if _, refused := errors.AsType[usageError](err); refused || ctx.Err() != nil {
			return nil, err
		}
		tried = append(tried, fmt.Errorf("%s: %w", w.ID, err))
	}
	if len(tried) == 0 {
		return nil, refuse("no worker answers questions: start one, with --http if that was switched off")
	}
	return nil, refuse("no worker answers: %w", errors.Join(tried...))
}

func askWorker(ctx context.Context, address, uri string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+uri, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err != nil || response.StatusCode == http.StatusOK {
		return body, err
	}
	var problem struct{ Title, Detail, Parameter string }
	_ = json.Unmarshal(body, &problem) // without it the status has to do
	text := strings.TrimSpace(problem.Parameter + " " + problem.Detail)
	if response.StatusCode == http.StatusBadRequest {
		return nil, usageError{fmt.Errorf("%s: %s", problem.Title, text)}
	}
	return nil, fmt.Errorf("%s %s", response.Status, text)
}

// writeAnswer writes an answer for people.
func writeAnswer(out io.Writer, a *serve.Answer) error {
	lines := columns("PLACE\tPRODUCT\tSCORE\tNAME", a.Recommendations, func(r serve.Recommendation) string {
		return fmt.Sprintf("%d\t%s\t%.4f\t%s", 1+placeOf(a, r.ProductCode), r.ProductCode, r.Score, r.Name)
	})
	text := strings.Join(lines, "\n") + "\n\n" + source(a) + "\n"
	for _, r := range a.Recommendations {
		for _, reason := range r.Why {
			text += fmt.Sprintf("%s: %.4f %s\n", r.ProductCode, reason.Score, told(reason))
		}
	}
	_, err := io.WriteString(out, text)
	return err
}

func placeOf(a *serve.Answer, code string) int {
	for i := range a.Recommendations {
		if a.Recommendations[i].ProductCode == code {
			return i
		}
	}
	return len(a.Recommendations)
}

// source says who answered, and what to think of it.
func source(a *serve.Answer) string {
	text := fmt.Sprintf("%s answered from %s facts", a.Worker, a.Source)
	if a.Shard != "" {
		text += fmt.Sprintf(", %s under lease counter %d", a.Shard, a.LeaseCounter)
	}
	if a.Stale {
		text += fmt.Sprintf("; STALE: the owner cannot be reached, what is known is %s old", brief(&a.StalenessMs))
	}
	return text
}

// told is a reason for people.
func told(r serve.Reason) string {
	text := strings.ReplaceAll(r.Kind, "_", " ")
	if r.Session != "" {
		text += " " + r.Session
	}
	if r.Count > 0 {
		text = fmt.Sprintf("%d others", r.Count)
	}
	if len(r.Items) > 0 {
		text += " by " + strings.Join(r.Items, ", ")
	}
	return text
}
