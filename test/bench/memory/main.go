// The memory bench measures the heap and the cost of each record as the engine's
// tables fill, and checks that a flood of addresses does not grow the heap.
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics"
	"redshank/analytics/policy"
)

func main() {
	addresses := flag.Int("addresses", 1_000_000, "distinct addresses that fail once each")
	users := flag.Int("users", 200_000, "distinct accounts")
	maxIPs := flag.Int("max-ips", 1_000_000, "bound of the table of addresses")
	maxUsers := flag.Int("max-users", 200_000, "bound of the table of accounts")
	succeed := flag.Bool("succeed", false, "they sign in instead")
	gc := flag.Int("gc", 200, "percent of growth between collections; the plugin has 200")
	flag.Parse()
	debug.SetGCPercent(*gc)
	if err := run(*addresses, *users, *maxIPs, *maxUsers, *succeed); err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		os.Exit(1)
	}
}

func run(addresses, users, maxIPs, maxUsers int, succeed bool) error {
	e, err := analytics.New(analytics.Options{Policy: policy.Default(), Source: "auto", MaxIPs: maxIPs, MaxUsers: maxUsers})
	if err != nil {
		return err
	}
	f := flood{users: users, status: "401 1 1326"}
	if succeed {
		f.status = "200 0 0"
	}
	e.Observe("iis", f.chunk(0))
	idle := heap()
	fmt.Printf("idle: heap %d MB, peak resident %d MB\n", idle>>20, resident())
	fmt.Println("| addresses | entries | evicted | heap above idle | bytes an entry | CPU a record | peak resident |")
	fmt.Println("| --- | --- | --- | --- | --- | --- | --- |")
	for step := 1000; ; step = min(10*step, addresses) {
		spent := time.Duration(0)
		for f.n < step {
			chunk := f.chunk(min(chunkRecords, step-f.n))
			before := cpu()
			e.Observe("iis", chunk)
			spent += cpu() - before
		}
		f.report(e, idle, spent)
		if step == addresses {
			return nil
		}
	}
}

// chunkRecords such lines are the 2 MB at which Fluent Bit closes a chunk.
const chunkRecords = 8000

// flood generates lines with ever new addresses, a hundred a second. The addresses
// share no network and few share an agent, so they do not form a campaign.
type flood struct {
	users, n    int
	status      string
	measured    int    // lines at the last report
	packed, row []byte // reused: garbage of the bench itself would make the collector run several times as often
}

func (f *flood) chunk(lines int) []byte {
	const head = "\x92\x92\xd7\x00"
	const body = "\xdf\x00\x00\x00\x00\xdf\x00\x00\x00\x01\xa3log"
	b, line := f.packed[:0], f.row
	if f.n == 0 {
		b = append(b, head+"\x6a\x00\x00\x00\x00\x00\x00\x00"+body...)
		b = msgp.AppendString(b, "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken")
	}
	for range lines {
		f.n++
		at := time.Unix(1_772_000_000+int64(f.n/100), 0).UTC()
		spread := uint32(f.n) * 2654435761 // bijective
		line = at.AppendFormat(line[:0], time.DateTime)
		line = padded(append(line, " 10.0.0.5 POST /EWS/Exchange.asmx &cafeReqId="...), f.n, 8)
		line = padded(append(line, "-0001-4000-8000-000000000000; 443 CONTOSO\\user"...), f.n%f.users, 6)
		line = netip.AddrFrom4([4]byte{byte(11 + spread>>24%200), byte(spread >> 16), byte(spread >> 8), byte(spread)}).AppendTo(append(line, ' '))
		line = strconv.AppendInt(append(line, " Agent/"...), int64(f.n%50_000), 10)
		line = append(append(append(line, " - "...), f.status...), " 15"...)
		b = append(b, head...)
		b = binary.BigEndian.AppendUint64(b, 0x6a00_0000_0000_0000+uint64(f.n))
		b = append(b, body...)
		b = msgp.AppendStringFromBytes(b, line)
	}
	f.packed, f.row = b, line
	return b
}

// padded appends n with the given number of digits, padded with zeros.
func padded(b []byte, n, digits int) []byte {
	for unit := 10; digits > 1; digits, unit = digits-1, unit*10 {
		if n < unit {
			b = append(b, '0')
		}
	}
	return strconv.AppendInt(b, int64(n), 10)
}

func (f *flood) report(e *analytics.Engine, idle uint64, spent time.Duration) {
	s := e.Stats()
	peak := resident()
	above := heap() - idle
	fmt.Printf("| %d | %d | %d | %d MB | %d | %d ns | %d MB |\n", f.n, s.Clients, s.ClientsEvicted, above>>20,
		above/uint64(max(s.Clients, 1)), int(spent)/max(f.n-f.measured, 1), peak)
	f.measured = f.n
	runtime.KeepAlive(e)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func usage() syscall.Rusage {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails only for an invalid argument
	return u
}

func cpu() time.Duration {
	u := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func resident() int64 { return usage().Maxrss / 1024 }
