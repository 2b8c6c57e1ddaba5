package collect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// auditRetention is what the Management Activity API keeps, less a margin for clocks.
const auditRetention = 7*24*time.Hour - 10*time.Minute

// auditStep is the time of one listing, at most a day.
const auditStep = 6 * time.Hour

// startEvery is the least time between two requests to start a subscription.
const startEvery = 15 * time.Minute

const subscriptionTime = "2006-01-02T15:04:05"

// audit is one content type of the Office 365 Management Activity API. The API
// lists blobs of records by the time at which they became available.
type audit struct {
	client      *apiClient
	tenant      string
	contentType string

	enabled bool      // state of the subscription at the last check
	started time.Time // when its start was last requested
}

func (a *audit) limits() limits {
	return limits{retention: auditRetention, overlap: reach{time.Hour, auditStep}, late: reach{24 * time.Hour, auditStep}}
}

// url returns the address of an operation, with pairs as further parameters.
func (a *audit) url(operation string, pairs ...string) string {
	query := url.Values{"PublisherIdentifier": {a.tenant}} // without it the quota is everybody's
	for i := 0; i < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	u := *a.client.base
	u.Path += "/api/v1.0/" + a.tenant + "/activity/feed/subscriptions/" + operation
	u.RawQuery = query.Encode()
	return u.String()
}

// prepare starts the subscription if it is not enabled, and retries the content
// that could not be fetched before.
func (a *audit) prepare(ctx context.Context, f *feed) error {
	if !a.enabled {
		if err := a.subscribe(ctx, f); err != nil {
			return err
		}
	}
	return a.again(ctx, f)
}

func (a *audit) subscribe(ctx context.Context, f *feed) error {
	r, err := a.client.get(ctx, a.url("list"))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	err = readList(r.Body, func(element json.RawMessage) error {
		var s struct{ ContentType, Status string }
		if err := json.Unmarshal(element, &s); err != nil {
			return err
		}
		a.enabled = a.enabled || s.ContentType == a.contentType && s.Status == "enabled"
		return nil
	})
	if err != nil || a.enabled {
		return err
	}
	if now := f.now(); now.Sub(a.started) >= startEvery {
		a.started = now
		return a.start(ctx, f)
	}
	return fmt.Errorf("%s: subscription is not enabled, its start was requested at %s", a.contentType, a.started.Format(time.DateTime))
}

func (a *audit) start(ctx context.Context, f *feed) error {
	r, err := a.client.do(ctx, http.MethodPost, a.url("start", "contentType", a.contentType))
	if err != nil && !hasCode(err, "AF20024") { // already enabled
		return err
	}
	if err == nil {
		r.Body.Close()
		f.log.Info("subscription started, first content may take 12 hours", "feed", f.name)
	}
	a.enabled = true
	return nil
}

// listedContent is one entry of a listing.
type listedContent struct {
	ID      string    `json:"contentId"`
	URI     string    `json:"contentUri"`
	Created time.Time `json:"contentCreated"`
	Expires time.Time `json:"contentExpiration"`
}

func (a *audit) collect(ctx context.Context, f *feed, from, to time.Time) error {
	next := a.url("content", "contentType", a.contentType,
		"startTime", from.Format(subscriptionTime), "endTime", to.Format(subscriptionTime))
	for pages := 0; next != ""; pages++ {
		if pages == maxPages {
			return fmt.Errorf("content list: more than %d pages", maxPages)
		}
		listed, after, err := a.list(ctx, next)
		if err != nil {
			if hasCode(err, "AF20022", "AF20023") { // none, or disabled by an administrator
				a.enabled = false
			}
			return err
		}
		for _, c := range listed {
			if f.state.Known.has(c.ID) || f.state.Pending[c.ID] != nil {
				continue
			}
			if err := a.fetch(ctx, f, c.ID, &pending{URI: c.URI, Created: c.Created, Expires: c.Expires}); err != nil {
				return err
			}
		}
		next = after
	}
	return nil
}

// list returns the entries of one page and the link to the next page.
func (a *audit) list(ctx context.Context, page string) (listed []listedContent, next string, err error) {
	r, err := a.client.get(ctx, page)
	if err != nil {
		return nil, "", err
	}
	defer r.Body.Close()
	err = readList(r.Body, func(element json.RawMessage) error {
		var c listedContent
		if err := json.Unmarshal(element, &c); err != nil {
			return fmt.Errorf("content list: %w", err)
		}
		listed = append(listed, c)
		return nil
	})
	return listed, r.Header.Get("NextPageUri"), err
}

// fetch emits the records of a blob. A blob that cannot be read completely is
// scheduled for a retry. fetch returns an error only after several such failures
// in a row.
func (a *audit) fetch(ctx context.Context, f *feed, id string, p *pending) error {
	read, err := a.read(ctx, f, p)
	switch {
	case err == nil:
		f.failures = 0
		f.done(id, p)
		return nil
	case f.state == nil, ctx.Err() != nil, hasStatus(err, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests):
		return err // of the output, or of all blobs
	case gone(err):
		f.log.Error("content is lost: the service no longer has it", "feed", f.name, "content", capped(id), "err", err)
		f.done(id, p)
		return nil
	}
	p.Written = max(p.Written, read)
	if !f.postpone(id, p) || f.tooMany() {
		return err
	}
	f.log.Warn("content could not be read whole and is fetched again later", "feed", f.name, "content", capped(id), "records", read, "err", err)
	return nil
}

// read emits the records of a blob after those already written, and returns the
// total number of records in the blob.
func (a *audit) read(ctx context.Context, f *feed, p *pending) (n int, err error) {
	u, err := url.Parse(p.URI)
	if err != nil {
		return 0, err
	}
	query := u.Query()
	query.Set("PublisherIdentifier", a.tenant)
	u.RawQuery = query.Encode()
	r, err := a.client.get(ctx, u.String())
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	err = readList(r.Body, func(record json.RawMessage) error {
		if n >= p.Written {
			if err := f.emit(record); err != nil {
				return err
			}
		}
		n++
		return nil
	})
	return n, err
}
