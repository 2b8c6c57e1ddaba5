package http

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"redshank/plugin/delivery"
	"redshank/plugin/delivery/sinktest"
)

func newHTTP(t *testing.T, c Config) *Sink {
	t.Helper()
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// posts is a receiver that keeps all requests and answers with status, or with 200
// if status is 0.
type posts struct {
	*httptest.Server
	status func(n []int) int
	header http.Header // of the answers

	mu       sync.Mutex
	requests []*http.Request
	got      []int // numbers of the alerts taken
}

func listenHTTP(t *testing.T, status func(n []int) int) *posts {
	p := &posts{status: status, header: http.Header{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *posts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, err := readPost(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r)
	code := http.StatusOK
	switch {
	case err != nil:
		code = http.StatusTeapot
	case p.status != nil:
		code = max(p.status(n), code)
	}
	if code == http.StatusOK {
		p.got = append(p.got, n...)
	}
	for name := range p.header {
		w.Header().Set(name, p.header.Get(name))
	}
	w.WriteHeader(code)
	_, _ = io.WriteString(w, strings.Repeat("what I think of it ", 1<<13))
}

func readPost(r *http.Request) (n []int, err error) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			return nil, err
		}
	}
	type doc struct{ N int }
	var docs []doc
	dec := json.NewDecoder(body)
	if r.Header.Get("Content-Type") == "application/json" {
		err = dec.Decode(&docs)
	} else {
		for err == nil && dec.More() {
			var d doc
			err = dec.Decode(&d)
			docs = append(docs, d)
		}
	}
	for _, d := range docs {
		n = append(n, d.N)
	}
	return n, err
}

func TestHTTPPosts(t *testing.T) {
	sinktest.Leakless(t)
	for _, array := range []bool{false, true} {
		for _, compress := range []bool{false, true} {
			p := listenHTTP(t, nil)
			h := newHTTP(t, Config{URL: p.URL + "/alerts?token=t", Array: array, Gzip: compress, Agent: "redshank/1",
				Headers: "Authorization: Bearer a:b;c | X-Scope-OrgID:soc"})
			for first := range 3 {
				if n, err := h.Deliver(sinktest.Numbered(first*2+1, 2)); n != 2 || err != nil {
					t.Fatal(n, err)
				}
			}
			r := p.requests[0]
			if !slices.Equal(p.got, []int{1, 2, 3, 4, 5, 6}) || r.Method != "POST" || r.URL.String() != "/alerts?token=t" ||
				r.Header.Get("Authorization") != "Bearer a:b;c" || r.Header.Get("X-Scope-Orgid") != "soc" || r.Header.Get("User-Agent") != "redshank/1" {
				t.Errorf("%v: %v", p.got, r)
			}
		}
	}
}

func TestHTTPVerdicts(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		code  int
		after string
		want  string
	}{
		{200, "", "taken"}, {201, "", "taken"}, {204, "", "taken"},
		{301, "", "again"}, {307, "", "again"}, {304, "", "again"},
		{400, "", "refused"}, {413, "", "refused"}, {418, "", "refused"}, {422, "", "refused"},
		{400, "7", "refused"},
		{401, "", "again"}, {403, "", "again"}, {404, "", "again"}, {408, "", "again"}, {429, "", "again"},
		{500, "", "again"}, {502, "", "again"}, {503, "", "again"}, {599, "", "again"},
		{429, "7", "later 7s"}, {503, "90", "later 1m30s"}, {503, "0", "again"}, {503, "-1", "again"}, {503, "soon", "again"},
		{503, "99999999999999999999", "again"}, {503, "86400", "later 5m0s"},
		{429, "Mon, 02 Mar 2026 08:00:20 GMT", "later 20s"}, {429, "Mon, 02 Mar 2026 07:00:00 GMT", "again"},
		{429, "Tue, 02 Mar 2027 08:00:20 GMT", "later 5m0s"},
	} {
		err := errorOf(&http.Response{StatusCode: c.code, Header: http.Header{"Retry-After": {c.after}}}, nil, now)
		got := "again"
		var later *delivery.Later
		switch {
		case err == nil:
			got = "taken"
		case errors.As(err, new(*delivery.Rejected)):
			got = "refused"
		case errors.As(err, &later):
			got = "later " + later.After.String()
		}
		if got != c.want {
			t.Errorf("%d %q: %s (want %s): %v", c.code, c.after, got, c.want, err)
		}
	}
}

// One alert that the receiver cannot take costs no other.
func TestHTTPFindsTheOneAtFault(t *testing.T) {
	sinktest.Leakless(t)
	p := listenHTTP(t, func(n []int) int {
		if slices.Contains(n, 70) || slices.Contains(n, 71) {
			return 400
		}
		return 0
	})
	spool := sinktest.Spool(t, t.TempDir())
	sinktest.Put(t, spool, sinktest.Numbered(1, 200))
	var log sinktest.Log
	s := sinktest.Sender(spool, newHTTP(t, Config{URL: p.URL}), &log)
	sinktest.Sent(t, spool)
	_ = s.Stop(time.Minute)
	var dead []string
	_ = spool.DeadLetters(func(m delivery.Message) { dead = append(dead, m.ID) })
	if len(p.got) != 198 || !slices.IsSorted(p.got) || !slices.Equal(dead, []string{"rs-000070", "rs-000071"}) {
		t.Errorf("%v, dead %s", p.got, dead)
	}
	if len(p.requests) > 40 {
		t.Errorf("%d requests for it", len(p.requests))
	}
	_, _ = spool.Close()
}

