package collect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"
)

// A commit is due after this many bytes or this much time.
const (
	commitSize  = 8 << 20
	commitAfter = 5 * time.Second
)

// maxFailures is the number of consecutive failures after which the service counts
// as unavailable and the pass ends.
const maxFailures = 3

// source is one content type or kind of sign-in that a feed collects.
type source interface {
	limits() limits
	// prepare is called before each pass.
	prepare(ctx context.Context, f *feed) error
	// collect emits what the service lists from one time to another, both
	// included, except for what f already knows.
	collect(ctx context.Context, f *feed, from, to time.Time) error
}

// limits are the properties of an interface.
type limits struct {
	retention time.Duration // the service answers nothing older
	overlap   reach         // of each pass
	late      reach         // of the pass once in sweepEvery
	latest    reach         // of the pass once in farSweepEvery; zero: none
}

// reach is how far a pass looks back.
type reach struct {
	back time.Duration
	step time.Duration // longest stretch of time in one listing
}

const (
	sweepEvery    = time.Hour
	farSweepEvery = 6 * time.Hour
)

// feed collects one source into one output.
type feed struct {
	name       string
	source     source
	checkpoint checkpoint
	out        output
	log        *slog.Logger
	now        func() time.Time

	// state is nil where that in the checkpoint counts: at the start, and after
	// records have been lost on the way to the output.
	state     *feedState
	buffer    bytes.Buffer
	written   int       // bytes since the commit
	committed time.Time // the last commit
	records   int       // of this pass
	failures  int       // in a row
}

// pass collects everything up to now. Records written before an error remain
// collected.
func (f *feed) pass(ctx context.Context) error {
	now := f.now().UTC().Truncate(time.Second)
	f.records, f.failures = 0, 0
	if f.state == nil {
		var err error
		if f.state, err = f.checkpoint.load(now); f.state == nil {
			return err
		} else if err != nil {
			f.log.Error("checkpoint is damaged, collection begins anew", "feed", f.name, "err", err)
		}
	}
	f.committed = now
	err := f.source.prepare(ctx, f)
	if err == nil {
		err = f.windows(ctx, now)
	}
	err = errors.Join(err, f.commit())
	if f.records > 0 {
		f.log.Info("collected", "feed", f.name, "records", f.records)
	}
	return err
}

// windows goes through the time up to now in steps.
func (f *feed) windows(ctx context.Context, now time.Time) error {
	due := f.due(now)
	for from := f.begin(now, due); from.Before(now); {
		to := from.Add(due.step)
		if to.After(now) {
			to = now
		}
		if err := f.source.collect(ctx, f, from, to); err != nil {
			return err
		}
		if to.After(f.state.Through) {
			f.state.Through = to
		}
		if err := f.commitDue(); err != nil {
			return err
		}
		from = to
	}
	l := f.source.limits()
	if due == l.late || due == l.latest {
		f.state.Swept = now
	}
	if due == l.latest {
		f.state.SweptFar = now
	}
	return nil
}

// due returns the reach of a pass at now. The two longer ones are sweeps.
func (f *feed) due(now time.Time) reach {
	s, l := f.state, f.source.limits()
	isDue := func(last time.Time, every time.Duration) bool { return now.Sub(last) >= every || last.After(now) }
	switch {
	case l.latest.back > 0 && isDue(s.SweptFar, farSweepEvery):
		return l.latest
	case isDue(s.Swept, sweepEvery):
		return l.late
	}
	return l.overlap
}

// begin returns the start of the period that a pass at now reads.
func (f *feed) begin(now time.Time, due reach) (from time.Time) {
	s, l := f.state, f.source.limits()
	if s.Through.After(now) {
		s.Through = now // the clock was set back
	}
	from = s.Through.Add(-due.back)
	// What has been forgotten would be collected again.
	if known := earlier(s.Known.since(), s.Through); from.Before(known) {
		if due == l.latest || due == l.late {
			f.log.Warn("late records are looked for in a shorter period: there are too many to remember", "feed", f.name, "from", known, "wanted", from)
		}
		from = known
	}
	if oldest := now.Add(-l.retention); from.Before(oldest) {
		if s.Through.Before(oldest) {
			f.log.Error("records are lost: the service no longer has them", "feed", f.name, "from", s.Through, "to", oldest)
		}
		from = oldest
	}
	return from
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// emit writes record, and commits if a commit is due.
func (f *feed) emit(record json.RawMessage) error {
	text := jsonLine(&f.buffer, record)
	if err := f.out.write(text); err != nil {
		f.state = nil
		return err
	}
	f.records++
	f.written += len(text)
	return f.commitDue()
}

// commitDue commits after commitSize or commitAfter.
func (f *feed) commitDue() error {
	if f.written < commitSize && f.now().Sub(f.committed) < commitAfter {
		return nil
	}
	return f.commit()
}

// commit syncs the written records, and then saves the state that covers them.
func (f *feed) commit() error {
	if f.state == nil {
		return nil
	}
	err := f.out.sync()
	if err == nil {
		err = f.checkpoint.save(f.state)
	}
	if err != nil {
		f.state = nil
		return err
	}
	f.written, f.committed = 0, f.now()
	return nil
}

// tooMany counts a failure and reports whether the pass should end.
func (f *feed) tooMany() bool {
	f.failures++
	return f.failures >= maxFailures
}
