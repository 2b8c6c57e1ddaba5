package collect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxMessage bounds the part of an error message of the service that is kept, in bytes.
const maxMessage = 300

// apiError is an answer other than success.
type apiError struct {
	place         string // path of the request
	status        int
	code, message string // of the answer's body
}

func (e *apiError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s: status %d %s %s", e.place, e.status, e.code, e.message))
}

// readError reads the body of r, whose status is no success. Both interfaces use the
// same form: {"error":{"code":..., "message":...}}.
func readError(place string, r *http.Response) *apiError {
	e := &apiError{place: place, status: r.StatusCode}
	var body struct {
		Error struct{ Code, Message string }
	}
	text, _ := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if json.Unmarshal(text, &body) == nil {
		e.code, e.message = capped(body.Error.Code), capped(body.Error.Message)
	}
	return e
}

// throttled reports whether the service asks for a pause. The Management
// Activity API does so with status 403 at times.
func (e *apiError) throttled() bool {
	return e.status == http.StatusTooManyRequests || e.status == http.StatusServiceUnavailable || e.code == "AF429"
}

// temporary reports whether the same request may succeed later.
func (e *apiError) temporary() bool {
	return e.throttled() || e.status >= 500 || e.status == http.StatusRequestTimeout
}

// gone reports whether err says that content has expired or does not exist.
func gone(err error) bool {
	return hasCode(err, "AF20050", "AF20051", "AF20052") || hasStatus(err, http.StatusNotFound, http.StatusGone)
}

func hasCode(err error, codes ...string) bool {
	var e *apiError
	return errors.As(err, &e) && slices.Contains(codes, e.code)
}

func hasStatus(err error, statuses ...int) bool {
	var e *apiError
	return errors.As(err, &e) && slices.Contains(statuses, e.status)
}

// capped returns the beginning of text, as printable characters.
func capped(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text[:min(len(text), maxMessage)], ""))
}

// withoutURL returns the cause inside an error of net/http, whose text repeats
// the whole URL.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
