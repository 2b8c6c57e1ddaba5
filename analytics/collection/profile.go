package collection

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/window"
)

// Bounds of one profile: about 20 KB at most, and 500 bytes for an account that
// only signs in.
const (
	maxObservations = 48
	maxMailboxes    = 128
	maxDetail       = 160
	observationSpan = 10 * 60 * 1000 // the same signal again within it is the same note
)

// profile is the entity profile of a subject of AN0131: an account, an
// application or a host. It holds the baseline and the observations.
type profile struct {
	key          uint64
	subject      string
	kind         subjectKind
	failed       [4]int64 // times of failures, newest first
	observations []observation
	incident     *theft
	*behaviour
}

// behaviour is the observed behaviour of a subject. Subjects that have only ever
// failed, such as most guessed user names, share the detector's read-only
// emptyBehaviour; see ownBehaviour. It is four fifths of a profile.
type behaviour struct {
	baseline      baseline.Baseline
	groups        []*baseline.Baseline // of the account's groups, as the policy had them when the account was met
	mail          *volume              // items read, from the first one on
	taken         *volume              // of these, those read by a program or from an unusual network
	requests      *beacon              // of programs
	mailboxes     window.Attempts      // that the subject read, to detect many at a time
	boxes         mailboxCount         // that an application read, by day
	points        [4]signInPoint       // sign-ins, newest first
	recentSignIns [4]recentSignIn      // the last sign-ins of each kind, newest first
	accounts      accountsOf           // that let an application in, or that it acts for
	networks      int                  // that an application was used from, at most maxHomes+1
	takes         take                 // by an application that is not known yet
}

type subjectKind uint8

const (
	aUser subjectKind = iota
	anApp
	aHost
)

// observation is one signal, with the links it shares with other observations.
type observation struct {
	kind        signalKind
	half        bool   // a group's baseline speaks, the account's own is not mature
	grant       bool   // of the account that let an application in
	weight      int    // now; see Detector.weigh
	record      string // behind it, see event.AppendRecord
	core        bool   // what is near it makes an incident; see Detector.weigh
	inIncident  bool   // part of the incident
	first, last int64
	links       links
	client      event.ClientKey // zero: none
	feature     uint64          // it counts only while this is not usual; 0: always
	detail      string
}

// began returns the start of an incident that the observation is part of. A volume
// is known only at its end.
func (n *observation) began() int64 {
	if n.kind == accessVolume {
		return n.last
	}
	return n.first
}

// links are the keys by which two halves are matched besides their subject:
// session or token, client address, application. The zero value matches nothing.
type links [3]uint64

func (a *links) shared(b *links) bool {
	for i, v := range a {
		if v != 0 && v == b[i] {
			return true
		}
	}
	return false
}

// keep stores an observation, merged with one of the same signal and client
// shortly before or after it, if any. It reports whether anything changed.
func (d *profile) keep(n observation, detail []byte) (kept *observation, news bool) {
	for i := range d.observations {
		have := &d.observations[i]
		if have.same(&n) {
			news = n.first < have.first || n.last > have.last || have.half && !n.half
			have.first, have.last = min(have.first, n.first), max(have.last, n.last)
			have.half = have.half && n.half
			return have, news
		}
	}
	if len(d.observations) >= maxObservations {
		d.forget()
	}
	n.detail = oneLine(detail)
	d.observations = append(d.observations, n)
	return &d.observations[len(d.observations)-1], true
}

// ofAttack are the signals that credential stuffing gives for each address from
// which it gets in: thousands for an account whose password is known.
var ofAttack = setOf(signInFromAttack, signInAfterFailures)

// maxAlike is how many observations of a signal of ofAttack that are near each
// other are kept. More say nothing new, and each costs a comparison of all.
const maxAlike = 8

// repeats reports whether an observation would be one more than maxAlike near
// each other, and is not one of these that goes on.
func (d *profile) repeats(n *observation, window int64) bool {
	alike := 0
	for i := range d.observations {
		have := &d.observations[i]
		if have.kind != n.kind || !have.near(n, window) {
			continue
		}
		if have.same(n) {
			return false
		}
		alike++
	}
	return alike >= maxAlike
}

// oneLine is a capped copy of text without line breaks and runs of blanks.
func oneLine(text []byte) string {
	text = text[:min(len(text), maxDetail)]
	if !bytes.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= utf8.RuneSelf }) {
		return string(text) // an address above all
	}
	return strings.ToValidUTF8(strings.Join(strings.Fields(string(text)), " "), "")
}

