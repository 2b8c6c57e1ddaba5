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

// AppendUnescaped appends b to dst with each %XX decoded, once. A percent sign that
// begins no such pair stays.
func AppendUnescaped(dst, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '%' && i+2 < len(b) && Hex(b[i+1]) < 16 && Hex(b[i+2]) < 16 {
			c = Hex(b[i+1])<<4 | Hex(b[i+2])
			i += 2
		}
		dst = append(dst, c)
	}
	return dst
}
