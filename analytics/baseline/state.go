package baseline

import (
	"redshank/analytics/state"

	"github.com/tinylib/msgp/msgp"
)

// Saved is the saved form of a Baseline. Features are packed numbers: key, first,
// last, days.
type Saved struct {
	Features              []byte
	Hours                 []byte
	Days, SignIns         int
	Began, Newest, Mature int64
}

// Saved appends the baseline in its saved form.
func (b *Baseline) Saved(to []byte) []byte {
	to, start := state.BeginBytes(msgp.AppendArrayHeader(to, 7))
	for i := range b.Features {
		p := &b.Features[i]
		to = state.AppendPacked(to, []int64{int64(p.Key), p.First, p.last, int64(p.Days)})
	}
	to = state.AppendNumbers(state.EndBytes(to, start), b.hours[:])
	for _, n := range [...]int64{int64(b.Days), int64(b.SignIns), b.began, b.newest, b.Mature} {
		to = msgp.AppendInt64(to, n)
	}
	return to
}

// Restored returns the baseline that was saved.
func (s *Saved) Restored() (Baseline, error) {
	b := Baseline{Days: s.Days, SignIns: s.SignIns, began: s.Began, newest: s.Newest, Mature: s.Mature}
	var p [4]int64
	for rest := s.Features; len(rest) > 0; {
		n, err := state.Unpack(rest, p[:])
		if err != nil {
			return b, err
		}
		b.Features, rest = append(b.Features, KnownFeature{uint64(p[0]), p[1], p[2], int32(p[3])}), rest[n:]
	}
	_, err := state.Unpack(s.Hours, b.hours[:])
	return b, err
}
