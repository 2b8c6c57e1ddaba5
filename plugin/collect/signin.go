package collect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

const (
	// signInRetention is what Entra ID keeps with a licence P1 or P2; without
	// one the tenant has no sign-ins in Graph.
	signInRetention = 30 * 24 * time.Hour
	pageSize        = "500"
	// hourlyReach is how late a sign-in may be for the pass once an hour. Later
	// ones are left to the pass once in farSweepEvery.
	hourlyReach = 6 * time.Hour
	// maxPages ends a listing that goes round in circles.
	maxPages = 10_000
)

// signIns is one kind of sign-in in Microsoft Graph, which lists them by the
// time of the sign-in, newest first, and some of them hours late.
type signIns struct {
	client  *apiClient
	version string // of Graph
	kind    string
	late    time.Duration // a sign-in may appear this long after its time
}

func (s *signIns) limits() limits {
	const step = 15 * time.Minute
	l := limits{retention: signInRetention, overlap: reach{30 * time.Minute, step}, late: reach{min(hourlyReach, s.late) + sweepEvery, step}}
	if s.late > hourlyReach {
		l.latest = reach{s.late + farSweepEvery, 2 * time.Hour}
	}
	return l
}

func (s *signIns) prepare(context.Context, *feed) error { return nil }

func (s *signIns) collect(ctx context.Context, f *feed, from, to time.Time) error {
	next := s.url(from, to)
	for pages := 0; next != ""; pages++ {
		if pages == maxPages {
			return fmt.Errorf("sign-ins: more than %d pages", maxPages)
		}
		var err error
		if next, err = s.page(ctx, f, next); err != nil {
			return err
		}
	}
	return nil
}

// url returns the address of the first page.
func (s *signIns) url(from, to time.Time) string {
	filter := fmt.Sprintf("createdDateTime ge %s and createdDateTime le %s", from.Format(time.RFC3339), to.Format(time.RFC3339))
	if s.version != "v1.0" {
		filter += fmt.Sprintf(" and signInEventTypes/any(t: t eq '%s')", s.kind)
	}
	u := *s.client.base
	u.Path += "/" + s.version + "/auditLogs/signIns"
	u.RawQuery = url.Values{"$filter": {filter}, "$top": {pageSize}}.Encode()
	return u.String()
}

// page emits the new records of a page and returns the link to the next page.
func (s *signIns) page(ctx context.Context, f *feed, address string) (next string, err error) {
	r, err := s.client.get(ctx, address)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	return readPage(r.Body, func(record json.RawMessage) error {
		var head struct {
			ID      string    `json:"id"`
			Created time.Time `json:"createdDateTime"`
		}
		_ = json.Unmarshal(record, &head) // without an id it is new
		if head.ID != "" && f.state.Known.has(head.ID) {
			return nil
		}
		if err := f.emit(record); err != nil {
			return err
		}
		if head.ID != "" {
			f.state.Known.add(head.ID, head.Created)
		}
		return nil
	})
}
