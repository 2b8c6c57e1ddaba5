package collection

import (
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/collection/behaviour"
	"redshank/analytics/collection/change"
	"redshank/analytics/collection/theft"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// Bounds of one profile: about 35 KB at most, and 500 bytes for an account that
// only signs in.
const (
	maxObservations = 48
	maxDetail       = change.MaxText
	maxProfileMails = 40             // of all observations
	maxThefts       = 4              // incidents that observations can join
	observationSpan = 10 * 60 * 1000 // the same signal within it is the same observation
)

// profile is the entity profile of a subject of AN0131: an account, an
// application, a host or an address. It holds the behaviour and the observations.
type profile struct {
	key          uint64
	subject      string
	kind         subjectKind
	failed       [4]int64 // times of failures, newest first
	observations []observation
	thefts       []*theft.Theft // the incidents, at most maxThefts, oldest first
	// Subjects that have only ever failed, such as most guessed user names, share
	// subjects.emptyBehaviour, which is read-only. A behaviour is four fifths of a
	// profile.
	*behaviour.Behaviour
}

// subjectKind is what an entity profile is about. The numbers are saved.
type subjectKind uint8

const (
	aUser subjectKind = iota
	anApp
	aHost
	anAddress // from which mail of many accounts was read without a sign-in
)

// observation is one signal, with the links it shares with other observations.
type observation struct {
	kind        signalKind
	half        bool         // counts half, as where only a group's baseline is mature
	grant       bool         // of the account that let an application in; a consent: to its own program, see evidence.ownProgram
	weight      int          // current; see evidence.weigh
	record      string       // behind it, see event.AppendRecord
	core        bool         // the observations near it open an incident; see evidence.weigh
	agent       uint32       // hash of the agent of a program; 0: a person's, or not known
	theft       *theft.Theft // the incident that it is part of; nil: none
	first, last int64
	links       links
	client      event.ClientKey // zero: none
	feature     uint64          // counts only while this feature is not usual; 0: always counts
	detail      string          // empty: the client
	mails       []alert.Mail    // that were accessed, at most theft.MaxMails
	nearby      indexSet        // the observations of the profile that are near, with this one
	beside      indexSet        // those of the same client, with this one
	listed      int             // the weight with which the incident lists it; 0: not yet, or changed since
}

// text returns the detail of the observation, or else its client.
func (n *observation) text() string {
	if n.detail == "" && n.client != (event.ClientKey{}) {
		return n.client.Addr().String()
	}
	return n.detail
}

// began returns the time from which the observation is part of an incident. A volume
// counts from its end, when it is known.
func (n *observation) began() int64 {
	if n.kind == accessVolume {
		return n.last
	}
	return n.first
}

// links are the keys by which the two halves are matched besides their subject:
// session or token, client address, application. The zero value matches nothing.
type links [3]uint64

// shared reports whether two observations have a link in common.
func (a *links) shared(b *links) bool {
	for i, v := range a {
		if v != 0 && v == b[i] {
			return true
		}
	}
	return false
}

// keep stores an observation, or extends the same observation shortly before or
// after it, and reports whether anything changed. Observations are near each other
// within a time window, in milliseconds.
func (d *profile) keep(n observation, detail []byte, window int64) (kept *observation, changed bool) {
	i := slices.IndexFunc(d.observations, func(have observation) bool { return have.same(&n) })
	if i >= 0 {
		kept = &d.observations[i]
		longer := n.first < kept.first || n.last > kept.last
		changed = longer || kept.half && !n.half
		kept.first, kept.last = min(kept.first, n.first), max(kept.last, n.last)
		kept.half = kept.half && n.half
		if longer {
			d.relate(i, window)
		}
		return kept, changed
	}
	if len(d.observations) >= maxObservations {
		d.forget()
	}
	n.detail, n.listed = oneLine(detail), 0
	d.observations = append(d.observations, n)
	d.relate(len(d.observations)-1, window)
	return &d.observations[len(d.observations)-1], true
}

// addMails adds the mails of an event to an observation of the profile, and reports
// whether any was added.
func (d *profile) addMails(n *observation, list event.MailList) (added bool) {
	room := maxProfileMails
	for i := range d.observations {
		room -= len(d.observations[i].mails)
	}
	if n.mails, added = theft.MergeMails(n.mails, list, min(theft.MaxMails, len(n.mails)+room)); added {
		n.listed = 0
	}
	return added
}

// ofAttack are the signals that credential stuffing gives for each address with a
// successful sign-in: thousands for an account whose password is known.
var ofAttack = setOf(signInFromAttack, signInAfterFailures)

// maxAlike bounds the observations of one signal of ofAttack that are near each
// other. More add nothing, and each costs a comparison with all.
const maxAlike = 8

// repeats reports whether an observation would be one more than maxAlike near each
// other. An observation that extends a stored one does not repeat it.
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

// oneLine returns a copy of text, capped at maxDetail, without line breaks and runs of
// blanks.
func oneLine(text []byte) string { return theft.Line(text, maxDetail) }

// same reports whether two observations count as one: the same signal of the same
// client within observationSpan, or with the same feature within an hour. Except for a
// volume, one observation lasts a day at most: what an account has done for days has
// become usual.
func (n *observation) same(o *observation) bool {
	span := int64(observationSpan)
	if n.feature != 0 {
		span = event.Hour
	}
	return n.kind == o.kind && n.client == o.client && n.feature == o.feature && (n.links == o.links || n.feature != 0) &&
		o.last >= n.first-span && o.first <= n.last+span &&
		(n.kind == accessVolume || max(n.last, o.last)-min(n.first, o.first) <= event.Day)
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
	first := slices.IndexFunc(d.observations, func(n observation) bool { return n.kind == d.observations[worst].kind })
	d.observations = slices.Delete(d.observations, first, first+1)
	for i := range d.observations {
		n := &d.observations[i]
		n.nearby, n.beside = n.nearby.without(first), n.beside.without(first)
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

// gave reports whether there is an observation of any of the signals.
func (d *profile) gave(kinds kindSet) bool {
	for i := range d.observations {
		if kinds.has(d.observations[i].kind) {
			return true
		}
	}
	return false
}

// letIn reports whether an account let in the application with a key.
func (d *profile) letIn(app uint64) bool {
	return slices.ContainsFunc(d.observations, func(n observation) bool { return n.kind == mailConsent && n.links[2] == app })
}

// runsAt reports whether an application is a program on the computer of somebody at an
// address. See ownProgram.
func (d *profile) runsAt(k event.ClientKey) bool {
	return slices.ContainsFunc(d.observations, func(n observation) bool { return n.kind == mailConsent && n.grant && n.client == k })
}

// suspicious reports whether the subject has an open incident above low severity.
func (d *profile) suspicious(at int64) bool {
	return slices.ContainsFunc(d.thefts, func(i *theft.Theft) bool { return i.Severity > alert.Low && within(i, at) })
}

// busy reports whether the subject has as many incidents at a time as it can have.
func (d *profile) busy(at int64) bool {
	return len(d.thefts) == maxThefts && !slices.ContainsFunc(d.thefts, func(i *theft.Theft) bool { return !within(i, at) })
}

// dropClosed forgets the incidents that were closed: what their observations are near
// opens another one.
func (d *profile) dropClosed() {
	if !slices.ContainsFunc(d.thefts, func(i *theft.Theft) bool { return i.Closed() }) {
		return
	}
	for n := range d.observations {
		if o := &d.observations[n]; o.theft != nil && o.theft.Closed() {
			o.theft, o.listed = nil, 0
		}
	}
	d.thefts = slices.DeleteFunc(d.thefts, func(i *theft.Theft) bool { return i.Closed() })
}

// within reports whether a time is within a day of an incident.
func within(i *theft.Theft, at int64) bool { return at >= i.Start-event.Day && at <= i.End+event.Day }

// learning returns the learning period of a subject: days alone for an
// application, which signs in all day.
func (d *profile) learning(period policy.LearningPeriod) policy.LearningPeriod {
	if d.kind == anApp {
		return daysOnly(period)
	}
	return period
}

// daysOnly returns a learning period that sign-ins do not shorten.
func daysOnly(period policy.LearningPeriod) policy.LearningPeriod {
	return policy.LearningPeriod{Days: period.Days, SignIns: 1 << 30}
}

// newToGroups reports whether the account has a group with a mature baseline and no
// such group knows the feature.
func (d *profile) newToGroups(key uint64, at int64, period policy.LearningPeriod) (isNew bool) {
	for _, g := range d.Groups {
		if !g.IsMature(at) {
			continue
		}
		if g.Knows(key, at, period) {
			return false
		}
		isNew = true
	}
	return isNew
}

// readOthers reports whether the account read ofOthers mailboxes within an hour, some of
// them less than an hour from a time.
func (d *profile) readOthers(at int64) bool {
	for _, t := range d.Mailboxes.All() {
		if distance(t.At, at) <= event.Hour && d.MailboxesWithin(event.Hour, t.At, ofOthers) {
			return true
		}
	}
	return false
}
