package collect

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Limits of one request.
const (
	dialTimeout    = 10 * time.Second
	headerTimeout  = time.Minute
	requestTimeout = 5 * time.Minute // with the body
	maxBody        = 64 << 20        // bytes, unpacked
	maxAttempts    = 5
	firstPause     = time.Second
	mostPause      = 5 * time.Minute // also of what Retry-After asks for
)

// apiClient makes requests to one API with a token for its scope.
type apiClient struct {
	base   *url.URL
	http   *http.Client
	tokens *tokens
	sleep  func(context.Context, time.Duration) error
}

// newHTTP returns a client with timeouts that does not follow redirects, since a
// token must not reach another host.
func newHTTP() *http.Client {
	return &http.Client{
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSHandshakeTimeout:   dialTimeout,
			ResponseHeaderTimeout: headerTimeout,
			IdleConnTimeout:       time.Minute,
			ForceAttemptHTTP2:     true,
		},
	}
}

// newClient returns a client for the API at base.
func newClient(o *Options, base string) (*apiClient, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	h := newHTTP()
	return &apiClient{base: u, http: h, sleep: pause, tokens: &tokens{
		credential: o.Credential, client: o.Client, http: h,
		tokenURL: o.Login + "/" + o.Tenant + "/oauth2/v2.0/token", scope: base + "/.default",
	}}, nil
}

// get requests target, an absolute URL. The caller must close the body of the
// response.
func (c *apiClient) get(ctx context.Context, target string) (*http.Response, error) {
	return c.do(ctx, http.MethodGet, target)
}

// do makes a request and repeats it after temporary failures, up to maxAttempts
// times, with the delay that the service requests.
func (c *apiClient) do(ctx context.Context, method, target string) (*http.Response, error) {
	u, err := c.own(target)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		r, wait, err := c.attempt(ctx, method, u)
		if err == nil {
			return r, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if wait < 0 || attempt == maxAttempts {
			return nil, err
		}
		if wait == 0 {
			wait = backOff(attempt)
		}
		if err := c.sleep(ctx, min(wait, mostPause)); err != nil {
			return nil, err
		}
	}
}

// own parses target and returns an error unless its host is that of the API: links
// come from responses, and every request carries a token.
func (c *apiClient) own(target string) (*url.URL, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("link in an answer: %w", err)
	}
	if u.Scheme != c.base.Scheme || u.Host != c.base.Host {
		return nil, fmt.Errorf("link in an answer: %q: want a link to %s", u.Scheme+"://"+u.Host, c.base.Host)
	}
	return u, nil
}

// attempt makes one request. With an error it returns the delay before the next
// attempt: 0 leaves the delay to the caller, and a negative delay forbids a retry.
func (c *apiClient) attempt(ctx context.Context, method string, u *url.URL) (*http.Response, time.Duration, error) {
	token, err := c.tokens.get(ctx)
	if err != nil {
		return nil, retryable(err), err
	}
	request, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return nil, -1, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	r, err := c.http.Do(request)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", u.Path, withoutURL(err))
	}
	if r.StatusCode == http.StatusOK {
		r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
		return r, 0, nil
	}
	defer r.Body.Close()
	refused := readError(u.Path, r)
	if r.StatusCode == http.StatusUnauthorized {
		c.tokens.drop(token)
		return nil, 0, refused
	}
	if !refused.temporary() {
		return nil, -1, refused
	}
	return nil, retryAfter(r.Header.Get("Retry-After"), time.Now()), refused
}

// retryable returns the delay that attempt reports for an error of tokens.get.
func retryable(err error) time.Duration {
	var refused *apiError
	if errors.Is(err, errCredential) || errors.As(err, &refused) && !refused.temporary() {
		return -1
	}
	return 0
}

// retryAfter parses a Retry-After header, which holds seconds or a date. It returns
// 0 for an empty header.
func retryAfter(header string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(header); err == nil && n > 0 {
		return min(time.Duration(min(n, 1<<20))*time.Second, mostPause)
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// backOff returns the delay after the attempt-th failure. The delay doubles each
// time, with a random addition of up to half so that feeds do not retry together.
func backOff(attempt int) time.Duration {
	d := firstPause << min(attempt-1, 8)
	return d + rand.N(d/2)
}

// pause waits for d. It returns the error of ctx if ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
