package ascii

// GUIDLen is the length of a GUID without braces, in bytes.
const GUIDLen = 36

// IsGUID reports whether b is 8-4-4-4-12 hexadecimal digits, in braces or not.
func IsGUID(b []byte) bool {
	if len(b) == GUIDLen+2 && b[0] == '{' && b[GUIDLen+1] == '}' {
		b = b[1 : GUIDLen+1]
	}
	if len(b) != GUIDLen || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return false
	}
	for i, c := range b {
		if c != '-' && Hex(c) > 15 || c == '-' && i != 8 && i != 13 && i != 18 && i != 23 {
			return false
		}
	}
	return true
}
