package change

import (
	"bytes"
	"cmp"
	"slices"

	"redshank/analytics/ascii"
	"redshank/analytics/policy"
)

// MaxText bounds the text of a change in the detail of a signal, in bytes.
const MaxText = 320

// maxValue bounds the value of one parameter in the detail of a signal, in bytes.
const maxValue = 80

// parameter is a parameter of a change, as views into the text of an event.
type parameter struct {
	name, value []byte
	rank        int
}

// Chosen returns the parameters in text as "Name=Value; ...", at most MaxText bytes,
// those that the content ranks first, each value capped; text itself if it has no
// parameters.
func Chosen(p *policy.Policy, text []byte) []byte {
	var list []parameter
	eachParameter(p, text, func(name, value []byte) {
		if rank := p.Parameter(name).Rank; rank > 0 || len(list) < maxParameterCount {
			list = append(list, parameter{name, value, cmp.Or(rank, 1<<10)})
		}
	})
	if len(list) == 0 {
		return text
	}
	slices.SortStableFunc(list, func(a, b parameter) int { return a.rank - b.rank })
	var b []byte
	for _, p := range list {
		value := scopeIn(p.value)
		cut := value[:min(len(value), maxValue)]
		if len(b)+len(p.name)+len(cut)+len("; =...") > MaxText {
			break
		}
		if len(b) > 0 {
			b = append(b, "; "...)
		}
		b = append(append(append(b, p.name...), '='), cut...)
		if len(cut) < len(value) {
			b = append(b, "..."...)
		}
	}
	return b
}

// scopeIn returns the scopes in the value of a consent, which comes as
// "[[Id: ..., Scope: Mail.Read, CreatedDateTime: ...]]"; any other value as it is.
func scopeIn(value []byte) []byte {
	if scope, ok := ascii.CutAfter(value, "Scope: "); ok {
		return bytes.TrimSpace(ascii.UpTo(scope, ",]"))
	}
	return value
}

// maxParameterCount bounds the parameters in a detail that the content does not rank.
const maxParameterCount = 64

// eachParameter calls f for each parameter of a text as audit logs ("Name=Value; ...")
// or cmdlet logs (-Name "Value" ...) write them, and for nothing of any other text.
func eachParameter(p *policy.Policy, text []byte, f func(name, value []byte)) {
	text = bytes.TrimSpace(text)
	if len(text) > 1 && text[0] == '-' && ascii.Letter(text[1]) {
		eachSwitch(p, text, f)
		return
	}
	var last parameter
	for len(text) > 0 {
		var pair []byte
		pair, text, _ = bytes.Cut(text, []byte("; "))
		name, value, ok := bytes.Cut(pair, []byte("="))
		switch {
		case ok && isParameterName(name):
			if last.name != nil {
				f(last.name, last.value)
			}
			last = parameter{name: name, value: value}
		case last.name == nil:
			return
		default: // of a value with a semicolon in it
			last.value = last.value[:min(len(last.value)+len("; ")+len(pair), cap(last.value))]
		}
	}
	if last.name != nil {
		f(last.name, last.value)
	}
}

// isParameterName reports whether text can be the name of a parameter.
func isParameterName(text []byte) bool {
	return len(text) > 0 && len(text) <= 64 && !bytes.ContainsAny(text, " \t\"'@<>")
}

// eachSwitch calls f for each parameter of a command line.
func eachSwitch(p *policy.Policy, text []byte, f func(name, value []byte)) {
	for len(text) > 0 {
		end := nextSwitch(p, text)
		one := bytes.TrimSpace(text[:end])
		text = text[end:]
		name := switchName(one)
		f(name, bytes.Trim(one[min(len(one), len("-")+len(name)+len(" ")):], " \"'"))
	}
}

// switchName returns the name in a text that begins with a dash and a name.
func switchName(text []byte) []byte {
	end := 1
	for end < len(text) && text[end] != ' ' && text[end] != ':' {
		end++
	}
	return text[1:end]
}

// nextSwitch returns where the first switch of text ends and the next one begins:
// outside of quotes, or with a name that the content knows, since a value may have a
// quote in it.
func nextSwitch(p *policy.Policy, text []byte) int {
	quote := byte(0)
	for i := 1; i+1 < len(text); i++ {
		switch c := text[i]; {
		case c == '-' && text[i-1] == ' ' && ascii.Letter(text[i+1]):
			if quote == 0 || p.Parameter(switchName(text[i:min(len(text), i+maxName)])).Rank > 0 {
				return i
			}
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		}
	}
	return len(text)
}

// maxName bounds the name of a switch or a command, in bytes.
const maxName = 64

// eachField calls f for each field of a list of JSON objects without structure below
// them, such as the actions of an inbox rule.
func eachField(text []byte, f func(name, value []byte)) {
	var name []byte
	for {
		colon := bytes.Index(text, []byte(`":`))
		if colon < 0 {
			break
		}
		quote := bytes.LastIndexByte(text[:colon], '"')
		if name != nil {
			f(name, text[:max(quote, 0)])
		}
		name, text = text[quote+1:colon], text[colon+2:]
	}
	if name != nil {
		f(name, text)
	}
}
