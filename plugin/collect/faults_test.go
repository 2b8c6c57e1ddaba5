package collect

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCollectsThrottled(t *testing.T) {
	s := newTenant(t)
	want := some(s)
	s.spoil("signIns", 2, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "17")
		refuse(w, http.StatusTooManyRequests, "TooManyRequests", "")
	})
	s.spoil("blob2", 1, func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, "AF429", "Too many requests. Method=GetBlob")
	})
	s.spoil("subscriptions/content", 1, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "86400") // more than anybody should wait
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	p := newPoller(t, s, testOptions(t, s))
	p.mustPass()
	p.exactly(want...)
	if !slices.Contains(p.slept, 17*time.Second) || slices.Max(p.slept) != mostPause || len(p.slept) != 4 {
		t.Errorf("pauses %v", p.slept)
	}
}

// A service that throttles for ever ends the pass, and the next goes on.
func TestCollectsAfterLongThrottling(t *testing.T) {
	s := newTenant(t)
	want := some(s)
	s.spoil("audit/", maxAttempts, func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusTooManyRequests, "AF429", "") })
	p := newPoller(t, s, testOptions(t, s))
	if err := p.pass(); !hasCode(err, "AF429") {
		t.Fatal(err)
	}
	p.mustPass()
	p.exactly(want...)
}

func TestCollectsExpired(t *testing.T) {
	s := newTenant(t)
	want := some(s)
	s.spoil("blob1", 1, func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusBadRequest, "AF20051", "expired") })
	p := newPoller(t, s, testOptions(t, s))
	p.mustPass()
	p.mustPass()
	p.exactly(slices.DeleteFunc(want, func(id string) bool { return strings.HasPrefix(id, "blob1-") })...)
	p.logged("content is lost")
	if n := s.count("audit/blob1"); n != 1 {
		t.Errorf("asked for expired content %d times", n)
	}
}

// The poller was off for longer than the service keeps records.
func TestCollectsAfterAGap(t *testing.T) {
	s := newTenant(t)
	o := testOptions(t, s)
	p := newPoller(t, s, o)
	p.mustPass()
	s.add("lost", noon.Add(time.Hour), 1)
	s.now = noon.Add(20 * 24 * time.Hour)
	want := some(s)
	p = newPoller(t, s, o)
	p.mustPass()
	p.exactly(want...)
	p.logged(`records are lost: the service no longer has them" feed=audit.exchange from=2026-03-10T12:00:00.000Z`)
}

// A blob that ends too early: what is there comes at once, the rest later, and
// nothing twice; other blobs do not wait.
func TestCollectsTruncatedBlob(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	want := some(s)
	whole := "[" + strings.Join(s.blobs[1].records, ",\n") + "]"
	for length := 0; length < len(whole); length += 4 {
		s.now = noon
		o := testOptions(t, s)
		o.Since = 4 * time.Hour
		s.spoils = nil
		s.spoil("blob1", 1, cut(length, whole))
		p := newPoller(t, s, o)
		p.mustPass()
		if n := len(ids(t, p.disk.synced)); n < len(want)-3 || n > len(want) {
			t.Errorf("cut at %d: %d records", length, n)
		}
		p.logged("fetched again later")
		p.mustPass()
		p.exactly(want...)
	}
}

func TestCollectsTruncatedLists(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	want := some(s)
	p := newPoller(t, s, testOptions(t, s))
	for _, spoil := range []struct {
		part   string
		answer func(http.ResponseWriter, *http.Request)
	}{
		{"signIns", cut(60, `{"@odata.context":"x","value":[{"id":"signin0","createdDateTime":"2026-03-10T11:59:00Z"},`)},
		{"signIns", cut(17, `{"value":[],"x":1}`)},
		{"signIns", cut(0, "")},
		{"signIns", cut(15, `<html>nothing</html>`)},
		{"subscriptions/content", cut(1, `[`)},
		{"subscriptions/content", cut(4, `null`)},
		{"subscriptions/list", cut(3, `[{"`)},
	} {
		s.spoil(spoil.part, 1, spoil.answer)
		if err := p.pass(); err == nil {
			t.Errorf("%s: no error", spoil.part)
		}
		s.spoils = nil
		p.feeds[0].source.(*audit).enabled = false
	}
	p.mustPass()
	p.exactly(want...)
}

// Tokens end before their time.
func TestCollectsWithNewTokens(t *testing.T) {
	s := newTenant(t)
	want := some(s)
	p := newPoller(t, s, testOptions(t, s))
	for range 5 {
		s.spoil("", 1, func(w http.ResponseWriter, r *http.Request) { s.tokens++; s.answer(w, r) })
		s.spoil("", 3, s.answer)
	}
	p.mustPass()
	p.exactly(want...)
	if n := s.count("oauth2"); n < 5 {
		t.Errorf("%d tokens", n)
	}
}

func TestCollectsOverCutConnections(t *testing.T) {
	s := newTenant(t)
	want := some(s)
	for _, part := range []string{"oauth2", "list", "content", "blob0", "blob4", "signIns"} {
		s.spoil(part, 2, drop)
	}
	// A connection that ends in the middle of a body of known length.
	s.spoil("blob5", 1, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `[{"Id":"blob5-0"},`)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	p := newPoller(t, s, testOptions(t, s))
	p.mustPass()
	p.mustPass()
	p.exactly(want...)
}

// A service that is away ends the pass soon; nothing is given up.
func TestCollectsAfterAnOutage(t *testing.T) {
	s := newTenant(t)
	want := some(s)
	s.spoil("audit/", 1000, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	p := newPoller(t, s, testOptions(t, s))
	if err := p.pass(); !hasStatus(err, http.StatusInternalServerError) {
		t.Fatal(err)
	}
	if n := s.count("audit/"); n != maxFailures*maxAttempts {
		t.Errorf("%d requests to a service that is away", n)
	}
	s.spoils = nil
	s.now = s.now.Add(time.Hour)
	p.mustPass()
	p.exactly(want...)
}

// Content that never becomes readable is tried less and less, and given up when it expires.
func TestCollectsUnreadable(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	o := testOptions(t, s)
	o.SignIns = nil
	s.add("bad", noon.Add(-time.Minute), 3)
	s.spoil("audit/bad", 1000, cut(30, `[{"Id":"bad-0","Operation":"x"},{"Id":`))
	p := newPoller(t, s, o)
	for range 24*7 + 8 {
		if err := p.pass(); err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(time.Hour)
	}
	p.exactly() // 30 bytes are less than a record
	p.logged("could not be read before it expired")
	if n := s.count("audit/bad"); n < 50 || n > 200 {
		t.Errorf("%d attempts", n)
	}
	if n := len(p.feeds[0].state.Pending); n != 0 {
		t.Errorf("%d still pending", n)
	}
}

// An administrator disables the subscription.
func TestCollectsAfterDisabling(t *testing.T) {
	s := newTenant(t)
	p := newPoller(t, s, testOptions(t, s))
	p.mustPass()
	clear(s.enabled)
	s.now = noon.Add(time.Hour)
	if err := p.pass(); !hasCode(err, "AF20022") {
		t.Fatal(err)
	}
	want := s.add("after", s.now.Add(-time.Minute), 1)
	p.mustPass()
	p.exactly(want...)
	clear(s.enabled) // again, soon: the service refuses a second start within 15 minutes
	for range 2 {
		if p.pass() == nil {
			t.Error("no error without a subscription")
		}
	}
	if n := s.count("subscriptions/start"); n != 2 {
		t.Errorf("%d starts", n)
	}
}
