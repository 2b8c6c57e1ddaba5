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
	maxLogged     = 200 // bytes of an answer in the log
	// maxRetryAfter bounds the pause that a receiver can ask for, so that one
	// header cannot delay alerts for a day.
	maxRetryAfter = 5 * time.Minute
)

// waits are the answers from 400 to 499 that an operator or time will mend. The
// alerts wait in the spool. Every other answer in that range refuses the alerts
// themselves.
var waits = map[int]bool{
	http.StatusUnauthorized:       true, // an expired token must cost no alert
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

// errorOf returns the error that an answer stands for, or nil when the receiver
// accepted the batch.
func errorOf(answer *http.Response, said []byte, now time.Time) error {
	code := answer.StatusCode
	err := fmt.Errorf("status %d: %s", code, text.Cut(strings.TrimSpace(string(said)), maxLogged))
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

// retryAfter reads a Retry-After header, in seconds or as a date. It returns 0 for
// any other value.
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

// hostOf returns the host of a redirect. Path and query may contain secrets.
func hostOf(location string) string {
	to, err := url.Parse(location)
	if err != nil {
		return ""
	}
	return to.Host
}
