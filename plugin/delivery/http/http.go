package http

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"redshank/plugin/delivery"
)

// Config says where an HTTP sink sends to.
type Config struct {
	URL     string // http or https
	Array   bool   // one JSON array a request; else NDJSON, a document a line
	Gzip    bool
	Headers string // "Name: value", several with | between them
	TLS     delivery.TLSConfig
	Timeout time.Duration // of each step and of a whole request; 0: delivery.DefaultTimeout
	Agent   string        // User-Agent
}

// HTTP posts messages. A batch is out when the receiver answers 2xx; what it
// answers otherwise is in verdictOf.
type Sink struct {
	url    string
	shown  string // without what may be secret
	array  bool
	gzip   bool
	header http.Header
	client *http.Client
	most   int // messages a request; fewer after the receiver refused more

	ctx   context.Context // of all requests: ended by Close
	abort context.CancelFunc
}

// New checks c; it connects at the first delivery only.
func New(c Config) (*Sink, error) {
	to, err := url.Parse(c.URL)
	switch {
	case err != nil: // whose text has the URL with its secrets
		return nil, errors.New("http: not a URL (want https://host/path)")
	case to.Scheme != "http" && to.Scheme != "https", to.Host == "":
		return nil, fmt.Errorf("http: scheme %q, host %q (want https://host/path)", to.Scheme, to.Host)
	}
	h := &Sink{url: c.URL, shown: to.Scheme + "://" + to.Host + to.Path, array: c.Array, gzip: c.Gzip, most: delivery.MaxBatch}
	if h.header, err = parseHeaders(c.Headers); err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	h.defaults(c.Agent)
	config, err := c.TLS.Client("")
	if err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = delivery.DefaultTimeout
	}
	h.client = newClient(config, timeout)
	h.ctx, h.abort = context.WithCancel(context.Background())
	return h, nil
}

// defaults are the headers that the options may change, and those of the body
// that they may not.
func (h *Sink) defaults(agent string) {
	h.setDefault("User-Agent", agent)
	if h.array {
		h.setDefault("Content-Type", "application/json")
	} else {
		h.setDefault("Content-Type", "application/x-ndjson")
	}
	if h.gzip {
		h.header.Set("Content-Encoding", "gzip")
	}
}

func (h *Sink) setDefault(name, value string) {
	if h.header.Get(name) == "" {
		h.header.Set(name, value)
	}
}

// newClient keeps one connection for the sender that uses it alone. A proxy is
// taken from the environment, as Fluent Bit itself does.
func newClient(config *tls.Config, timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout,
		// Followed, a redirect would carry alerts and secrets to whomever an
		// answer names.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: timeout}).DialContext,
			TLSClientConfig:        config,
			TLSHandshakeTimeout:    timeout,
			ResponseHeaderTimeout:  timeout,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        time.Minute,
			ForceAttemptHTTP2:      true,
		},
	}
}

// Deliver posts messages until one request fails. Where the receiver refuses
// several for what is in them, it is given ever fewer, until the one at fault
// is found; what is in between is out meanwhile.
func (h *Sink) Deliver(messages []delivery.Message) (done int, err error) {
	for done < len(messages) && err == nil {
		n := min(h.most, len(messages)-done)
		err = h.post(messages[done : done+n])
		switch {
		case err == nil:
			done += n
			h.most = min(2*h.most, delivery.MaxBatch)
		case errors.As(err, new(*delivery.Rejected)) && n > 1:
			h.most, err = n/2, nil
		}
	}
	if err != nil {
		err = fmt.Errorf("http %s: %w", h.shown, err)
	}
	return done, err
}

// post is one request. Its time, the reading of the answer included, is that
// of the client.
func (h *Sink) post(messages []delivery.Message) error {
	body, err := h.body(messages)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(h.ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return withoutURL(err)
	}
	request.Header = h.header.Clone()
	answer, err := h.client.Do(request)
	if err != nil {
		return withoutURL(err)
	}
	// What stands in the answer is read to its end, so that the connection can
	// serve again, but no further than a receiver in its right mind would write.
	said, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswerBody))
	_ = answer.Body.Close()
	return verdictOf(answer, said, time.Now())
}

// body is made anew for each attempt: to keep it would cost the memory of a
// batch through a whole outage, and to make it costs microseconds.
func (h *Sink) body(messages []delivery.Message) ([]byte, error) {
	var b bytes.Buffer
	open, between, end := "", "\n", "\n"
	if h.array {
		open, between, end = "[", ",", "]"
	}
	b.WriteString(open)
	for i, m := range messages {
		if i > 0 {
			b.WriteString(between)
		}
		b.Write(m.JSON)
	}
	b.WriteString(end)
	if !h.gzip {
		return b.Bytes(), nil
	}
	return delivery.Gzip(b.Bytes())
}

// withoutURL takes the URL out of an error: its query may hold a token.
func withoutURL(err error) error {
	var with *url.Error
	if errors.As(err, &with) {
		return with.Err
	}
	return err
}

// Close ends a request under way and all connections.
func (h *Sink) Close() error {
	h.abort()
	h.client.CloseIdleConnections()
	return nil
}

// parseHeaders reads "Name: value | Name: value". No error shows a value.
func parseHeaders(text string) (http.Header, error) {
	header := http.Header{}
	if strings.TrimSpace(text) == "" {
		return header, nil
	}
	for i, line := range strings.Split(text, "|") {
		name, value, found := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !found || !isToken(name):
			return nil, fmt.Errorf("header %d: no name and value (want Name: value, several with | between them)", i+1)
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			return nil, fmt.Errorf("header %s: control character in the value", name)
		case ownHeaders[http.CanonicalHeaderKey(name)]:
			return nil, fmt.Errorf("header %s: not for the options to set", name)
		}
		header.Add(name, value)
	}
	return header, nil
}

// ownHeaders follow from the request itself.
var ownHeaders = map[string]bool{"Host": true, "Content-Length": true, "Content-Encoding": true, "Transfer-Encoding": true, "Connection": true}

// isToken tells whether name is a token of RFC 9110, the only form of a field
// name; net/http would tell at the first alert and not at start.
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