// same reports whether two observations are one: the same signal of the same
// client shortly before or after, or of the same new feature within an hour.
func (n *observation) same(o *observation) bool {
	span := int64(observationSpan)
	if n.feature != 0 {
		span = event.Hour
	}
	return n.kind == o.kind && n.client == o.client && n.feature == o.feature && (n.links == o.links || n.feature != 0) &&
		o.last >= n.first-span && o.first <= n.last+span
}

// forget drops an observation of the most frequent signal, so that a flood of one
// signal does not evict the others.
func (d *profile) forget() {
	var count [signalKinds]int
	worst := 0
	for i := range d.observations {
		k := d.observations[i].kind
		if count[k]++; count[k] > count[d.observations[worst].kind] {
			worst = i
		}
	}
	for i := range d.observations {
		if d.observations[i].kind == d.observations[worst].kind {
			d.observations = append(d.observations[:i], d.observations[i+1:]...)
			return
		}
	}
}

// has reports whether there is an observation of the signal.
func (d *profile) has(kind signalKind) bool {
	for i := range d.observations {
		if d.observations[i].kind == kind {
			return true
		}
	}
	return false
}

// near reports whether two observations can be parts of one theft: within a day
// of each other where they share a session, an address or an application; within
// the time window unless they are apart.
func (n *observation) near(o *observation, window int64) bool {
	gap := max(n.first, o.first) - min(n.last, o.last)
	switch {
	case gap > event.Day:
		return false
	case n.links.shared(&o.links):
		return true
	}
	return gap <= window && !n.apart(o)
}

// readByProgram are the signals of a program that reads mail.
var readByProgram = setOf(accessScript, accessTool, accessNoAgent, accessItems, accessForeignApp, accessMailboxes, accessSync, accessRegular, accessBulk)

// apart reports whether two observations without a common session or address are
// those of two people: they have different addresses, and are not an odd sign-in
// and the reading of a program, which rarely meet by chance.
func (n *observation) apart(o *observation) bool {
	none := event.ClientKey{}
	if n.client == none || o.client == none || n.client == o.client || n.feature != 0 && n.feature == o.feature {
		return false
	}
	signIn, access := n.kind, o.kind
	if signIn.isAccess() {
		signIn, access = access, signIn
	}
	return !(oddSession | grants).has(signIn) || !readByProgram.has(access)
}

// suspicious reports whether the subject has an open incident above low severity.
func (d *profile) suspicious(at int64) bool {
	return d.incident != nil && d.incident.Severity > alert.Low && within(d.incident, at)
}

// within reports whether a time is within a day of an incident.
func within(i *theft, at int64) bool { return at >= i.Start-event.Day && at <= i.End+event.Day }

// mailboxCount counts the mailboxes that an application reads in a day.
type mailboxCount struct {
	day   int64
	today window.Distinct
	usual int // the most on any day before that was not itself suspicious
}

// read counts a mailbox and returns the number of mailboxes today.
func (b *mailboxCount) read(box uint64, at int64, suspicious bool) int {
	if d := at / event.Day; d > b.day {
		if !suspicious {
			b.usual = max(b.usual, b.today.Count())
		}
		b.day, b.today = d, window.Distinct{}
	}
	if at/event.Day == b.day {
		b.today.Add(box)
	}
	return b.today.Count()
}

// linksOf returns the links of an event.
func (c *Detector) linksOf(ev *event.Event) (l links) {
	switch {
	case len(ev.Session) > 0:
		l[0] = event.SaltedHash('s', ev.Session)
	case len(ev.Token) > 0:
		l[0] = event.SaltedHash('t', ev.Token)
	}
	if k := c.clientOf(ev); k != (event.ClientKey{}) {
		l[1] = c.linkOf(k)
	}
	if c.foreign(ev) {
		l[2] = event.SaltedHash('a', ev.App) // everybody has those of Microsoft
	} else if len(ev.App) == 0 && len(ev.Target) == len(appID) {
		l[2] = event.SaltedHash('a', ev.Target)
	}
	return l
}

func (c *Detector) linkOf(k event.ClientKey) uint64 {
	k = k.Cut(c.policy.State.IPv4Prefix, c.policy.State.IPv6Prefix)
	return event.SaltedHash('i', k[:])
}

// clientOf returns the address of an event's client. It is zero if unknown or if
// it belongs to the cloud or the server itself.
func (c *Detector) clientOf(ev *event.Event) (k event.ClientKey) {
	if ev.IP.IsValid() && ev.Marks&(event.ServerItself|event.MicrosoftRange) == 0 {
		return ev.IP.As16()
	}
	return k
}
