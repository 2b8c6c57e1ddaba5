package health

import (
	"fmt"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/source"
)

// The findings of the watch.
const (
	findSilent     = "silent_source"
	findNoAddress  = "no_client_address"
	findNoAccount  = "failures_without_account"
	findNoBind     = "no_mail_items_accessed"
	findNoScript   = "no_script_blocks"
	findBehind     = "clock_behind"
	findAhead      = "clock_ahead"
	findProxy      = "proxy_hides_clients"
	findUnknown    = "unknown_records"
	findMalformed  = "malformed_records"
	findUnread     = "not_understood"
	findEvicting   = "table_evicting"
	findImmature   = "baselines_unripe"
	findExpired    = "automation_expired"
	findUnusedRule = "automation_unused"
)

// What the watch wants before it speaks. A share is judged over batches and
// not over all time, so that what breaks is found, and what is mended clears.
const (
	batch          = 50              // events of a source before their fields are judged
	recordBatch    = 200             // records before the share of unknown ones is
	most, few      = 90, 50          // per cent that raise and clear
	unknownMost    = 10              // likewise of unknown and of malformed records
	unknownFew     = 5               //
	bindSignIns    = 100             // cloud sign-ins without mailbox auditing
	scriptLeast    = 20              // commands without script blocks
	unusedAfter    = 7 * event.Day   // of an automation that matched nothing
	matureAccounts = 20              // accounts before the share of ripe baselines is judged
	outlierStep    = 24 * event.Hour // a jump of arrival times that has to come twice
)

// watch looks at the records and not at what they tell: what is missing in
// them, when they come, and whose clock is wrong. It has no clock of its own:
// it goes by Fluent Bit's timestamps, and judges at most once for each minute
// of them. All its state is small and fixed; it is not kept over a restart.
type Monitor struct {
	findings
	policy  *policy.Policy
	now     int64 // newest arrival, Unix milliseconds
	began   int64
	outlier int64 // an arrival that was not believed
	judged  int64 // minute
	sources [sourceCount]sourceMonitor
	counts  source.Counts
	records struct{ read, unknown, malformed uint64 }
	tag     string // of the last unknown record
	binds   auditCheck
	scripts auditCheck
	evicted [2]struct{ count, hour uint64 }
	unread  [sourceCount]unreadCheck
	tags    map[string]*unreadCheck

	// Unread returns the kinds of records that no source understands, for the
	// findings about them; nil: they name none.
	Unread func() []source.Unread
}

const sourceCount = len(source.Counts{})

// auditWatch is about records that should come beside others.
type auditCheck struct {
	others int   // since the last one that was missed
	from   int64 // arrival of the first of them
}

// NewMonitor returns a monitor that judges by the automations of a policy too.
func New(p *policy.Policy) *Monitor { return &Monitor{policy: p} }

// event looks at one normalised event before its time is corrected; at and
// arrived are Unix milliseconds, negative where there is none.
func (w *Monitor) Event(ev *event.Event, at, arrived int64) {
	s := &w.sources[ev.Source]
	s.clock.add(at, arrived)
	if ev.Action == event.SignIn || ev.Action == event.MailAccess {
		s.fields.add(ev)
	}
	if ev.Outcome == event.Success && ev.UserKind == event.UserPerson && ev.Family != event.Probe {
		s.shared.add(ev)
	}
	switch {
	case ev.Source == event.UAL && ev.Action == event.MailAccess && (ev.Access == event.Bind || ev.Access == event.Sync):
		w.binds = auditCheck{}
	case ev.Source == event.UAL && ev.Action == event.SignIn && ev.Outcome == event.Success:
		w.binds.other(arrived)
	case ev.Source == event.WinEvent && ev.Action == event.Script && len(ev.Operation) == 0: // 4104
		w.scripts = auditCheck{}
	case ev.Source == event.WinEvent && ev.Action == event.Script: // 4103
		w.scripts.other(arrived)
	}
}

func (a *auditCheck) other(arrived int64) {
	if a.others == 0 {
		a.from = arrived
	}
	a.others++
}

