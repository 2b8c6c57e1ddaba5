package main

import (
	"time"

	"redshank/test/world/lines"
)

// chunkSize is the approximate size of an agent's chunk in bytes.
const chunkSize = 1 << 20

// flushEvery is the flush interval of an agent.
const flushEvery = time.Minute

// play passes all lines of a world to an engine, in chunks of one tag like an agent,
// and returns the number of lines.
func play(w labelled, e *engine) (count int, err error) {
	chunks := map[string][]byte{}
	var order []string
	var until time.Time
	hand := func(at time.Time) {
		for _, tag := range order {
			if c := chunks[tag]; len(c) > 0 && err == nil {
				err = e.observe(tag, c, at)
			}
			chunks[tag] = chunks[tag][:0]
		}
		order = order[:0]
	}
	w.Play(func(l lines.Line) bool {
		if l.Arrives.After(until) {
			hand(until)
			until = l.Arrives.Truncate(flushEvery).Add(flushEvery)
		}
		if len(chunks[l.Tag]) == 0 {
			order = append(order, l.Tag)
		}
		chunks[l.Tag] = l.Pack(chunks[l.Tag], l.Arrives)
		if len(chunks[l.Tag]) > chunkSize {
			hand(until)
		}
		count++
		return err == nil
	})
	hand(until)
	return count, err
}
