package ascii

// guidLen is the length of a GUID without braces, in bytes.
const guidLen = 36

// IsGUID reports whether b is 8-4-4-4-12 hexadecimal digits, in braces or not.
func IsGUID(b []byte) bool {
	if len(b) == guidLen+2 && b[0] == '{' && b[guidLen+1] == '}' {
		b = b[1 : guidLen+1]
	}
	if len(b) != guidLen || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return false
	}
	for i, c := range b {
		if c != '-' && Hex(c) > 15 || c == '-' && i != 8 && i != 13 && i != 18 && i != 23 {
			return false
		}
	}
	return true
}
