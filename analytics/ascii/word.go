package ascii

// EachByte times a byte is a word of eight of that byte.
const EachByte = 0x0101010101010101

const (
	lowBits = 0x7f7f7f7f7f7f7f7f
	topBits = 0x8080808080808080
)

// Equal returns a word that has the top bit set of each of eight bytes that is c.
func Equal(word uint64, c uint64) uint64 {
	word ^= EachByte * c // what was c is now 0
	return ^((word&lowBits + lowBits) | word | lowBits)
}

// First is Equal for the lowest byte that is c: bits above it may be set for other
// bytes. It takes two operations less.
func First(word uint64, c uint64) uint64 {
	word ^= EachByte * c
	return (word - EachByte) &^ word & topBits
}

// Letter reports whether a byte is a letter of ASCII.
func Letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
