package attack

import "math"

// Periodic measures whether attempts come at regular intervals of a minute or
// more, as those of a program do. Attempts within ten seconds count as one. A pause of
// more than four mean intervals is not counted, such as a computer's at night.
type Periodic struct {
	last             int64
	n                int
	sum, sumOfSquare float64 // of the intervals, in seconds
}

// Add adds an attempt at a time in Unix milliseconds. Times must not decrease.
func (p *Periodic) Add(at int64) {
	const together = 10_000
	switch gap := at - p.last; {
	case p.last == 0:
	case gap <= together:
		return
	case p.n >= 4 && float64(gap)/1000 > 4*p.Mean():
	default:
		seconds := float64(gap) / 1000
		if p.n <= 4 && 4*seconds < p.Mean() {
			*p = Periodic{} // what came before was the pause
		}
		p.n++
		p.sum += seconds
		p.sumOfSquare += seconds * seconds
	}
	p.last = at
}

// Mean returns the mean interval in seconds, 0 without one.
func (p *Periodic) Mean() float64 {
	if p.n == 0 {
		return 0
	}
	return p.sum / float64(p.n)
}

// DriftsFrom reports whether two programs, each at regular intervals of its own, have drifted
// apart by half of an interval at least. Who tries several accounts in rounds does not.
func (p *Periodic) DriftsFrom(o *Periodic) bool {
	drift := math.Abs(p.Mean()-o.Mean()) * float64(min(p.n, o.n))
	return p.Regular() && o.Regular() && drift >= min(p.Mean(), o.Mean())/2
}

// Regular reports whether the intervals differ by less than a third of their
// mean (standard deviation).
func (p *Periodic) Regular() bool {
	if p.n < 4 {
		return false
	}
	mean := p.Mean()
	variance := p.sumOfSquare/float64(p.n) - mean*mean
	return mean >= 60 && variance < mean*mean/9
}
