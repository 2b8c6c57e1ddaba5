package iis

import (
	"redshank/analytics/ascii"
	"redshank/analytics/source/table"
	"redshank/analytics/timestamp"
)

// guess splits a line without a header by the shape of its columns: site and server
// before the method, a fixed sequence from the method to the client, then protocol
// version and agent, followed by three numbers.
func guess(line []byte, r *table.Row) bool {
	var t [maxTokens]span
	n := tokens(line, &t)
	at := func(i int) []byte {
		if i < 0 || i >= n {
			return nil
		}
		return line[t[i].from:t[i].to]
	}
	i := 0
	if timestamp.IsDate(at(i)) {
		r[w3cDate], i = at(i), i+1
	}
	if timestamp.IsClock(at(i)) {
		r[w3cTime], i = at(i), i+1
	}
	for ; i < n && !(isMethod(at(i)) && isPath(at(i+1))); i++ {
		if isAddress(at(i)) {
			r[w3cServerIP] = at(i)
		} else if !ascii.HasPrefix(at(i), "w3svc") {
			r[w3cComputer] = at(i)
		}
	}
	for _, slot := range [...]int{w3cMethod, w3cStem, w3cQuery, w3cPort} {
		r[slot], i = at(i), i+1
	}
	client := guessClient(line, t[:n], i)
	if client < 0 {
		return false
	}
	r[w3cUser], r[w3cClientIP] = line[t[i].from:t[client-1].to], at(client)
	i = client + 1
	if ascii.HasPrefix(at(i), "http/") {
		i++
	}
	return guessTail(line, t[:n], i, r)
}

// guessClient returns the index of the client of a line whose account begins at piece
// i, or -1 if several pieces qualify. In the default columns of IIS, agent, referer
// and status follow the client; see align for why columns cannot be counted past the
// account.
func guessClient(line []byte, t []span, i int) int {
	client, clients, status := i+1, 0, len(t)
	for at := i + 1; at < len(t) && status == len(t); at++ {
		cell := line[t[at].from:t[at].to]
		switch {
		case at+2 < len(t) && isStatus(line, t[at:]):
			status = at
		case isAddress(cell):
			client = at
			clients++
		}
	}
	switch {
	case i+1 >= len(t):
		return -1
	case clients <= 1:
		return client
	}
	if at := status - 3; at > i && isAddress(line[t[at].from:t[at].to]) {
		return at
	}
	return -1
}

// guessTail splits the line from the user agent on. The status is the first number of
// three digits that two more numbers follow; bytes and durations come after.
func guessTail(line []byte, t []span, agent int, r *table.Row) bool {
	status := -1
	for i := agent + 1; i+2 < len(t) && status < 0; i++ {
		if isStatus(line, t[i:]) {
			status = i
		}
	}
	if status < 0 {
		return guessBare(line, t, agent, r)
	}
	at := func(i int) []byte { return line[t[i].from:t[i].to] }
	r[w3cStatus], r[w3cSubstatus], r[w3cWin32] = at(status), at(status+1), at(status+2)
	last := agent
	switch between := status - agent; {
	case between == 1:
	case between <= 3: // referer, or cookie and referer, or referer and host
		r[w3cReferer] = at(agent + 1)
	case between == 4: // cookie, referer, host
		r[w3cReferer] = at(agent + 2)
	default: // an agent with spaces in it
		last = status - 2
		r[w3cReferer] = at(status - 1)
	}
	r[w3cAgent] = line[t[agent].from:t[last].to]
	for i := status + 3; i < len(t); i++ {
		if isAddress(at(i)) {
			r[w3cForwarded] = at(i)
		}
	}
	return true
}

// guessBare splits a line without an agent, or without a sub-status.
func guessBare(line []byte, t []span, i int, r *table.Row) bool {
	for ; i < len(t); i++ {
		if b := line[t[i].from:t[i].to]; len(b) == 3 && ascii.Number(b) >= 100 {
			r[w3cStatus] = b
			return true
		}
	}
	return false
}

func isStatus(line []byte, t []span) bool {
	status := line[t[0].from:t[0].to]
	return len(status) == 3 && ascii.Number(status) >= 100 && ascii.Number(status) < 600 &&
		ascii.Number(line[t[1].from:t[1].to]) >= 0 && ascii.Number(line[t[2].from:t[2].to]) >= 0
}

func isMethod(b []byte) bool {
	for _, c := range b {
		if (c < 'A' || c > 'Z') && c != '_' {
			return false
		}
	}
	return len(b) >= 3
}

func isPath(b []byte) bool { return len(b) > 0 && (b[0] == '/' || b[0] == '*') }

// isAddress reports whether b is an address or a list of addresses, and not a name or
// a number.
func isAddress(b []byte) bool {
	dots, colons := 0, 0
	for _, c := range b {
		switch {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case c == '%':
			return colons >= 2
		case !ascii.IsDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') && c != ',' && c != '[' && c != ']':
			return false
		}
	}
	return dots >= 3 || colons >= 2
}
