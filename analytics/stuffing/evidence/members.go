package evidence

import (
	"cmp"
	"math"
	"slices"

	"redshank/analytics/event"
)

// Unexplained returns the failures from a time on that are part of no campaign and
// not forgiven, of which want reports true, in the order of their times.
func (e *List) Unexplained(from int64, want func(*Failure) bool) (members []*Failure) {
	for f := range e.Since(from) {
		if !f.Taken && !f.Succeeded && f.At >= from && want(f) {
			members = append(members, f)
		}
	}
	slices.SortStableFunc(members, ByTime)
	return members
}

// ByTime compares two failures by their times.
func ByTime(a, b *Failure) int { return cmp.Compare(a.At, b.At) }

// Around returns the run of failures around a time in which no pause exceeds
// pause milliseconds.
func Around(members []*Failure, at, pause int64) []*Failure {
	from, to := 0, len(members)
	for n := 1; n < len(members); n++ {
		if members[n].At-members[n-1].At <= pause {
			continue
		}
		if members[n].At <= at {
			from = n
		} else {
			to = n
			break
		}
	}
	return members[from:to]
}

// Census is how many distinct clients and accounts some failures have.
type Census struct {
	Clients, Accounts int
	Leaked            int // of the accounts
	unnamed           int // failures whose log names no account
}

// CensusOf counts the clients and accounts of failures. cut returns the client that an
// address belongs to.
func CensusOf(members []*Failure, cut func(event.ClientKey) event.ClientKey) (c Census) {
	clients, accounts := make(map[uint64]struct{}, len(members)), make(map[uint64]struct{}, len(members))
	for _, f := range members {
		clients[cut(f.Client).Hash()] = struct{}{}
		if f.Key == 0 {
			c.unnamed++
			continue
		}
		if _, ok := accounts[f.Key]; !ok && f.Marks.Has(event.LeakedAccount) {
			c.Leaked++
		}
		accounts[f.Key] = struct{}{}
	}
	c.Clients, c.Accounts = len(clients), len(accounts)
	return c
}

// Tried returns how many accounts were tried, where two failures without a name stand
// for at least one account.
func (c Census) Tried() int { return max(c.Accounts, c.unnamed/2) }

// Characteristic returns the tools, or else the agents, that most of some
// failures were made with, and these failures. Where no few stand out it
// returns all failures and nothing.
func Characteristic(members []*Failure) (of []*Failure, only []uint32) {
	for _, by := range [...]func(*Failure) uint32{
		func(f *Failure) uint32 { return f.Tool },
		func(f *Failure) uint32 { return f.Agent },
	} {
		if only = outstanding(members, by); only != nil {
			break
		}
	}
	if only == nil {
		return members, nil
	}
	for _, f := range members {
		if f.MadeWith(only) {
			of = append(of, f)
		}
	}
	return of, only
}

// outstanding returns the values that at least a fifth of the failures have
// each, if they cover three fifths together; nil otherwise.
func outstanding(members []*Failure, by func(*Failure) uint32) (only []uint32) {
	counts := map[uint32]int{}
	for _, f := range members {
		counts[by(f)]++
	}
	covered := 0
	for value, n := range counts {
		if n*5 >= len(members) && value != 0 {
			only, covered = append(only, value), covered+n
		}
	}
	if covered*5 < len(members)*3 {
		return nil
	}
	slices.Sort(only)
	return only
}

// Together returns those of the values, tools or agents, that some failures were made with
// from their beginning to their end, and these failures. Without such a value it returns the
// first one. A value that came up so much later than by chance is that of another attack, and so is one
// that ended so much earlier, where records arrive in reverse order. The failures are in order
// of time.
func Together(members []*Failure, only []uint32) (of []*Failure, together []uint32) {
	for _, value := range only {
		if first, last, count := span(members, value); !Later(first, count, len(members)) && !Later(len(members)-1-last, count, len(members)) {
			together = append(together, value)
		}
	}
	if together == nil {
		together = []uint32{slices.MinFunc(only, func(a, b uint32) int {
			first, _, _ := span(members, a)
			second, _, _ := span(members, b)
			return cmp.Compare(first, second)
		})}
	}
	for _, f := range members {
		if f.MadeWith(together) {
			of = append(of, f)
		}
	}
	return of, together
}

