package request

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
)

// Query is what the query string of a request says about it.
type Query struct {
	Id      []byte // cafeReqId: the id that IIS and HttpProxy rows share
	Command []byte // Cmd of ActiveSync
	Soap    []byte // SoapAction of EWS
	User    []byte // User of ActiveSync, percent-encoded
	Device  []byte // DeviceId
	Model   []byte // DeviceType
	Reason  []byte // reason of the logon page
}

// ReadQuery reads a query string, which may begin with a question mark. Parameters end
// with "&", and those that Exchange adds with ";". The last of a repeated parameter counts,
// because Exchange appends its own: a client must not be able to choose the id of its
// request, which would make the request a duplicate.
func ReadQuery(text []byte) (q Query) {
	for len(text) > 0 && text[0] == '?' {
		text = text[1:]
	}
	for len(text) > 0 {
		value, name := q.parameter(text)
		end := name + parameterEnd(text[name:])
		if value != nil {
			*value = text[name:end]
		}
		text = text[min(end+1, len(text)):]
	}
	return q
}

// parameter returns where the value of the parameter goes that text begins with, nil
// for one that is not kept, and how long its name is with the "=". It compares
// eight letters in one step: or'ed with 0x20 they are in lower case, and nothing
// else becomes a lower-case letter.
func (q *Query) parameter(text []byte) (value *[]byte, name int) {
	if len(text) < 8 {
		return q.shortParameter(text)
	}
	const cmd, user, reason = 1<<24 - 1, 1<<32 - 1, 1<<48 - 1
	word := binary.LittleEndian.Uint64(text) | ascii.EachByte*0x20
	switch {
	case word == ascii.Word("cafereqi") && len(text) > 9 && text[8]|0x20 == 'd':
		value, name = &q.Id, len("cafereqid")
	case word&cmd == ascii.Word("cmd     ")&cmd:
		value, name = &q.Command, len("cmd")
	case word == ascii.Word("deviceid") && len(text) > 8:
		value, name = &q.Device, len("deviceid")
	case word == ascii.Word("devicety") && len(text) > 10 && text[8]|0x20 == 'p' && text[9]|0x20 == 'e':
		value, name = &q.Model, len("devicetype")
	case word&user == ascii.Word("user    ")&user:
		value, name = &q.User, len("user")
	case word == ascii.Word("soapacti") && len(text) > 10 && text[8]|0x20 == 'o' && text[9]|0x20 == 'n':
		value, name = &q.Soap, len("soapaction")
	case word&reason == ascii.Word("reason  ")&reason:
		value, name = &q.Reason, len("reason")
	default:
		return nil, 0
	}
	if text[name] != '=' {
		return nil, 0
	}
	return value, name + 1
}

// shortParameter is parameter for fewer than eight letters, at the end of a
// query.
func (q *Query) shortParameter(text []byte) (value *[]byte, name int) {
	for _, p := range [...]struct {
		name  string
		value *[]byte
	}{{"cmd=", &q.Command}, {"user=", &q.User}, {"reason=", &q.Reason}} {
		if ascii.HasPrefix(text, p.name) {
			return p.value, len(p.name)
		}
	}
	return nil, 0
}

// parameterEnd returns where the first parameter of text ends.
func parameterEnd(text []byte) (at int) {
	for ; at+8 <= len(text); at += 8 {
		word := binary.LittleEndian.Uint64(text[at:])
		if found := ascii.First(word, '&') | ascii.First(word, ';'); found != 0 {
			return at + bits.TrailingZeros64(found)>>3
		}
	}
	for ; at < len(text) && text[at] != '&' && text[at] != ';'; at++ {
	}
	return at
}

// Operation returns what the request asked for.
func (q *Query) Operation(path []byte) []byte {
	switch {
	case len(q.Soap) > 0:
		return q.Soap
	case len(q.Command) > 0:
		return q.Command
	}
	return path
}

// Unescaped is b with its percent signs resolved, in ev's own memory.
func Unescaped(b []byte, ev *event.Event) []byte {
	if bytes.IndexByte(b, '%') < 0 {
		return b
	}
	var buf [MaxUser]byte
	return ev.Hold(ascii.AppendUnescaped(buf[:0], ascii.Clip(b, MaxUser)))
}

// MaxUser is the longest account that is copied, in bytes.
const MaxUser = 320
