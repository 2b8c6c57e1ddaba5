package collect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

// disk is an output that a crash may hit: what was not synced is lost then.
type disk struct {
	buffered, synced []string
	left             int  // writes and syncs until everything fails; < 0: never
	once             bool // only one of them fails
}

var errDisk = errors.New("disk full")

func (d *disk) fails() bool {
	full := d.left == 0
	if !full || d.once {
		d.left--
	}
	return full
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