// span returns the places of the first and the last failure made with a tool or an agent, and
// how many are.
func span(members []*Failure, value uint32) (first, last, count int) {
	for n, f := range members {
		if f.Tool != value && f.Agent != value {
			continue
		}
		if count == 0 {
			first = n
		}
		last, count = n, count+1
	}
	return first, last, count
}

// laterByChance is the probability below which failures do not come later by chance.
const laterByChance = 0.02

// Later reports whether it is no chance that none of some failures is among the first ones of
// all. Some are count of all, and the order would be a random one.
func Later(first, count, all int) bool {
	p := 1.0
	for n := 0; n < first && p >= laterByChance; n++ {
		p *= float64(max(all-count-n, 0)) / float64(all-n)
	}
	return p < laterByChance
}

// MadeWith reports whether the tool or the agent of a failure is in a list.
func (f *Failure) MadeWith(only []uint32) bool {
	return slices.Contains(only, f.Tool) || slices.Contains(only, f.Agent)
}

// Nearest returns those of some failures, in order of time, that are closest to a time, at most n,
// and the others.
func Nearest(all []*Failure, at int64, n int) (near, others []*Failure) {
	from, to := 0, len(all)
	for to-from > n {
		if at-all[from].At >= all[to-1].At-at {
			from++
		} else {
			to--
		}
	}
	return all[from:to:to], slices.Concat(all[:from], all[to:])
}

// MoreFrequent returns those failures whose value, other than 0, is at least four times as frequent
// among them as among others. If more than a tenth of the others have such a value, or one that came
// up once, more new values are to be expected, and it returns none.
func MoreFrequent(failures, others []*Failure, value func(*Failure) uint32) (of []*Failure) {
	here, there, usual := map[uint32]int{}, map[uint32]int{}, 0
	for _, f := range failures {
		here[value(f)]++
	}
	for _, f := range others {
		there[value(f)]++
	}
	more := func(v uint32) bool { return v != 0 && here[v]*len(others) >= 4*there[v]*len(failures) }
	for v, n := range there {
		if n == 1 || here[v] > 0 && more(v) {
			usual += n
		}
	}
	if 10*usual > len(others) {
		return nil
	}
	for _, f := range failures {
		if more(value(f)) {
			of = append(of, f)
		}
	}
	return of
}

// Beside reports whether the others of the failures of a campaign, all in order of time, go on beside
// some of its latest at half of their rate or more; or whether they ended long before these, twelve times
// their mean interval and at least ten minutes ago. Where records come in reverse order, the others may
// be later.
func Beside(of, latest, others []*Failure) bool {
	from, to := of[0].At, of[len(of)-1].At
	first, last, apart := int64(math.MaxInt64), int64(0), int64(math.MaxInt64) // of those outside
	outside, during := 0, 0
	for _, list := range [...][]*Failure{others, latest} {
		for _, f := range list {
			switch {
			case slices.Contains(of, f):
			case f.At >= from && f.At <= to:
				during++
			default:
				outside++
				first, last = min(first, f.At), max(last, f.At)
				apart = min(apart, max(from-f.At, f.At-to))
			}
		}
	}
	if outside < leastOutside {
		return false
	}
	if during == 0 {
		return apart >= max(12*(last-first)/int64(outside), 10*event.Minute)
	}
	interval := (max(from-first, 0) + max(last-to, 0)) / int64(outside)
	return 2*int64(during)*interval >= to-from
}

// leastOutside is how many failures it takes to estimate the rate of an attack.
const leastOutside = 8

// SameAccounts reports whether half of the accounts of some failures are among those of others.
func SameAccounts(failures, others []*Failure) bool {
	tried, all, again := map[uint64]bool{}, map[uint64]struct{}{}, map[uint64]struct{}{}
	for _, f := range others {
		tried[f.Key] = true
	}
	for _, f := range failures {
		if all[f.Key] = struct{}{}; tried[f.Key] {
			again[f.Key] = struct{}{}
		}
	}
	return 2*len(again) >= len(all)
}
