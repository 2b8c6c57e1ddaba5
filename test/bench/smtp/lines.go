// Package smtp generates the protocol log of an Exchange receive connector under
// attack by a botnet, for the benchmarks.
package smtp

import (
	"bufio"
	"fmt"
	"io"
	"time"
)

// Each failure has the four rows that Exchange writes: two name the mechanism and
// the account, and the reply follows after the delay of a tarpit, with the rows of
// fifty other sessions in between. Of 100 failures 97 have an address that fails
// only once; accounts are used in rotation.
const (
	accounts  = 5_000
	perSecond = 10
	tarpit    = 5 // seconds
	preamble  = "#Software: Microsoft Exchange Server\n#Version: 15.01.2507.006\n#Log-type: SMTP Receive Protocol Log\n" +
		"#Date: 2026-03-10T06:00:00.000Z\n#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\n"
	refused = "535 5.7.3 Authentication unsuccessful"
)

// Write writes a preamble of five lines and the rows of n failures, the same
// for the same n. The rows that end in refused and a comma are the failures
// alone, without their accounts.
func Write(to io.Writer, n int) error {
	w := bufio.NewWriterSize(to, 1<<20)
	w.WriteString(preamble) // errors stick in the writer and come out of Flush
	for i := range n + tarpit*perSecond {
		if i < n {
			row(w, i, n, i, 11, "*,,Inbound AUTH LOGIN failed because of LogonDenied")
			row(w, i, n, i, 12, fmt.Sprintf("*,,User Name: user%04d@contoso.com", i%accounts))
			row(w, i, n, i, 13, "*,Tarpit for '0.00:00:05' due to '"+refused+"',")
		}
		if answered := i - tarpit*perSecond; answered >= 0 {
			row(w, answered, n, i, 14, ">,"+refused+",")
		}
	}
	return w.Flush()
}

// row writes one line of session i of n, at the time of tick.
func row(w *bufio.Writer, i, n, tick, sequence int, text string) {
	at := time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC).Add(time.Duration(tick) * time.Second / perSecond)
	from := i % max(n*97/100, 1) * 40503 // spread over the 131,072 addresses reserved for benchmarks
	fmt.Fprintf(w, "%s,EX01\\Client Frontend EX01,08DE%012X,%d,10.0.0.5:587,198.%d.%d.%d:%d,%s\n",
		at.Format("2006-01-02T15:04:05.000Z"), i, sequence, 18+from>>16%2, byte(from>>8), byte(from), 1024+i%60000, text)
}
