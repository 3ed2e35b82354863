package worker

import "context"

// loopEngine runs each shard in a loop of its own: open, read, process, …, finish. It does what the KCL's consumers do under the files
// named kcl*.go, and waits for nothing but through Env, so that a simulator decides what happens when.
type loopEngine struct{ worker *Worker }

func startLoop(w *Worker) (engine, error) { return &loopEngine{w}, nil }

// run implements engine.
func (e *loopEngine) run(s *shard) {
	e.worker.env.Go(func() {
		for !e.worker.shards.begin(s) { // an older term of the shard is still ending
			if e.worker.env.Sleep(s.term.Context(), kclTick) != nil {
				break
			}
		}
		e.consume(s)
		s.finish()
		e.worker.shards.remove(s)
	})
}

// shutdown implements engine.
func (e *loopEngine) shutdown(ctx context.Context) {
	for len(e.worker.shards.all()) > 0 {
		if e.worker.env.Sleep(ctx, kclTick) != nil {
			return
		}
	}
}

// consume works until the term or the shard ends.
func (e *loopEngine) consume(s *shard) {
	ctx := s.term.Context()
	err := unpanicked(func() error { return s.open(ctx) })
	for err == nil && ctx.Err() == nil {
		var page Page
		if page, err = s.read(ctx); err == nil {
			err = unpanicked(func() error { return s.process(ctx, page) })
		}
		if err == nil && page.Next == "" {
			err = unpanicked(func() error { return s.end(ctx) })
			break
		}
	}
	if err != nil {
		s.fail(err)
	}
}
