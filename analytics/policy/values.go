package policy

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

const day = 24 * time.Hour

// maxDuration bounds every duration of a policy, and so the age of the state.
const maxDuration = 366 * day

var (
	errDuration = errors.New("not a duration (want 10m, 24h)")
	errNumber   = errors.New("not a whole number")
)

// ParseDuration reads 10m, 24h, 7d or 1d12h: Go's durations, and days.
func ParseDuration(s string) (time.Duration, error) {
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

// duration reads a duration of at least least.
func duration(dst *time.Duration, least time.Duration) field {
	return func(r *reader, at string, n *yaml.Node) {
		if r.shape != nil {
			r.shape.Type, r.shape.Pattern = "string", durationPattern
			return
		}
		text, ok := r.value(n, at, "10m, 24h")
		if !ok {
			return
		}
		d, err := ParseDuration(text)
		switch {
		case err != nil:
			r.fail(n, at, "%q: %v", clip(text), err)
		case d < least || d > maxDuration:
			r.fail(n, at, "%q: out of range (want %s to %s)", clip(text), brief(least), brief(maxDuration))
		default:
			*dst = d
		}
	}
}

// brief formats a duration as in a policy.
func brief(d time.Duration) string {
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

// number reads a whole number from least to most.
func number(dst *int, least, most int) field {
	return func(r *reader, at string, n *yaml.Node) {
		if r.shape != nil {
			r.shape.Type, r.shape.Minimum, r.shape.Maximum = "integer", &least, &most
			return
		}
		text, ok := r.value(n, at, "a whole number")
		if !ok {
			return
		}
		v, err := strconv.Atoi(text)
		switch {
		case err != nil:
			r.fail(n, at, "%q: %v (want %d to %d)", clip(text), errNumber, least, most)
		case v < least || v > most:
			r.fail(n, at, "%q: out of range (want %d to %d)", clip(text), least, most)
		default:
			*dst = v
		}
	}
}

// text reads a string that is not empty.
func text(dst *string) field {
	return func(r *reader, at string, n *yaml.Node) {
		if v, ok := r.value(n, at, "a text"); ok {
			if v == "" {
				r.fail(n, at, "empty")
			}
			*dst = v
		}
	}
}

// oneOf reads one of a few words.
func oneOf(dst *string, words ...string) field {
	want := strings.Join(words, ", ")
	return func(r *reader, at string, n *yaml.Node) {
		if r.shape != nil {
			r.shape.Enum = words
			return
		}
		v, ok := r.value(n, at, want)
		if !ok {
			return
		}
		for _, w := range words {
			if v == w {
				*dst = v
				return
			}
		}
		r.fail(n, at, "%q: unknown (%swant %s)", clip(v), didYouMean(v, words), want)
	}
}

// parsePrefix reads a prefix or a single address. The prefix of all addresses
// is refused: it would turn a detection off, or every address into a proxy.
func parsePrefix(s string) (netip.Prefix, error) {
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

// prefixes reads a network or a list of them, and appends to dst.
func prefixes(dst *[]netip.Prefix) field {
	return func(r *reader, at string, n *yaml.Node) {
		r.items(at, n, func(item *yaml.Node) {
			text, ok := r.value(item, at, "a network")
			if !ok {
				return
			}
			prefix, err := parsePrefix(text)
			if err != nil {
				r.fail(item, at, "%q: %v", clip(text), err)
				return
			}
			*dst = append(*dst, prefix)
		})
	}
}

// expiry reads a date into dst, and the date as written into text.
func expiry(dst *time.Time, text *string) field {
	return func(r *reader, at string, n *yaml.Node) {
		written, ok := r.value(n, at, "a date")
		if !ok {
			return
		}
		expires, err := parseExpiry(written)
		if err != nil {
			r.fail(n, at, "%q: %v", clip(written), err)
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
