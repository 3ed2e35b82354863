package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// bench is one run.
type bench struct {
	options
	out      io.Writer
	progress *progress
	dir      string
}

func newBench(o options, out, to io.Writer) *bench {
	return &bench{options: o, out: out, progress: newProgress(to)}
}

// task is a cell that is to be measured, and then has been.
type task struct {
	section section
	side    side
	figures figures
}

// run measures everything and prints it. One cell that fails ends the run: half a table would be read as a whole one.
func (b *bench) run(ctx context.Context) (err error) {
	if err := b.makeDir(); err != nil {
		return err
	}
	if b.keep == "" {
		defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	}
	tasks := b.tasks()
	b.progress.begin(len(tasks))
	report := report{Machine: describeMachine(), Quick: b.quick, Began: time.Now().UTC().Truncate(time.Second)}
	err = b.measure(ctx, tasks)
	b.progress.end()
	if err != nil {
		return err
	}
	report.Seconds = time.Since(report.Began).Seconds()
	report.Machine.LoadAtEnd = loadAverage()
	report.fill(b.chosen(), b.sides(), tasks)
	if err := report.print(b.out, b.format); err != nil {
		return fmt.Errorf("print results: %w", err)
	}
	return report.verdict()
}

func (b *bench) makeDir() (err error) {
	if b.dir = b.keep; b.dir == "" {
		b.dir, err = os.MkdirTemp("", "streamrec-bench-")
	} else {
		err = os.MkdirAll(b.dir, 0o700)
	}
	if err != nil {
		return fmt.Errorf("make folder for diaries: %w", err)
	}
	return nil
}

func (b *bench) tasks() (tasks []*task) {
	for _, s := range b.chosen() {
		for _, side := range b.sides() {
			if s.has(side) {
				tasks = append(tasks, &task{section: s, side: side})
			}
		}
	}
	return tasks
}

// measure fills the tasks: those that may have company some at a time, then the others one by one. The first failure ends the others, and with them their workers.
func (b *bench) measure(ctx context.Context, tasks []*task) error {
	var company, alone []*task
	for _, t := range tasks {
		if t.section.alone && !b.quick {
			alone = append(alone, t)
		} else {
			company = append(company, t)
		}
	}
	if err := b.measureAtATime(ctx, company, b.width(len(company))); err != nil {
		return err
	}
	return b.measureAtATime(ctx, alone, 1)
}

func (b *bench) measureAtATime(ctx context.Context, tasks []*task, width int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(width)
	for _, t := range tasks {
		g.Go(func() error { return b.carryOut(ctx, t) })
	}
	return g.Wait()
}

// cellTime bounds a cell, whatever happens in it.
const cellTime = 40 * time.Minute

func (b *bench) carryOut(ctx context.Context, t *task) (err error) {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, cellTime)
	defer cancel()
	name := t.section.name + ", " + t.side.title()
	c := &cell{side: t.side, quick: b.quick, dir: filepath.Join(b.dir, t.section.name+"-"+string(t.side)), dice: rand.New(rand.NewPCG(1, 2))}
	c.say = func(format string, args ...any) { b.progress.say(name, fmt.Sprintf(format, args...)) }
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return fmt.Errorf("make folder for diaries: %w", err)
	}
	t.figures, err = t.section.measure(ctx, c)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b.progress.done(name)
	return nil
}
