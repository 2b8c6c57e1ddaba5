package collect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// disk is an output that a crash may hit: what was not synced is lost then.
type disk struct {
	buffered, synced []string
	left             int // writes and syncs until everything fails; < 0: never
}

var errDisk = errors.New("disk full")

func (d *disk) fails() bool {
	if d.left == 0 {
		return true
	}
	d.left--
	return false
}

func (d *disk) write(line []byte) error {
	if d.fails() {
		d.buffered = nil
		return errDisk
	}
	d.buffered = append(d.buffered, string(line))
	return nil
}

func (d *disk) sync() error {
	if d.fails() {
		d.buffered = nil
		return errDisk
	}
	d.synced, d.buffered = append(d.synced, d.buffered...), nil
	return nil
}

func (d *disk) close() error { return d.sync() }

// poller is one process that collects from a tenant.
type poller struct {
	*collector
	t      *testing.T
	tenant *tenant
	disk   *disk
	log    bytes.Buffer
	slept  []time.Duration
}

func testOptions(t *testing.T, s *tenant) Options {
	o := Defaults()
	o.Tenant, o.Client, o.Secret = testTenant, testClient, testSecret
	o.Login, o.Management, o.Graph = s.URL, s.URL, s.URL
	o.Audit, o.SignIns = []string{"Audit.Exchange"}, []string{"interactiveUser"}
	o.State, o.Out = t.TempDir(), Stdout
	return o
}

// newPoller returns a poller whose clock is the tenant's and whose pauses take no time.
func newPoller(t *testing.T, s *tenant, o Options) *poller {
	t.Helper()
	p := &poller{t: t, tenant: s, disk: &disk{left: -1}}
	var err error
	if p.collector, err = newCollector(o, io.Discard, slog.New(slog.NewTextHandler(&p.log, nil))); err != nil {
		t.Fatal(err)
	}
	for _, c := range p.clients {
		c.sleep = func(_ context.Context, d time.Duration) error {
			p.slept = append(p.slept, d)
			return nil
		}
	}
	for _, f := range p.feeds {
		f.out, f.now = p.disk, func() time.Time { return s.now }
	}
	return p
}

// pass makes one pass of every feed, and moves the clock on by a minute.
func (p *poller) pass() error {
	var errs []error
	for _, f := range p.feeds {
		errs = append(errs, f.pass(p.t.Context()))
	}
	p.tenant.now = p.tenant.now.Add(time.Minute)
	return errors.Join(errs...)
}

func (p *poller) mustPass() {
	p.t.Helper()
	if err := p.pass(); err != nil {
		p.t.Fatal(err)
	}
}

// ids returns how often each record was made safe.
func ids(t *testing.T, lines []string) map[string]int {
	t.Helper()
	all := map[string]int{}
	for _, line := range lines {
		var record struct{ ID string }
		if err := json.Unmarshal([]byte(line), &record); err != nil || strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
			t.Errorf("not one line of JSON: %q: %v", line, err)
		}
		all[record.ID]++
	}
	return all
}

// exactly fails the test where want is not what was collected, each once.
func (p *poller) exactly(want ...string) {
	p.t.Helper()
	got := ids(p.t, p.disk.synced)
	for _, id := range want {
		if got[id] != 1 {
			p.t.Errorf("%s: %d times", id, got[id])
		}
		delete(got, id)
	}
	if len(got) > 0 {
		p.t.Errorf("not expected: %v", got)
	}
}

func (p *poller) logged(want string) {
	p.t.Helper()
	if !strings.Contains(p.log.String(), want) {
		p.t.Errorf("no %q in the log:\n%s", want, p.log.String())
	}
}

func cut(length int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, body[:length]) }
}

// drop ends the connection without an answer.
func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// some fills a tenant with eight blobs and eight sign-ins of the last hours.
func some(s *tenant) (all []string) {
	for i := range 8 {
		at := s.now.Add(-time.Duration(i)*20*time.Minute - time.Minute)
		all = append(all, s.add(fmt.Sprint("blob", i), at, 3)...)
		id := fmt.Sprint("signin", i)
		s.signIn(id, at)
		all = append(all, id)
	}
	return all
}

func TestCollects(t *testing.T) {
	s := newTenant(t)
	want := some(s)
	p := newPoller(t, s, testOptions(t, s))
	p.mustPass()
	p.exactly(want...)
	if n := s.count("subscriptions/start"); n != 1 {
		t.Errorf("%d subscriptions started", n)
	}
	// What is new comes; what was there does not come again.
	want = append(want, s.add("blob8", s.now.Add(-time.Second), 2)...)
	s.signIn("signin8", s.now.Add(-time.Second))
	p.mustPass()
	p.mustPass()
	p.exactly(append(want, "signin8")...)
	if n := s.count("audit/blob3"); n != 1 {
		t.Errorf("blob3 fetched %d times", n)
	}
}

