package forward

import (
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/plugin/delivery/sinktest"
)

// moods are what a receiver can do to a sender. Each takes one connection.
var moods = []func(r *sinktest.Receiver, conn net.Conn){
	sinktest.Acknowledge,
	func(_ *sinktest.Receiver, conn net.Conn) {}, // closes at once
	func(_ *sinktest.Receiver, conn net.Conn) { // resets after some bytes
		_, _ = io.ReadFull(conn, make([]byte, 100))
		_ = conn.(*net.TCPConn).SetLinger(0)
	},
	func(_ *sinktest.Receiver, conn net.Conn) { // garbage
		_, _ = sinktest.ReadChunk(msgpack.NewDecoder(conn))
		_, _ = io.WriteString(conn, "\x81\xa3ack\xa7garbage\xc1\xc1")
	},
	func(_ *sinktest.Receiver, conn net.Conn) { // slow, byte by byte
		for b := []byte{0}; ; {
			if _, err := conn.Read(b); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	},
	func(r *sinktest.Receiver, conn net.Conn) { // accepts the chunk but never acknowledges it
		c, err := sinktest.ReadChunk(msgpack.NewDecoder(conn))
		if err == nil {
			r.Keep(c)
		}
		_, _ = io.Copy(io.Discard, conn)
	},
	func(r *sinktest.Receiver, conn net.Conn) { // accepts the chunk and dies before the acknowledgement
		c, err := sinktest.ReadChunk(msgpack.NewDecoder(conn))
		if err == nil {
			r.Keep(c)
		}
	},
}

// Whatever a receiver does meanwhile, and over a restart of the sender, every
// alert comes, in order; what comes twice has the same id. No Put waits.
func TestForwardOutage(t *testing.T) {
	sinktest.Leakless(t)
	var mood atomic.Int32
	r := sinktest.Listen(t, func(r *sinktest.Receiver, conn net.Conn) { moods[mood.Load()](r, conn) })
	c := configOf(r)
	c.Timeout = 20 * time.Millisecond
	folder := t.TempDir()
	next := 1
	var slowest time.Duration
	for round := range 2 {
		spool := sinktest.Spool(t, folder)
		s := sinktest.Sender(spool, newForward(t, c), new(sinktest.Log))
		for m := range moods {
			mood.Store(int32(len(moods) - 1 - m))
			retries, _ := s.Retries()
			for range 20 {
				begin := time.Now()
				sinktest.Put(t, spool, sinktest.Numbered(next, 5))
				slowest = max(slowest, time.Since(begin))
				next += 5
			}
			if m < len(moods)-1 {
				sinktest.Eventually(t, func() bool { n, _ := s.Retries(); return n > retries })
			}
		}
		if round == 1 {
			sinktest.Sent(t, spool)
		}
		if err := s.Stop(time.Minute); err != nil {
			t.Error(err)
		}
		_, _ = spool.Close()
	}
	t.Logf("slowest Put %v, %d chunks for %d alerts", slowest, len(r.Took()), next-1)
	checkOnce(t, r.Took(), next-1)
}

// checkOnce wants 1 to n in order, without those that came before.
func checkOnce(t *testing.T, chunks []sinktest.Chunk, n int) {
	t.Helper()
	seen := map[int]bool{}
	var got, want []int
	for _, c := range chunks {
		for _, number := range c.Numbers() {
			if !seen[number] {
				got = append(got, number)
			}
			seen[number] = true
		}
	}
	for i := range n {
		want = append(want, i+1)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