func TestHTTPFollowsNoRedirect(t *testing.T) {
	elsewhere := listenHTTP(t, nil)
	p := listenHTTP(t, func([]int) int { return http.StatusTemporaryRedirect })
	p.header.Set("Location", elsewhere.URL+"/secret-path")
	h := newHTTP(t, Config{URL: p.URL, Headers: "Authorization: Bearer secret"})
	n, err := h.Deliver(sinktest.Numbered(1, 1))
	if n != 0 || err == nil || !strings.Contains(err.Error(), "not followed") || strings.Contains(err.Error(), "secret") || len(elsewhere.requests) > 0 {
		t.Error(n, err, len(elsewhere.requests))
	}
}

// Neither the header's value nor the query nor a password may reach the log.
func TestHTTPErrorsKeepSecrets(t *testing.T) {
	p := listenHTTP(t, nil)
	p.Close()
	to := strings.Replace(p.URL, "http://", "http://user:secret@", 1) + "/path?token=secret"
	_, err := newHTTP(t, Config{URL: to, Headers: "Authorization: secret"}).Deliver(sinktest.Numbered(1, 1))
	errs := []error{err}
	for _, c := range []Config{
		{URL: "http://user:secret@[::1"}, {URL: "ftp://user:secret@x/"}, {URL: "secret"}, {URL: "http://"}, {},
		{URL: to, Headers: "secret"}, {URL: to, Headers: "X: secret | secret"}, {URL: to, Headers: "Host: secret"},
		{URL: to, Headers: "X y: secret"}, {URL: to, Headers: "X: secret\r\nY: secret"}, {URL: to, Headers: ": secret"},
		{URL: "https://x", TLS: delivery.TLSConfig{CAFile: "/absent/ca.pem"}},
	} {
		_, err := New(c)
		errs = append(errs, err)
	}
	for i, err := range errs {
		if err == nil || !strings.HasPrefix(err.Error(), "http") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestHTTPBadReceivers(t *testing.T) {
	sinktest.Leakless(t)
	for name, answer := range map[string]string{
		"closed":         "",
		"garbage":        "\x81\xa3ack\xa5other\r\n\r\n",
		"endless header": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20),
		"cut header":     "HTTP/1.1 200 OK\r\nX: ",
	} {
		r := sinktest.Listen(t, func(_ *sinktest.Receiver, conn net.Conn) {
			_, _ = conn.Read(make([]byte, 1<<16))
			_, _ = io.WriteString(conn, answer)
		})
		n, err := newHTTP(t, Config{URL: "http://" + r.Addr().String()}).Deliver(sinktest.Numbered(1, 1))
		if n != 0 || err == nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	// An answer that never ends is an answer all the same.
	r := sinktest.Listen(t, func(_ *sinktest.Receiver, conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1<<16))
		_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		for err == nil {
			_, err = conn.Write(make([]byte, 1<<10))
		}
	})
	if n, err := newHTTP(t, Config{URL: "http://" + r.Addr().String()}).Deliver(sinktest.Numbered(1, 1)); n != 1 || err != nil {
		t.Error(n, err)
	}
}

func TestHTTPWaitsNoLongerThanItsTimeout(t *testing.T) {
	sinktest.Leakless(t)
	r := sinktest.Listen(t, func(_ *sinktest.Receiver, conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	h := newHTTP(t, Config{URL: "http://" + r.Addr().String(), Timeout: 30 * time.Millisecond})
	if n, err := h.Deliver(sinktest.Numbered(1, 1)); n != 0 || err == nil {
		t.Error(n, err)
	}
}

func TestHTTPCloseEndsDeliver(t *testing.T) {
	sinktest.Leakless(t)
	entered := make(chan struct{})
	r := sinktest.Listen(t, func(_ *sinktest.Receiver, conn net.Conn) {
		close(entered)
		_, _ = io.Copy(io.Discard, conn)
	})
	h := newHTTP(t, Config{URL: "http://" + r.Addr().String(), Timeout: time.Hour})
	done := make(chan error)
	go func() {
		_, err := h.Deliver(sinktest.Numbered(1, 1))
		done <- err
	}()
	<-entered
	_ = h.Close()
	if err := <-done; err == nil {
		t.Error("delivered")
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add("Authorization: Bearer x | X-Y: z")
	f.Fuzz(func(t *testing.T, text string) {
		header, err := parseHeaders(text)
		if err != nil {
			return
		}
		for name, values := range header {
			if !isToken(name) || ownHeaders[name] || strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
				t.Errorf("%q", header)
			}
		}
	})
}
