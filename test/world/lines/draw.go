package lines

import (
	"fmt"
	"math/rand/v2"
)

// UUID draws a version 4 UUID.
func UUID(rng *rand.Rand) string {
	a, b := rng.Uint64(), rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// Hex draws n hexadecimal digits, at most 16, in capitals.
func Hex(rng *rand.Rand, n int) string { return fmt.Sprintf("%016X", rng.Uint64())[:n] }

func (f *feed) uuid() string     { return UUID(f.rng) }
func (f *feed) hex(n int) string { return Hex(f.rng, n) }

// port draws an ephemeral port.
func (f *feed) port() int { return 49152 + f.rng.IntN(16000) }