// Both services publish records late.
func TestCollectsLate(t *testing.T) {
	s := newTenant(t)
	p := newPoller(t, s, testOptions(t, s))
	p.mustPass()
	soon := s.add("soon", noon.Add(-30*time.Minute), 1)
	s.signIn("signin-soon", noon.Add(-20*time.Minute))
	p.mustPass()
	p.exactly(append(soon, "signin-soon")...)
	late := s.add("late", noon.Add(-10*time.Hour), 1)
	s.signIn("signin-late", noon.Add(-4*time.Hour))
	s.now = noon.Add(time.Hour)
	p.mustPass()
	p.exactly(append(slices.Concat(soon, late), "signin-soon", "signin-late")...)
}

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
	s := newTenant(t)
	want := some(s)
	whole := "[" + strings.Join(s.blobs[1].records, ",\n") + "]"
	for length := range len(whole) {
		s.now = noon
		s.spoils = nil
		s.spoil("blob1", 1, cut(length, whole))
		p := newPoller(t, s, testOptions(t, s))
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
	s := newTenant(t)
	o := testOptions(t, s)
	o.SignIns = nil
	s.add("bad", noon.Add(-time.Minute), 3)
	s.spoil("audit/bad", 1000, cut(30, `[{"Id":"bad-0","Operation":"x"},{"Id":`))
	p := newPoller(t, s, o)
	for range 24*7*4 + 8 {
		if err := p.pass(); err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(14 * time.Minute)
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

// Whenever the process ends or its disk fails, the next one loses nothing.
func TestRestartLosesNothing(t *testing.T) {
	for steps := 0; ; steps++ {
		s := newTenant(t)
		want := some(s)
		s.spoil("blob6", 1, cut(60, "["+strings.Join(s.blobs[6].records, ",")+"]"))
		o := testOptions(t, s)
		p := newPoller(t, s, o)
		p.disk.left = steps
		died := p.pass() != nil
		safe := ids(t, p.disk.synced)
		p = newPoller(t, s, o)
		p.mustPass()
		p.mustPass()
		maps.Copy(safe, ids(t, p.disk.synced))
		for _, id := range want {
			if safe[id] == 0 {
				t.Errorf("end after %d steps: %s is lost", steps, id)
			}
		}
		if s.Close(); !died {
			if steps < len(want) {
				t.Errorf("only %d steps", steps)
			}
			return
		}
	}
}

// The same process goes on after its disk was full.
func TestFullDiskLosesNothing(t *testing.T) {
	for steps := range 40 {
		s := newTenant(t)
		want := some(s)
		p := newPoller(t, s, testOptions(t, s))
		p.disk.left = steps
		_ = p.pass()
		p.disk.left = -1
		p.mustPass()
		got := ids(t, p.disk.synced)
		for _, id := range want {
			if got[id] == 0 {
				t.Errorf("full after %d steps: %s is lost", steps, id)
			}
		}
		s.Close()
	}
}

// A token goes to nobody but the interface it is for.
func TestForeignLinksRefused(t *testing.T) {
	other := newTenant(t)
	for _, c := range []struct{ part, header, body string }{
		{"signIns", "", `{"value":[],"@odata.nextLink":"` + other.URL + `/beta/auditLogs/signIns"}`},
		{"subscriptions/content", "", `[{"contentId":"x","contentUri":"` + other.URL + `/api","contentCreated":"2026-03-10T11:00:00Z"}]`},
		{"subscriptions/content", other.URL + "/next", `[]`},
	} {
		s := newTenant(t)
		s.spoil(c.part, 1, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("NextPageUri", c.header)
			fmt.Fprint(w, c.body)
		})
		s.spoil(c.part, 1, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
		p := newPoller(t, s, testOptions(t, s))
		_, _ = p.pass(), p.pass()
		if len(other.requests) > 0 {
			t.Errorf("%s: a token was sent elsewhere: %v", c.part, other.requests)
		}
		if !strings.Contains(p.log.String(), "want a link to") && c.part != "signIns" && c.header == "" {
			t.Errorf("nothing said: %s", p.log.String())
		}
	}
}

// No secret gets into the log, an error or the checkpoint.
func TestSecretsAreHidden(t *testing.T) {
	s := newTenant(t)
	some(s)
	o := testOptions(t, s)
	p := newPoller(t, s, o)
	s.spoil("oauth2", 1, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, r.PostForm.Encode()) // a proxy that repeats what it got
	})
	s.spoil("blob1", 5, drop)
	text := fmt.Sprint(p.pass(), p.pass())
	o.Secret = "wr0ng~value"
	err := Run(t.Context(), o, io.Discard, slog.New(slog.NewTextHandler(&p.log, nil)))
	if err == nil || !strings.Contains(err.Error(), "invalid_client AADSTS7000215") {
		t.Errorf("error: %v", err)
	}
	text += fmt.Sprint(err) + p.log.String()
	files, _ := filepath.Glob(o.State + "/*")
	for _, path := range files {
		content, _ := os.ReadFile(path)
		text += string(content)
	}
	for _, secret := range []string{testSecret, "s3cret", "wr0ng", "token-"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is told in %s", secret, text)
		}
	}
	if len(files) != 2 {
		t.Errorf("checkpoints %v", files)
	}
}
