package world

import (
	"cmp"
	"container/heap"
	"time"
)

// agenda is what is going to happen, by time.
type agenda struct {
	acts acts
	seq  int
}

type act struct {
	at  time.Time
	seq int
	do  func(time.Time)
}

func (a *agenda) add(at time.Time, do func(time.Time)) {
	a.seq++
	heap.Push(&a.acts, act{at.UTC(), a.seq, do})
}

// until has everything done that happens before end, in order.
func (a *agenda) until(end time.Time) {
	for len(a.acts) > 0 && a.acts[0].at.Before(end) {
		next := heap.Pop(&a.acts).(act)
		next.do(next.at)
	}
}

// acts is a heap.
type acts []act

func (a acts) Len() int           { return len(a) }
func (a acts) Less(i, j int) bool { return cmp.Or(a[i].at.Compare(a[j].at), a[i].seq-a[j].seq) < 0 }
func (a acts) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *acts) Push(x any)        { *a = append(*a, x.(act)) }
func (a *acts) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}
