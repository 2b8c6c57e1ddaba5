package collect

import (
	"context"
	"slices"
	"time"
)

const (
	// maxPending bounds the content of one feed that waits to be fetched again.
	maxPending = 10_000
	// mostDelay is the longest pause between two attempts at the same content.
	mostDelay = time.Hour
)

// done remembers that nothing more is to be had of content id.
func (f *feed) done(id string, p *pending) {
	delete(f.state.Pending, id)
	f.state.Known.add(id, p.Created)
}

// postpone puts content down to be fetched again, later each time. It returns
// false when too much is waiting already.
func (f *feed) postpone(id string, p *pending) bool {
	if len(f.state.Pending) >= maxPending && f.state.Pending[id] == nil {
		return false
	}
	p.Next = f.now().Add(min(time.Minute<<min(p.Tries, 10), mostDelay))
	p.Tries++
	if p.Expires.IsZero() {
		p.Expires = p.Created.Add(auditRetention)
	}
	f.state.Pending[id] = p
	return true
}

// again fetches the pending content that is due, the oldest first.
func (a *audit) again(ctx context.Context, f *feed) error {
	now := f.now()
	var due []string
	for id, p := range f.state.Pending {
		switch {
		case now.After(p.Expires):
			f.log.Error("content is lost: it could not be read before it expired", "feed", f.name, "content", capped(id), "records", p.Written)
			f.done(id, p)
		case !now.Before(p.Next):
			due = append(due, id)
		}
	}
	slices.SortFunc(due, func(x, y string) int { return f.state.Pending[x].Created.Compare(f.state.Pending[y].Created) })
	for _, id := range due {
		if err := a.fetch(ctx, f, id, f.state.Pending[id]); err != nil {
			return err
		}
	}
	return nil
}