// chunk takes note of what came in one chunk, by the time of its last record.
func (w *Monitor) Chunk(tag string, counts source.Counts, received time.Time, evicted ...uint64) {
	if received.IsZero() || !w.advance(received.UnixMilli()) {
		return
	}
	w.readable(tag, &counts)
	for s := range counts {
		n := uint64(0)
		for o := range counts[s] {
			n += counts[s][o] - w.counts[s][o]
		}
		w.records.read += n
		w.records.malformed += counts[s][source.Malformed] - w.counts[s][source.Malformed]
		if event.Source(s) != event.SourceUnknown && n > 0 {
			w.sources[s].flow.arrived(w.now, n)
		}
	}
	if unknown := counts[event.SourceUnknown][source.Unknown] - w.counts[event.SourceUnknown][source.Unknown]; unknown > 0 {
		w.records.unknown += unknown
		w.tag = tag[:min(len(tag), event.MaxText)]
	}
	w.counts = counts
	if w.now/event.Minute != w.judged {
		w.judged = w.now / event.Minute
		w.judge(evicted)
	}
}

// advance moves the clock. One arrival far from all before it is not believed:
// in_forward passes on any time that a sender likes.
func (w *Monitor) advance(at int64) bool {
	switch {
	case w.now == 0:
		w.began = at
	case at > w.now+outlierStep && (at < w.outlier || at > w.outlier+outlierStep):
		w.outlier = at
		return false
	}
	w.now = max(w.now, at)
	return true
}

func (w *Monitor) judge(evicted []uint64) {
	for s := range w.sources {
		w.judgeSource(event.Source(s), &w.sources[s])
	}
	w.judgeAudits()
	w.judgeRecords()
	w.JudgeUnread()
	w.judgeTables(evicted)
	w.judgeAutomation()
}

func (w *Monitor) judgeSource(of event.Source, s *sourceMonitor) {
	name := of.String()
	silent, since := s.flow.silent(w.now, w.othersFlow(of, s.flow.last))
	w.set(silent, w.now, findSilent, name, func() string {
		return fmt.Sprintf("nothing came from %s for %d minutes, while other sources go on", name, since/event.Minute)
	})
	if missing, ok := s.fields.missingAddresses(); ok {
		w.setShare(missing, findNoAddress, name, "%d %% of the events of %s have no client address: attacks cannot be told by their origin; is the field logged?")
	}
	if missing, ok := s.fields.missingAccounts(); ok {
		if of == event.IIS && w.accountsElsewhere() {
			missing = 0 // IIS cannot know them all, and another log has them
		}
		w.setShare(missing, findNoAccount, name, "%d %% of the failures of %s name no account: stuffing and guessing look the same; is there a log that has it?")
	}
	if behind, ahead, by, ok := s.clock.judge(isCloud(of)); ok {
		w.set(behind, w.now, findBehind, name, func() string {
			return fmt.Sprintf("events of %s are steadily %d minutes older than their arrival: a clock or a time zone is wrong, or the log is read late", name, by/event.Minute)
		})
		w.set(ahead, w.now, findAhead, name, func() string {
			return fmt.Sprintf("events of %s are steadily %d minutes ahead of their arrival: a clock or a time zone is wrong", name, by/event.Minute)
		})
	}
	if who, accounts, share, ok := s.shared.judge(); ok {
		w.clearOthers(findProxy, name+" ", name+" "+who)
		w.set(who != "", w.now, findProxy, name+" "+who, func() string {
			return fmt.Sprintf("%s brings %d %% of the sign-ins of %s, of %d accounts or more: a proxy or load balancer that hides the clients (log X-Forwarded-For and declare it in trusted_proxies), or an office (declare it in corporate_egress)", who, share, name, accounts)
		})
	}
}

// setShare raises a finding at most per cent and clears it below few.
func (w *Monitor) setShare(share int, code, name, format string) {
	_, open := w.open[findingKey{code, name}]
	w.set(share >= most || open && share >= few, w.now, code, name, func() string { return fmt.Sprintf(format, share, name) })
}

// clearOthers clears what was said of the same source with another subject.
func (w *Monitor) clearOthers(code, prefix, but string) {
	for key := range w.open {
		if key.code == code && len(key.subject) > len(prefix) && key.subject[:len(prefix)] == prefix && key.subject != but {
			w.set(false, w.now, code, key.subject, nil)
		}
	}
}

