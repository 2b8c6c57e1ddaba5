package strict

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

const day = 24 * time.Hour

// maxDuration bounds every duration, and so the age of the state.
const maxDuration = 366 * day

var (
	errDuration = errors.New("not a duration (want 10m, 24h)")
	errNumber   = errors.New("not a whole number")
)

// parseDuration reads 10m, 24h, 7d or 1d12h: Go's durations, and days.
func parseDuration(s string) (time.Duration, error) {
	var total time.Duration
	if i := strings.IndexByte(s, 'd'); i > 0 {
		days, err := strconv.ParseUint(s[:i], 10, 16)
		if err != nil {
			return 0, errDuration
		}
		total, s = time.Duration(days)*day, s[i+1:]
		if s == "" {
			return total, nil
		}
	}
	rest, err := time.ParseDuration(s)
	if err != nil || rest < 0 {
		return 0, errDuration
	}
	return total + rest, nil
}

// Duration reads a duration of at least least.
func Duration(dst *time.Duration, least time.Duration) Field {
	return func(r *Reader, at string, n *yaml.Node) {
		if r.shape != nil {
			r.shape.Type, r.shape.Pattern = "string", durationPattern
			return
		}
		text, ok := r.Value(n, at, "10m, 24h")
		if !ok {
			return
		}
		d, err := parseDuration(text)
		switch {
		case err != nil:
			r.Fail(n, at, "%q: %v", Clip(text), err)
		case d < least || d > maxDuration:
			r.Fail(n, at, "%q: out of range (want %s to %s)", Clip(text), Brief(least), Brief(maxDuration))
		default:
			*dst = d
		}
	}
}

// Brief formats a duration as parseDuration reads it.
func Brief(d time.Duration) string {
	switch {
	case d >= day && d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	case d >= time.Hour && d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d >= time.Minute && d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	}
	return d.String()
}

// Number reads a whole number from least to most.
func Number(dst *int, least, most int) Field {
	return func(r *Reader, at string, n *yaml.Node) {
		if r.shape != nil {
			r.shape.Type, r.shape.Minimum, r.shape.Maximum = "integer", &least, &most
			return
		}
		text, ok := r.Value(n, at, "a whole number")
		if !ok {
			return
		}
		v, err := strconv.Atoi(text)
		switch {
		case err != nil:
			r.Fail(n, at, "%q: %v (want %d to %d)", Clip(text), errNumber, least, most)
		case v < least || v > most:
			r.Fail(n, at, "%q: out of range (want %d to %d)", Clip(text), least, most)
		default:
			*dst = v
		}
	}
}

// Text reads a string that is not empty.
func Text(dst *string) Field {
	return func(r *Reader, at string, n *yaml.Node) {
		if v, ok := r.Value(n, at, "a text"); ok {
			if v == "" {
				r.Fail(n, at, "empty")
			}
			*dst = v
		}
	}
}

// Texts reads a text or a list of them, each of which it passes to take. What names
// the texts in errors. take returns what is wrong with a text, with what is wanted, or "".
func Texts(what string, take func(text string) (wrong string)) Field {
	return func(r *Reader, at string, n *yaml.Node) {
		r.Items(at, n, func(item *yaml.Node) {
			text, ok := r.Value(item, at, what)
			if !ok {
				return
			}
			if wrong := take(text); wrong != "" {
				r.Fail(item, at, "%q: %s", Clip(text), wrong)
			}
		})
	}
}

// OneOf reads one of a few words.
func OneOf(dst *string, words ...string) Field {
	want := strings.Join(words, ", ")
	return func(r *Reader, at string, n *yaml.Node) {
		if r.shape != nil {
			r.shape.Enum = words
			return
		}
		v, ok := r.Value(n, at, want)
		if !ok {
			return
		}
		for _, w := range words {
			if v == w {
				*dst = v
				return
			}
		}
		r.Fail(n, at, "%q: unknown (%swant %s)", Clip(v), DidYouMean(v, words), want)
	}
}

// ParsePrefix reads a prefix or a single address. The prefix of all addresses is an
// error: it would turn a detection off, or make every address a proxy.
func ParsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return p, errors.New("not a network (want 192.0.2.0/24, 2001:db8::/32 or an address)")
	case p.Addr().Is4In6():
		return p, errors.New("not a network (want the IPv4 form)")
	case p.Bits() == 0:
		return p, errors.New("covers every address")
	case p != p.Masked():
		return p, errors.New("has bits set beyond its length (want " + p.Masked().String() + ")")
	}
	return p, nil
}

// Prefixes reads a network or a list of them, and appends to dst.
func Prefixes(dst *[]netip.Prefix) Field {
	return Texts("a network", func(text string) string {
		prefix, err := ParsePrefix(text)
		if err != nil {
			return err.Error()
		}
		*dst = append(*dst, prefix)
		return ""
	})
}

// Expiry reads a date into dst, and the date as written into text.
func Expiry(dst *time.Time, text *string) Field {
	return func(r *Reader, at string, n *yaml.Node) {
		written, ok := r.Value(n, at, "a date")
		if !ok {
			return
		}
		expires, err := parseExpiry(written)
		if err != nil {
			r.Fail(n, at, "%q: %v", Clip(written), err)
		}
		*dst, *text = expires, written
	}
}

// parseExpiry reads a day, which counts to its end, or a time.
func parseExpiry(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.Add(day), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, errors.New("not a date (want 2027-01-31 or 2027-01-31T18:00:00Z)")
	}
	return t.UTC(), nil
}
