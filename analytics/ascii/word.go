package ascii

const (
	EachByte = 0x0101010101010101
	lowBits  = 0x7f7f7f7f7f7f7f7f
	topBits  = 0x8080808080808080
)

// equal has the top bit set of each of eight bytes that is c.
func Equal(word uint64, c uint64) uint64 {
	word ^= EachByte * c // what was c is now 0
	return ^((word&lowBits + lowBits) | word | lowBits)
}

// first is equal for the lowest byte that is c: what is set above it may be
// others. It takes two operations less.
func First(word uint64, c uint64) uint64 {
	word ^= EachByte * c
	return (word - EachByte) &^ word & topBits
}
