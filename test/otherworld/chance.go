package otherworld

import (
	"time"

	"redshank/test/world/dice"
)

// span is a range from which a number is drawn.
type span struct{ low, high float64 }

func (l *land) draw(s span) float64 { return s.low + (s.high-s.low)*l.Rand.Float64() }
func (l *land) token() string       { return l.Hex(16) + l.Hex(6) }
func (l *land) minutes(low, high float64) time.Duration {
	return dice.Hours(l.draw(span{low / 60, high / 60}))
}
func (l *land) seconds(low, high float64) time.Duration { return l.minutes(low/60, high/60) }
