package iis

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"time"
)

// The hostile log and the flood name victims accounts; guards addresses are
// those from which the requests of the hostile log come that are not spread.
const (
	victims = 20_000
	guards  = 254
)

// WriteHostile writes a header and n lines of requests that all name one of
// 20,000 accounts: a third fail, 30 % come from random addresses and the others
// from 254. The same n gives the same lines.
func WriteHostile(to io.Writer, n int) error {
	return write(to, n, func(random *rand.Rand, _ int) request {
		r := request{address: guard(random), account: random.IntN(victims), failed: random.IntN(3) == 0}
		if random.IntN(10) < 3 {
			r.address = fresh(random.IntN(1 << 24))
		}
		return r
	})
}

// WriteFlood writes a header and n lines, each a failure of one of 20,000
// accounts from an address that no other line has, for n up to 1<<24.
func WriteFlood(to io.Writer, n int) error {
	return write(to, n, func(random *rand.Rand, i int) request {
		return request{address: fresh(i), account: random.IntN(victims), failed: true}
	})
}

// request is one line of an attacked server.
type request struct {
	address netip.Addr
	account int
	failed  bool
}

func guard(random *rand.Rand) netip.Addr {
	return netip.AddrFrom4([4]byte{203, 0, 113, byte(1 + random.IntN(guards))})
}

// fresh returns the i-th address of a sequence over all networks of 24.0.0.0/8
// to 39.0.0.0/8 that has no address twice.
func fresh(i int) netip.Addr {
	i = i * 2_654_435_761 & (1<<24 - 1) // odd: one to one
	return netip.AddrFrom4([4]byte{byte(24 + i>>20), byte(i >> 12), byte(i >> 4), byte(1 + i&15)})
}

func write(to io.Writer, n int, draw func(random *rand.Rand, i int) request) error {
	w := bufio.NewWriterSize(to, 1<<20)
	w.WriteString(header) // errors stick in the writer and come out of Flush
	random, at := rand.New(rand.NewPCG(3, 4)), begin
	for i := range n {
		if i%100 == 0 {
			at = at.Add(time.Second)
		}
		r, status := draw(random, i), "200 0 0"
		if r.failed {
			status = "401 1 1326"
		}
		fmt.Fprintf(w, "%s 10.0.0.5 %s&cafeReqId=%08x-0001-4000-8000-000000000000; 443 CONTOSO\\user%05d %s %s - %s %d\n",
			at.Format(time.DateTime), requests[random.IntN(len(requests))], i, r.account, r.address, agents[random.IntN(len(agents))], status, random.IntN(400))
	}
	return w.Flush()
}