// accountsElsewhere tells whether another log on premises names the accounts
// of failures.
func (w *Monitor) accountsElsewhere() bool {
	for _, s := range [...]event.Source{event.HTTPProxy, event.WinEvent} {
		if f := &w.sources[s]; f.fields.namedFailures > 0 && w.now-f.flow.last < event.Day {
			return true
		}
	}
	return false
}

// othersFlow tells whether other sources brought records after a moment: at
// its end, and in at least ten different minutes.
func (w *Monitor) othersFlow(of event.Source, since int64) bool {
	for s := range w.sources {
		f := &w.sources[s].flow
		if event.Source(s) != of && w.now-f.last < silentLeast/2 && f.minutesSince(since) >= 10 {
			return true
		}
	}
	return false
}

func (w *Monitor) judgeAudits() {
	b, s := &w.binds, &w.scripts
	w.set(b.others >= bindSignIns && w.now-b.from >= event.Day, w.now, findNoBind, event.UAL.String(), func() string {
		return fmt.Sprintf("%d sign-ins came in the audit log and not one MailItemsAccessed: reading of mail is not audited, AN0131 is blind to it", b.others)
	})
	w.set(s.others >= scriptLeast && w.now-s.from >= event.Hour, w.now, findNoScript, event.WinEvent.String(), func() string {
		return fmt.Sprintf("%d commands of PowerShell (4103) came and not one script block (4104): tools that run from memory are not seen; is script block logging on?", s.others)
	})
}

func (w *Monitor) judgeRecords() {
	r := &w.records
	if r.read < recordBatch {
		return
	}
	for _, c := range [...]struct {
		code, what string
		n          uint64
	}{{findUnknown, "are of no known format, the last one under the tag " + w.tag, r.unknown}, {findMalformed, "are damaged or of a changed format", r.malformed}} {
		share := c.n * 100 / r.read
		_, open := w.open[findingKey{c.code, ""}]
		w.set(share >= unknownMost || open && share >= unknownFew, w.now, c.code, "", func() string {
			return fmt.Sprintf("%d %% of the records %s", share, c.what)
		})
	}
	r.read, r.unknown, r.malformed = 0, 0, 0
}

// judgeTables raises what evicted within an hour, and clears what has not for
// one.
func (w *Monitor) judgeTables(evicted []uint64) {
	for i, name := range [...]string{"clients", "accounts"} {
		e := &w.evicted[i]
		if i >= len(evicted) {
			return
		}
		if n := evicted[i] - e.count; n > 0 {
			e.count, e.hour = evicted[i], uint64(w.now)
			w.set(true, w.now, findEvicting, name, func() string {
				return fmt.Sprintf("the table of %s is full, %d were pushed out: slow attacks may be missed; raise its bound or look for a flood", name, n)
			})
		} else if uint64(w.now)-e.hour > event.Hour {
			w.set(false, w.now, findEvicting, name, nil)
		}
	}
}

func (w *Monitor) judgeAutomation() {
	for _, a := range w.policy.Automations() {
		name := a.Name[:min(len(a.Name), event.MaxText)]
		expired := a.Expired(event.UnixTime(w.now))
		w.set(expired, w.now, findExpired, name, func() string {
			return fmt.Sprintf("the automation %q expired on %s: what it does is reported again", name, a.Expires.Format("2006-01-02"))
		})
		w.set(!expired && a.Hits() == 0 && w.now-w.began >= unusedAfter, w.now, findUnusedRule, name, func() string {
			return fmt.Sprintf("the automation %q has matched nothing for a week: it is misspelt or not needed", name)
		})
	}
}

// ripeness says that most baselines are unripe, as they are after a start.
func (w *Monitor) Maturity(ripe, all int) {
	w.set(all >= matureAccounts && ripe*2 < all, w.now, findImmature, "", func() string {
		return fmt.Sprintf("%d of %d accounts have a ripe baseline: until it is ripe nothing is new for an account, and AN0131 sees less", ripe, all)
	})
}

// Time returns the newest arrival: Fluent Bit's time, not a clock.
func (w *Monitor) Time() time.Time { return event.UnixTime(w.now).UTC() }
