package iis

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// The kinds of input that the benchmarks read.
const (
	Routine = "routine" // see Write
	Hostile = "hostile" // 30 % of the lines from random addresses, the rest from 254; 17 % of the lines are failures of 20,000 accounts
	Logins  = "logins"  // hostile without the lines that name no account: a third of the lines are failures
	Flood   = "flood"   // each line a failure of an account from an address that was never seen before
	Mixed   = "mixed"   // many days of honest traffic with attacks in it; see package world
)

// WriteKind writes a header and n lines of a kind, the same for the same n.
func WriteKind(to io.Writer, kind string, n int) error {
	if kind == Mixed {
		return writeMixed(to, n)
	}
	line := map[string]func(*bufio.Writer, *rand.Rand, int, time.Time){Routine: writeLine, Hostile: writeHostile, Logins: writeLogin, Flood: writeFlood}[kind]
	if line == nil {
		return fmt.Errorf("input %q: want %s, %s, %s, %s or %s", kind, Routine, Hostile, Logins, Flood, Mixed)
	}
	w := bufio.NewWriterSize(to, 1<<20)
	w.WriteString(header) // errors stick in the writer and come out of Flush
	random := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)
	for i := range n {
		if i%100 == 0 {
			at = at.Add(time.Second)
		}
		line(w, random, i, at)
	}
	return w.Flush()
}

// writeHostile writes a request of an account, or, as often, one that a browser or a
// mail program makes before it.
func writeHostile(w *bufio.Writer, random *rand.Rand, i int, at time.Time) {
	if random.IntN(2) == 0 {
		writeLogin(w, random, i, at)
		return
	}
	writeBefore(w, random, i, at, hostileAddress(random))
}

func hostileAddress(random *rand.Rand) string {
	if random.IntN(10) < 3 {
		return anyAddress(random)
	}
	return fmt.Sprintf("198.18.7.%d", 1+random.IntN(254))
}

func writeLogin(w *bufio.Writer, random *rand.Rand, i int, at time.Time) {
	const accounts = 20_000
	from := hostileAddress(random)
	person := random.IntN(accounts)
	status := "200 0 0"
	if random.IntN(3) == 0 {
		status = "401 1 1326"
	}
	writeRequest(w, random, i, at, person, from, status)
}

func writeFlood(w *bufio.Writer, random *rand.Rand, i int, at time.Time) {
	writeRequest(w, random, i, at, random.IntN(1_000_000), fmt.Sprintf("%d.%d.%d.7", 20+i>>16, i>>8&255, i&255), "401 1 1326")
}

func anyAddress(random *rand.Rand) string {
	a := random.Uint32()
	return fmt.Sprintf("%d.%d.%d.%d", 11+a>>24%150, a>>16&255, a>>8&255, 1+a&127)
}

// writeBefore writes a page before the login, or a handshake.
func writeBefore(w *bufio.Writer, random *rand.Rand, i int, at time.Time, from string) {
	page, status := pages[random.IntN(len(pages))], "200 0 0"
	if page[0] == 'P' {
		status = "401 1 2148074254"
	}
	fmt.Fprintf(w, "%s 10.0.0.5 %s&cafeReqId=%08x-0001-4000-8000-000000000000; 443 - %s %s - %s %d\n",
		at.Format(time.DateTime), page, i, from, agents[random.IntN(len(agents))], status, random.IntN(400))
}

func writeRequest(w *bufio.Writer, random *rand.Rand, i int, at time.Time, person int, from, status string) {
	fmt.Fprintf(w, "%s 10.0.0.5 %s&cafeReqId=%08x-0001-4000-8000-000000000000; 443 CONTOSO\\user%05d %s %s - %s %d\n",
		at.Format(time.DateTime), requests[random.IntN(len(requests))], i, person, from, agents[person%len(agents)], status, random.IntN(400))
}
