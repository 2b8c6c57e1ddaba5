package policy

// pieces are texts that are looked for in others all at once: by their first two
// bytes, one pass over the other text however many there are. To search for each
// of the 18 there are took six times as long in what the directory audit writes.
type pieces struct {
	texts []string
	pairs [1 << 16 / 64]uint64 // which first two bytes there are
}

// add takes a text of at least two bytes.
func (p *pieces) add(text string) {
	p.texts = append(p.texts, text)
	pair := pairOf(text[0], text[1])
	p.pairs[pair/64] |= 1 << (pair % 64)
}

func pairOf(first, second byte) uint16 { return uint16(first)<<8 | uint16(second) }

// in reports whether one of them stands in b.
func (p *pieces) in(b []byte) bool {
	for i := 1; i < len(b); i++ {
		pair := pairOf(b[i-1], b[i])
		if p.pairs[pair/64]>>(pair%64)&1 != 0 && p.start(b[i-1:]) {
			return true
		}
	}
	return false
}

// start reports whether b starts with one of them.
func (p *pieces) start(b []byte) bool {
	for _, text := range p.texts {
		if len(b) >= len(text) && string(b[:len(text)]) == text {
			return true
		}
	}
	return false
}
