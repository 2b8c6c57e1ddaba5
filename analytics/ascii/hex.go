package ascii

// Hex returns the value of a hexadecimal digit, and 255 for any other byte.
func Hex(c byte) byte {
	switch {
	case IsDigit(c):
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}
