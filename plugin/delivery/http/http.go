// Package http is the sink that posts alerts to a URL.
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

// Config describes the receiver of a Sink and the form of its requests.
type Config struct {
	URL     string // http or https
	Array   bool   // one JSON array per request instead of one document a line (NDJSON)
	Single  bool   // one document per request
	Gzip    bool
	Headers string // "Name: value", several separated by |
	TLS     delivery.TLSConfig
	Timeout time.Duration // of each step and of a whole request; 0: delivery.DefaultTimeout
	Agent   string        // User-Agent
}

// Sink posts messages. A batch is delivered when the receiver answers 2xx;
// errorOf explains other answers.
type Sink struct {
	url    string
	shown  string // the URL without parts that may be secret
	array  bool
	gzip   bool
	header http.Header
	client *http.Client
	limit  int // messages per request; lowered when the receiver refuses a request
	most   int // highest limit
	single bool

	ctx   context.Context // of all requests; ended by Close
	abort context.CancelFunc
}

// New checks c and returns a sink, which connects at the first delivery.
func New(c Config) (*Sink, error) {
	to, err := url.Parse(c.URL)
	switch {
	case err != nil: // the text of err contains the URL with its secrets
		return nil, errors.New("http: not a URL (want https://host/path)")
	case to.Scheme != "http" && to.Scheme != "https", to.Host == "":
		return nil, fmt.Errorf("http: scheme %q, host %q (want https://host/path)", to.Scheme, to.Host)
	}
	h := &Sink{url: c.URL, shown: to.Scheme + "://" + to.Host + to.Path, array: c.Array, gzip: c.Gzip, single: c.Single, most: delivery.MaxBatch}
	if c.Single {
		h.most = 1
	}
	h.limit = h.most
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

// defaults adds headers that the options did not set, and the encoding of the
// body, which they cannot set.
func (h *Sink) defaults(agent string) {
	h.setDefault("User-Agent", agent)
	if h.array || h.single {
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

// newClient returns a client that keeps one connection, for its one sender. Like
// Fluent Bit it takes a proxy from the environment.
func newClient(config *tls.Config, timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout,
		// Following a redirect would send alerts and secrets to any address that
		// an answer names.
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

// Deliver posts messages until a request fails. When the receiver rejects several
// messages because of their contents, Deliver halves the number per request until
// the message at fault is alone; the messages before it are delivered meanwhile.
func (h *Sink) Deliver(messages []delivery.Message) (done int, err error) {
	for done < len(messages) && err == nil {
		n := min(h.limit, len(messages)-done)
		err = h.post(messages[done : done+n])
		switch {
		case err == nil:
			done += n
			h.limit = min(2*h.limit, h.most)
		case errors.As(err, new(*delivery.Rejected)) && n > 1:
			h.limit, err = n/2, nil
		}
	}
	if err != nil {
		err = fmt.Errorf("http %s: %w", h.shown, err)
	}
	return done, err
}

// post sends one request. The timeout of the client includes the reading of the
// answer.
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
	// The answer is read to its end, so that the connection can be used again, up
	// to a bound.
	said, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswerBody))
	_ = answer.Body.Close()
	return errorOf(answer, said, time.Now())
}

// body encodes messages, again for every attempt: that costs microseconds, and
// keeping the result would cost the memory of a batch during an outage.
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

// withoutURL removes the URL from an error, because its query may contain a token.
func withoutURL(err error) error {
	var with *url.Error
	if errors.As(err, &with) {
		return with.Err
	}
	return err
}

// Close ends the current request and all connections.
func (h *Sink) Close() error {
	h.abort()
	h.client.CloseIdleConnections()
	return nil
}

// parseHeaders reads "Name: value | Name: value". Errors never contain a value.
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
			return nil, fmt.Errorf("header %d: no name and value (want Name: value, several separated by |)", i+1)
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			return nil, fmt.Errorf("header %s: control character in the value", name)
		case ownHeaders[http.CanonicalHeaderKey(name)]:
			return nil, fmt.Errorf("header %s: set by the sink itself", name)
		}
		header.Add(name, value)
	}
	return header, nil
}

// ownHeaders are set by the sink or by net/http.
var ownHeaders = map[string]bool{"Host": true, "Content-Length": true, "Content-Encoding": true, "Transfer-Encoding": true, "Connection": true}

// isToken reports whether name is a token of RFC 9110, as every field name has to
// be. net/http would report that at the first alert only.
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
