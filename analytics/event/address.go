package event

import (
	"bytes"
	"net/netip"
	"unsafe"
)

// maxAddress bounds what is tried as an address, in bytes: the longest IPv6
// text, brackets, a zone and a port.
const maxAddress = 80

// ParseAddress reads a client address in any spelling that logs use: with
// brackets, with a port, with a zone (dropped), v4 mapped into v6 (unmapped).
// Host names, "-", "<null>" and everything else are false. Octal, hexadecimal
// and short forms are refused as package netip refuses them, since two readers
// of one such text rarely agree. It does not allocate for valid addresses.
func ParseAddress(b []byte) (netip.Addr, bool) {
	b = bytes.TrimSpace(b)
	if len(b) < 2 || len(b) > maxAddress {
		return netip.Addr{}, false
	}
	if b[0] == '[' {
		end := bytes.IndexByte(b, ']')
		if end < 0 || !isPort(b[end+1:]) {
			return netip.Addr{}, false
		}
		return parseBare(b[1:end])
	}
	// One colon cannot be IPv6, so what follows it is a port.
	if i := bytes.IndexByte(b, ':'); i > 0 && bytes.IndexByte(b[i+1:], ':') < 0 {
		if !isPort(b[i:]) {
			return netip.Addr{}, false
		}
		b = b[:i]
	}
	return parseBare(b)
}

// parseBare reads an address without brackets and port.
func parseBare(b []byte) (netip.Addr, bool) {
	if i := bytes.IndexByte(b, '%'); i >= 0 {
		b = b[:i]
	}
	if !looksLikeAddress(b) {
		return netip.Addr{}, false
	}
	// Not string(b): netip's error keeps its argument, so the copy would
	// escape. Nothing keeps the view: the zone is cut off and the error dropped.
	a, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(b), len(b)))
	if err != nil && bytes.HasPrefix(b, []byte("::")) {
		// Exchange Online has logged full IPv6 addresses behind a stray "::",
		// as though they were v4-compatible.
		a, err = netip.ParseAddr(unsafe.String(unsafe.SliceData(b[2:]), len(b)-2))
	}
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap(), true
}

// looksLikeAddress keeps host names, GUIDs and junk from netip, whose errors
// allocate.
func looksLikeAddress(b []byte) bool {
	separators := 0
	for _, c := range b {
		switch {
		case c == '.' || c == ':':
			separators++
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return separators >= 2
}

// isPort reports whether b is empty or a colon and at most five digits. The
// value is not checked: nothing here uses it.
func isPort(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if b[0] != ':' || len(b) > 6 {
		return false
	}
	for _, c := range b[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// maxHops bounds how many entries of a forwarded header are read. Proxies
// in a row are few; an attacker's prefix can be as long as the header allows.
const maxHops = 16

// Forwarded finds the client in an X-Forwarded-For header that a trusted proxy
// forwarded: the rightmost address that trusted does not report as one of the
// proxies. Entries to the left of that address were written by the client and
// are never read, nor are entries to the left of one that is not an address.
func Forwarded(header []byte, trusted func(netip.Addr) bool) (netip.Addr, bool) {
	for range maxHops {
		entry := header
		i := bytes.LastIndexByte(header, ',')
		if i >= 0 {
			entry, header = header[i+1:], header[:i]
		}
		a, ok := ParseAddress(trimHop(entry))
		if !ok {
			return netip.Addr{}, false
		}
		if !trusted(a) {
			return a, true
		}
		if i < 0 {
			break
		}
	}
	return netip.Addr{}, false
}

// trimHop removes what logs add around one entry: spaces, the plus signs that IIS
// writes for them, escaped spaces, quotes and backslashes; and the name and the other
// parameters of an entry of Forwarded (RFC 7239).
func trimHop(b []byte) []byte {
	b = bytes.TrimPrefix(bytes.Trim(b, hopPadding), []byte("%20"))
	if len(b) > 4 && bytes.EqualFold(b[:4], []byte("for=")) {
		b, _, _ = bytes.Cut(b[4:], []byte(";"))
		b = bytes.Trim(b, hopPadding)
	}
	return b
}

const hopPadding = " \t+\"'\\"
