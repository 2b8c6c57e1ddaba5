package iis

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"redshank/test/world"
	"redshank/test/world/lines"
)

// writeMixed writes the log of one site of IIS, in the order in which its lines
// were written, of an organisation of 2,000 people over as many days as needed.
func writeMixed(to io.Writer, n int) error {
	const people, linesPerDay = 2_000, 25_000 // of lines a day, at least
	w := bufio.NewWriterSize(to, 1<<20)
	fields, written := false, 0
	world.New(world.Options{Seed: 1, People: people, Days: n/linesPerDay + 2}).Play(func(l lines.Line) bool {
		headline := bytes.HasPrefix(l.Text, []byte("#"))
		if l.Tag != "exchange.iis.1" || headline && (fields || !bytes.HasPrefix(l.Text, []byte("#Fields:"))) {
			return true
		}
		w.Write(l.Text) // errors stick in the writer and come out of Flush
		w.WriteByte('\n')
		if fields = true; !headline {
			written++
		}
		return written < n
	})
	if written < n {
		return fmt.Errorf("%d lines: the world has only %d", n, written)
	}
	return w.Flush()
}
