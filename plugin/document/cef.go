package document

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// Bounds of a CEF line, in bytes. No syslog receiver cuts below 4 KiB, including
// the header of syslog.
const (
	maxCEF     = 3800
	maxCEFText = 200 // of a header field or a value, before it is escaped
	maxCEFLong = 600 // of the sentence
)

// cefSeverities are on the scale of CEF: 0 to 3 low, 4 to 6 medium, 7 and 8 high, 9
// and 10 very high.
var cefSeverities = map[alert.Severity]int{alert.Low: 3, alert.Medium: 5, alert.High: 8, alert.Critical: 10}

// CEF returns an alert in ArcSight's Common Event Format: one line of less than 4
// KiB, without a syslog header. All keys are in the CEF dictionary. Values without
// a key there are custom strings and numbers with labels, which every receiver
// keeps, in contrast to unknown keys.
//
// The most important values come first: identity, then source and accounts, then
// figures. Values that do not fit are left out.
func CEF(a *alert.Alert, by Observer) string {
	var l cefLine
	l.header("Redshank", "Redshank", by.Version, a.Rule.ID, titleOf(a), strconv.Itoa(cefSeverities[a.Severity]))
	l.add("rt", cefTime(a.Time))
	l.add("start", cefTime(a.Start))
	l.add("end", cefTime(a.End))
	l.add("externalId", a.ID)
	l.labelled("cn1", "sequence", strconv.Itoa(max(a.Sequence, 0)))
	l.add("cat", a.Class)
	l.labelled("flexString1", "drillRun", a.Drill)
	l.add("act", actionOf(a))
	l.add("outcome", outcomeOf(a))
	l.source(a)
	l.accounts(a)
	if n := max(a.Counts.Failures, a.Counts.Items); n > 0 {
		l.add("cnt", strconv.Itoa(n))
	}
	l.cut("msg", a.Message, maxCEFLong)
	l.add("deviceExternalId", by.Name)
	l.add("dvchost", by.Name)
	if len(a.Hosts) > 0 {
		l.add("dhost", a.Hosts[0])
	}
	l.labelled("cs1", "validCredentials", cefList(a.Valid, func(c alert.Credential) string { return c.User }))
	l.labelled("cs2", "accounts", cefList(a.Users, func(u alert.UserCount) string { return u.Name }))
	l.labelled("cs3", "signals", cefList(a.Signals, func(s alert.Signal) string { return s.Code }))
	l.labelled("cs4", "techniques", cefList(a.Techniques, func(t alert.Technique) string { return t.ID }))
	l.labelled("cs5", "services", cefList(a.Services, func(s string) string { return s }))
	l.labelled("cs6", "networkLabels", cefList(a.Labels, func(s string) string { return s }))
	l.labelled("cn2", "distinctUsers", strconv.Itoa(a.Counts.DistinctUsers))
	l.labelled("cn3", "distinctAddresses", strconv.Itoa(a.Counts.DistinctIPs))
	if len(a.Agents) > 0 {
		l.add("requestClientApplication", a.Agents[0])
	}
	l.add("request", a.Rule.Reference)
	return l.String()
}

// cefLine builds a line of at most maxCEF bytes.
type cefLine struct {
	strings.Builder
	more bool // at least one value has been written
}

// header writes the fields before the extension. An attacker may have written part
// of the title, which contains account names.
func (l *cefLine) header(fields ...string) {
	l.WriteString("CEF:0|")
	for _, f := range fields {
		l.WriteString(cefHeader(text.Cut(f, maxCEFText)))
		l.WriteByte('|')
	}
}

// source writes the client of the incident. The key src is for IPv4 only.
func (l *cefLine) source(a *alert.Alert) {
	switch ip := a.Source; {
	case ip.Is4():
		l.add("src", ip.String())
	case ip.IsValid():
		l.labelled("c6a2", "Source IPv6 Address", ip.String())
	}
}

// accounts writes the acting account or application as the source, and the target
// as the destination.
func (l *cefLine) accounts(a *alert.Alert) {
	switch s := subjectOf(a); {
	case s.is(anAccount):
		l.add("suser", s.Name)
	case s.is(anApplication):
		l.add("sourceServiceName", s.Name)
	case s.is(aHost):
		l.add("shost", s.Name)
	}
	switch {
	case len(a.Valid) > 0:
		l.add("duser", a.Valid[0].User)
	case a.User != nil && a.Rule.Kind == alert.Threshold:
		l.add("duser", accountOf(a.User))
	case len(a.Users) > 0:
		l.add("duser", a.Users[0].Name)
	}
}

func (l *cefLine) add(key, value string) { l.cut(key, value, maxCEFText) }

// cut adds a value cut to limit bytes. Cutting comes before escaping, so that no
// escape sequence is cut in two.
func (l *cefLine) cut(key, value string, limit int) {
	if value = strings.TrimSpace(value); value != "" {
		l.put(key + "=" + cefValue(text.Cut(value, limit)))
	}
}

// labelled writes a custom field with its label, or nothing for an empty value.
func (l *cefLine) labelled(key, label, value string) {
	if value = strings.TrimSpace(value); value != "" {
		l.put(key + "Label=" + label + " " + key + "=" + cefValue(text.Cut(value, maxCEFText)))
	}
}

// put writes a pair that fits. A later pair may be shorter and still fit.
func (l *cefLine) put(pair string) {
	if l.Len()+1+len(pair) > maxCEF {
		return
	}
	if l.more {
		l.WriteByte(' ')
	}
	l.more = true
	l.WriteString(pair)
}

// cefList joins values with commas, as many as fit completely.
func cefList[T any](values []T, text func(T) string) string {
	var b strings.Builder
	for _, v := range values {
		item := text(v)
		if b.Len() > 0 && b.Len()+1+len(item) > maxCEFText {
			break
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(item)
	}
	return b.String()
}

// cefTime returns Unix milliseconds, which need no time zone.
func cefTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

// cefHeader escapes a header field, which cannot contain a line break.
func cefHeader(s string) string {
	return escaped(s, func(b *strings.Builder, r rune) {
		switch r {
		case '\\', '|':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\n', '\r':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	})
}

// cefValue escapes a value of the extension.
func cefValue(s string) string {
	return escaped(s, func(b *strings.Builder, r rune) {
		switch r {
		case '\\', '=':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		default:
			b.WriteRune(r)
		}
	})
}

// escaped calls write for every character and replaces invisible ones, which could
// mislead a terminal or a reader. write handles line breaks.
func escaped(s string, write func(b *strings.Builder, r rune)) string {
	var b strings.Builder
	for _, r := range s {
		if r != '\n' && r != '\r' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) {
			r = utf8.RuneError
		}
		write(&b, r)
	}
	return b.String()
}
