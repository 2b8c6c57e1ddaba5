package iis

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/source/table"
)

// The common and the combined log format of NCSA, in which IIS can log and in which nginx
// and Apache log as reverse proxies in front of Exchange:
//
//	203.0.113.7 - alice [10/Mar/2026:10:00:00 +0000] "POST /EWS/Exchange.asmx HTTP/1.1" 401 0 "-" "curl/8.1"
//
// There is no result of Windows: a 401 with an account is a refused password, since only
// Basic authentication names an account before it is checked.

// ncsaTimeSize is the length of a time with its brackets.
const ncsaTimeSize = len("[10/Mar/2026:10:00:00 +0000]")

// maxNCSAHead bounds the part of a line before the time, in bytes.
const maxNCSAHead = 512

// ncsaTime returns the offset of the time of a line in the format of NCSA, -1 for any
// other line.
func ncsaTime(line []byte) int {
	at := bytes.IndexByte(ascii.Clip(line, maxNCSAHead), '[')
	if at < len("::1 - - ") || len(line) < at+ncsaTimeSize+2 || line[at-1] != ' ' {
		return -1
	}
	stamp := line[at:]
	if stamp[3] != '/' || stamp[7] != '/' || stamp[12] != ':' || stamp[ncsaTimeSize-1] != ']' || string(stamp[ncsaTimeSize:ncsaTimeSize+2]) != ` "` {
		return -1
	}
	return at
}

// ncsa splits a line in the format of NCSA.
func ncsa(line []byte, r *table.Row) bool {
	at := ncsaTime(line)
	if at < 0 {
		return false
	}
	client, rest, _ := bytes.Cut(line[:at-1], space)
	_, user, found := bytes.Cut(rest, space) // the second column is the name that identd knows
	if !found {
		return false
	}
	r[w3cClientIP], r[w3cUser], r[w3cStamp] = client, user, line[at+1:at+ncsaTimeSize-1]
	request, rest := ncsaQuoted(line[at+ncsaTimeSize+1:])
	var target []byte
	r[w3cMethod], target, _ = bytes.Cut(request, space)
	target, _, _ = bytes.Cut(target, space)
	r[w3cStem], r[w3cQuery], _ = bytes.Cut(target, question)
	r[w3cStatus], rest, _ = bytes.Cut(bytes.TrimLeft(rest, " "), space)
	_, rest, _ = bytes.Cut(rest, space) // bytes sent
	if len(rest) > 0 && rest[0] == '"' {
		r[w3cReferer], rest = ncsaQuoted(rest)
		r[w3cAgent], _ = ncsaQuoted(bytes.TrimLeft(rest, " "))
	}
	if string(r[w3cStatus]) == "401" {
		r[w3cSubstatus] = credentialsRefused
	}
	return true
}

// credentialsRefused is the substatus of a refused password.
var credentialsRefused = []byte("1")

// ncsaQuoted returns the text between the quotes that text begins with. A quote behind a
// backslash belongs to the text.
func ncsaQuoted(text []byte) (inner, rest []byte) {
	if len(text) == 0 || text[0] != '"' {
		return nil, text
	}
	for at := 1; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return text[1:at], text[at+1:]
		}
	}
	return text[1:], nil
}

var (
	space    = []byte(" ")
	question = []byte("?")
)
