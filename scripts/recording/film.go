package main

import (
	"errors"
	"slices"
	"time"
)

// frame is a picture of the film, and when it comes.
type frame struct {
	at    time.Duration
	lines []string
}

// Of the film.
const (
	every = 400 * time.Millisecond // a picture, as long as anything changes
	still = 5 * time.Second        // how long the last one stays
)

// film makes pictures of a cast, which is played so fast that all of it takes length.
func (c cast) film(length time.Duration) (frames []frame, err error) {
	if len(c.events) == 0 || length <= 2*still {
		return nil, errors.New("nothing was recorded, or the film is too short")
	}
	lasted := c.events[len(c.events)-1].at
	speed := float64(lasted) / float64(length-still)
	s, next := newScreen(c.Width, c.Height), 0
	for at := time.Duration(0); at <= length-still; at += every {
		for until := time.Duration(float64(at) * speed); next < len(c.events) && c.events[next].at <= until; next++ {
			if err := s.write(c.events[next].text); err != nil {
				return nil, err
			}
		}
		frames = appended(frames, frame{at, s.picture()})
	}
	for ; next < len(c.events); next++ {
		if err := s.write(c.events[next].text); err != nil {
			return nil, err
		}
	}
	return appended(frames, frame{length - still, s.picture()}), nil
}

// appended leaves out a picture that is like the one before.
func appended(frames []frame, f frame) []frame {
	if n := len(frames); n > 0 && slices.Equal(frames[n-1].lines, f.lines) {
		return frames
	}
	return append(frames, f)
}
