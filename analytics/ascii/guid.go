package ascii

// IsGUID reports whether b is 36 bytes long with dashes where a GUID has them.
// The digits are not checked.
func IsGUID(b []byte) bool {
	return len(b) == 36 && b[8] == '-' && b[13] == '-' && b[18] == '-' && b[23] == '-'
}
