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

// Bounds of a CEF line, in bytes. Syslog receivers cut at 4 KiB or later, the
// header of syslog included.
const (
	maxCEF     = 3800
	maxCEFText = 200 // of a header field or a value, before it is escaped
	maxCEFLong = 600 // of the sentence
)

// cefSeverities are on CEF's scale, which calls 0 to 3 low, 4 to 6 medium, 7
// and 8 high, 9 and 10 very high.
var cefSeverities = map[alert.Severity]int{alert.Low: 3, alert.Medium: 5, alert.High: 8, alert.Critical: 10}

// CEF is an alert in ArcSight's Common Event Format: one line of less than
// 4 KiB without syslog header. Keys are those of the CEF dictionary; what has
// no room any more is left out, the least important first.
//
// Keys that are ours to define are custom strings and numbers with their
// labels, which every receiver of CEF keeps; keys of our own making are not.
// Identity first, then source and accounts, then figures, so that a line that
// is cut has what a triager needs.
func CEF(a *alert.Alert, by Observer) string {
	var l cefLine
	l.header("Redshank", "Redshank", by.Version, a.Rule.ID, titleOf(a), strconv.Itoa(cefSeverities[a.Severity]))
	l.add("rt", cefTime(a.Time))
	l.add("start", cefTime(a.Start))
	l.add("end", cefTime(a.End))
	l.add("externalId", a.ID)
	l.labelled("cn1", "sequence", strconv.Itoa(max(a.Sequence, 0)))
	l.add("cat", a.Class)
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
	l.labelled("cs1", "validCredentials", list(a.Valid, func(c alert.Credential) string { return c.User }))
	l.labelled("cs2", "accounts", list(a.Users, func(u alert.UserCount) string { return u.Name }))
	l.labelled("cs3", "signals", list(a.Signals, func(s alert.Signal) string { return s.Code }))
	l.labelled("cs4", "techniques", list(a.Techniques, func(t alert.Technique) string { return t.ID }))
	l.labelled("cs5", "services", list(a.Services, func(s string) string { return s }))
	l.labelled("cs6", "networkLabels", list(a.Labels, func(s string) string { return s }))
	l.labelled("cn2", "distinctUsers", strconv.Itoa(a.Counts.DistinctUsers))
	l.labelled("cn3", "distinctAddresses", strconv.Itoa(a.Counts.DistinctIPs))
	if len(a.Agents) > 0 {
		l.add("requestClientApplication", a.Agents[0])
	}
	l.add("request", a.Rule.Reference)
	return l.String()
}

// cefLine is a line being written. It never grows beyond maxCEF.
type cefLine struct {
	strings.Builder
	more bool // there is a value already
}

// header writes the seven fields that stand before the extension. All but the
// severity can hold what an attacker wrote: the title has account names.
func (l *cefLine) header(fields ...string) {
	l.WriteString("CEF:0|")
	for _, f := range fields {
		l.WriteString(cefHeader(text.Cut(f, maxCEFText)))
		l.WriteByte('|')
	}
}

// source: the dictionary's src takes IPv4 only. A campaign has no one source.
func (l *cefLine) source(a *alert.Alert) {
	switch ip := a.Source; {
	case ip.Is4():
		l.add("src", ip.String())
	case ip.IsValid():
		l.labelled("c6a2", "Source IPv6 Address", ip.String())
	}
}

// accounts: who acted with what was stolen is the source's user in AN0131; who
// was aimed at is the destination's.
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

// capped caps before escaping, so that no escape is cut in two.
func (l *cefLine) cut(key, value string, limit int) {
	if value = strings.TrimSpace(value); value != "" {
		l.put(key + "=" + cefValue(text.Cut(value, limit)))
	}
}

// labelled writes a custom field and its label, or neither.
func (l *cefLine) labelled(key, label, value string) {
	if value = strings.TrimSpace(value); value != "" {
		l.put(key + "Label=" + label + " " + key + "=" + cefValue(text.Cut(value, maxCEFText)))
	}
}

// put leaves a pair out that has no room; a shorter one after it may have.
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

// list joins the first values with commas, as many as have room whole.
func list[T any](values []T, text func(T) string) string {
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

// cefTime is in Unix milliseconds, which needs no time zone.
func cefTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

// cefHeader escapes what ends a header field. A line break cannot stand there.
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

// cefValue escapes what would end a value, or begin another key.
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

// escaped puts the mark of an unknown character in the place of what cannot be
// seen and could fool a terminal or a reader; line breaks are write's.
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
