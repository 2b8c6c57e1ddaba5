package http

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"redshank/plugin/delivery"
	"redshank/plugin/text"
)

const (
	maxAnswerBody = 64 << 10
	maxSaid       = 200 // bytes of an answer that go to the log
	// maxRetryAfter caps what a receiver can ask for: nobody wants alerts to
	// wait a day because of one header.
	maxRetryAfter = 5 * time.Minute
)

// waits are the answers below 500 that say nothing about the alerts sent, but
// that an operator or time will mend: they wait in the spool, with growing
// pauses. All others from 400 to 499 refuse the alerts themselves.
var waits = map[int]bool{
	http.StatusUnauthorized:       true, // a token that ran out must cost no alert
	http.StatusPaymentRequired:    true,
	http.StatusForbidden:          true,
	http.StatusNotFound:           true,
	http.StatusMethodNotAllowed:   true,
	http.StatusProxyAuthRequired:  true,
	http.StatusRequestTimeout:     true,
	http.StatusMisdirectedRequest: true,
	http.StatusLocked:             true,
	http.StatusTooEarly:           true,
	http.StatusTooManyRequests:    true,
}

// verdictOf is nil where the receiver took the batch.
func verdictOf(answer *http.Response, said []byte, now time.Time) error {
	code := answer.StatusCode
	err := fmt.Errorf("status %d: %s", code, text.Cut(strings.TrimSpace(string(said)), maxSaid))
	switch {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return fmt.Errorf("status %d: redirect to %.100q not followed", code, hostOf(answer.Header.Get("Location")))
	case code >= 400 && code < 500 && !waits[code]:
		return &delivery.Rejected{Err: err}
	}
	if after := retryAfter(answer.Header.Get("Retry-After"), now); after > 0 {
		return &delivery.Later{After: after, Err: err}
	}
	return err
}

// retryAfter reads both forms, seconds and a date; 0 where it is neither.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

// hostOf leaves out what a redirect may repeat of a secret path or query.
func hostOf(location string) string {
	to, err := url.Parse(location)
	if err != nil {
		return ""
	}
	return to.Host
}
