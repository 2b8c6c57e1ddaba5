package iis

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/source/table"
)

// maxSurplus bounds the pieces of a line beyond its columns. No real agent needs more.
const maxSurplus = 64

// align splits a line that has more space-separated pieces than its header has columns.
// Account names are logged with their spaces and are chosen by the client, so the
// columns after the account must not be counted from the left: a client that signs in
// as "alice 198.51.100.1" would choose the address. IIS writes the agent as one piece,
// so the account takes all surplus pieces, and the client must be an address. Loggers
// that write agents with spaces are recognised by lines with only one valid reading;
// in such a file, ambiguous lines are rejected.
//
// Lists of addresses in a client header may have spaces after their commas.
func (w *w3cLine) align(line []byte, known table.Layout) (r w3cRow, fits, ambiguous bool) {
	var t [maxTokens]span
	a := alignment{w: w, line: line, known: known, t: t[:tokens(line, &t)]}
	r = w3cRow{line, &w.cells}
	w.cells = w3cCells{}
	fits, ambiguous = a.run()
	return r, fits && r.plausible(), ambiguous
}

// alignment is the state of aligning one line.
type alignment struct {
	w     *w3cLine
	line  []byte
	known table.Layout
	t     []span
}

func (a *alignment) run() (fits, ambiguous bool) {
	user, agent := bytes.IndexByte(a.known, w3cUser), bytes.IndexByte(a.known, w3cAgent)
	first, last := min(user, agent), max(user, agent)
	if last < 0 {
		return false, false
	}
	if first < 0 {
		first = last
	}
	from, to := 0, len(a.t)
	from = a.between(-1, first, from)
	for c := len(a.known) - 1; c > last && to >= 0; c-- {
		end := to
		if to = a.takeBack(c, end); to >= 0 && !fitsColumn(a.known[c], a.line[a.t[to].from:a.t[end-1].to]) {
			to = -1
		}
	}
	switch {
	case from < 0 || to < 0 || to-from < last-first+1 || to-from > last-first+1+maxSurplus:
		return false, false
	case first == last:
		a.set(first, from, to)
		return true, false
	}
	return a.middle(first, last, from, to, agent == last)
}

// middle assigns the pieces from account to agent, both included, to their columns.
func (a *alignment) middle(first, last, from, to int, agentLast bool) (fits, ambiguous bool) {
	best, readings, single := -1, 0, false
	for n := 1; from+n < to; n++ { // pieces of the first
		rest := a.between(first, last, from+n)
		if rest < 0 || rest >= to {
			continue
		}
		readings++
		if one := agentLast && to-rest == 1 || !agentLast && n == 1; best < 0 || one && !single {
			best, single = n, one
		}
	}
	if readings == 0 || readings > 1 && (a.w.spaced || !single) {
		return false, readings > 1
	}
	if readings == 1 && !single {
		a.w.spaced = true
	}
	rest := a.between(first, last, from+best)
	a.set(first, from, from+best)
	a.set(last, rest, to)
	return true, false
}

// between assigns pieces, starting at piece at, to the columns between first and last.
// It returns the index of the next piece, or -1 if a piece does not fit its column.
func (a *alignment) between(first, last, at int) int {
	for c := first + 1; c < last; c++ {
		start := at
		if at = a.take(c, at); at < 0 || !fitsColumn(a.known[c], a.line[a.t[start].from:a.t[at-1].to]) {
			return -1
		}
	}
	return at
}

// fitsColumn reports whether a cell is valid for its column. Only addresses, numbers
// and paths are checked.
func fitsColumn(slot uint8, cell []byte) bool {
	switch slot {
	case w3cClientIP, w3cServerIP:
		return isAddress(cell) || table.Given(cell) == nil
	case w3cStem:
		return isPath(cell)
	case w3cMethod:
		return isMethod(cell) || table.Given(cell) == nil
	case w3cStatus, w3cSubstatus, w3cWin32, w3cPort:
		return ascii.Number(cell) >= 0 || table.Given(cell) == nil
	}
	return true
}

// take assigns the piece at to column c and returns the index of the next piece, or -1
// if the line has no such piece.
func (a *alignment) take(c, at int) int {
	end := at + 1
	if end > len(a.t) {
		return -1
	}
	if isHeader(a.known[c]) {
		for end < len(a.t) && a.line[a.t[end-1].to-1] == ',' {
			end++
		}
	}
	a.set(c, at, end)
	return end
}

// takeBack is like take but works from the right, for the column that ends before
// piece end.
func (a *alignment) takeBack(c, end int) int {
	at := end - 1
	if at < 0 {
		return -1
	}
	if isHeader(a.known[c]) {
		for at > 0 && a.line[a.t[at-1].to-1] == ',' {
			at--
		}
	}
	a.set(c, at, end)
	return at
}

func isHeader(slot uint8) bool { return slot >= w3cForwarded && slot < w3cForwarded+maxHeaders }

func (a *alignment) set(c, at, end int) {
	a.w.cells[a.known[c]%32] = span{a.t[at].from, a.t[end-1].to}
}
