package policy

import (
	"bytes"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/policy/strict"
)

// Code is the meaning of a result code.
type Code struct {
	Outcome event.Outcome
	Reason  event.Reason
	Meaning string // in a few words, for alerts

	// ropc is the outcome if the sign-in was made with the password itself
	// (resource owner password credentials): some codes say there that the
	// password was right and elsewhere only that an app is misconfigured.
	ropc event.Outcome
}

// codeSpaces are the names of the tables of codes in the content, and outcomeNames and
// reasonNames the words in them.
var (
	codeSpaces   = namesOf[event.CodeSpace]()
	outcomeNames = namesOf[event.Outcome]()
	reasonNames  = namesOf[event.Reason]()
)

// codeTables are the tables of result codes; their keys are as codeKey makes them.
type codeTables map[event.CodeSpace]map[string]Code

// read reads {space: {code: {outcome, reason, meaning, ropc}}}.
func (c codeTables) read(r *strict.Reader, at string, n *yaml.Node) {
	spaces := strict.Fields{}
	for _, name := range codeSpaces {
		space := byName[event.CodeSpace](name)
		spaces[name] = func(r *strict.Reader, at string, n *yaml.Node) { c.readSpace(r, at, n, space) }
	}
	strict.Section(spaces)(r, at, n)
}

// readSpace reads one table.
func (c codeTables) readSpace(r *strict.Reader, at string, n *yaml.Node, space event.CodeSpace) {
	if c[space] == nil {
		c[space] = map[string]Code{}
	}
	r.Each(at, n, func(key *yaml.Node, at string, value *yaml.Node) {
		var outcome, reason, ropc string
		code := Code{}
		strict.Section(strict.Fields{
			"outcome": strict.OneOf(&outcome, outcomeNames...),
			"reason":  strict.OneOf(&reason, reasonNames...),
			"meaning": strict.Text(&code.Meaning),
			"ropc":    strict.OneOf(&ropc, outcomeNames...),
		})(r, at, value)
		if outcome == "" {
			r.Fail(key, at, "outcome missing")
		}
		code.Outcome = byName[event.Outcome](outcome)
		code.Reason = byName[event.Reason](reason)
		code.ropc = byName[event.Outcome](ropc)
		var scratch [maxCode]byte
		c[space][string(codeKey(scratch[:0], []byte(key.Value)))] = code
	})
}

// maxCode bounds a code, in bytes: the longest name of Entra has 63.
const maxCode = 96

// codeKey appends a code in the form it is looked up by: lower case, without
// 0x and leading zeros. 0xC000006A and c000006a have one key, and so do 0x18 and
// 0x00000018.
func codeKey(dst, code []byte) []byte {
	code = bytes.TrimSpace(code[:min(len(code), maxCode)])
	if len(code) > 2 && code[0] == '0' && code[1]|0x20 == 'x' {
		code = code[2:]
	}
	for len(code) > 1 && code[0] == '0' {
		code = code[1:]
	}
	return ascii.AppendLower(dst, code)
}

// CodeMeaning returns what a result code means, and whether it is known.
func (c codeTables) CodeMeaning(space event.CodeSpace, code []byte) (Code, bool) {
	var scratch [maxCode]byte
	found, ok := c[space][string(codeKey(scratch[:0], code))]
	return found, ok
}

// judge sets outcome and reason by the code, if the code is known. A sign-in that
// was logged as a success stays one if its code is that of an interrupt.
func (c codeTables) judge(ev *event.Event) {
	if ev.CodeSpace == event.CodeNone || len(ev.Code) == 0 {
		return
	}
	code, known := c.CodeMeaning(ev.CodeSpace, ev.Code)
	if ev.Outcome == event.Success && (!known || code.Outcome == event.Success || code.Outcome == event.Noise || code.Outcome == event.Challenge) {
		if !known {
			ev.Outcome = event.Noise // an unknown error does not prove a right password
		}
		return
	}
	if !known {
		return
	}
	ev.Outcome, ev.Reason = code.Outcome, code.Reason
	if ev.Protocol == event.ROPC && code.ropc != event.OutcomeUnknown {
		ev.Outcome = code.ropc
	}
}

// enumeration is a type of package event whose values have names.
type enumeration interface {
	~uint8
	String() string
}

// namesOf returns the names of an enumeration, without that of 0.
func namesOf[T enumeration]() (names []string) {
	for v := T(1); v.String() != "invalid"; v++ {
		names = append(names, v.String())
	}
	return names
}

// byName returns the value of an enumeration by its name, 0 for an unknown name.
func byName[T enumeration](name string) T {
	for v := T(0); v.String() != "invalid"; v++ {
		if v.String() == name {
			return v
		}
	}
	return 0
}
