package health

import (
	"fmt"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/source"
)

// The codes of the findings.
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

// Limits of the checks. A share is computed per batch and not over all time, so
// that a fault is found soon after it appears and clears soon after its repair.
const (
	batch          = 50     // events of a source before their fields are checked
	recordBatch    = 200    // records before the share of unknown records is checked
	most, few      = 90, 50 // share in per cent that raises, and that clears
	unknownMost    = 10     // the same for unknown and for malformed records
	unknownFew     = 5
	bindSignIns    = 100             // cloud sign-ins without mailbox auditing
	scriptLeast    = 20              // commands without script blocks
	unusedAfter    = 7 * event.Day   // without a match, an automation is reported
	matureAccounts = 20              // accounts before the share of mature baselines is checked
	outlierStep    = 24 * event.Hour // a jump of arrival times that must be seen twice
)

// Monitor checks the quality of the records: missing fields, silent sources and
// wrong clocks. Its clock is Fluent Bit's timestamps; the checks run at most once
// for each minute of them. The state is of fixed size and not saved. A Monitor is
// not safe for concurrent use.
type Monitor struct {
	findings
	policy  *policy.Policy
	now     int64 // newest arrival, Unix milliseconds
	began   int64
	outlier int64 // the latest arrival time that was rejected
	checked int64 // minute of the last check
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

// auditCheck counts records that should be accompanied by records of another
// kind.
type auditCheck struct {
	others int   // since the last record of the other kind
	from   int64 // arrival of the first of them
}

// New returns a Monitor that also checks the automations of a policy.
func New(p *policy.Policy) *Monitor { return &Monitor{policy: p} }

// Event checks one normalised event before its time is corrected. at and arrived
// are Unix milliseconds, negative where the event has no time.
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

// Chunk ends a chunk whose last record Fluent Bit received at a time. counts are
// those of the sources so far; evicted are the evictions of the tables of clients
// and accounts so far.
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
	if w.now/event.Minute != w.checked {
		w.checked = w.now / event.Minute
		w.check(evicted)
	}
}

// advance moves the clock and reports whether it accepted the time. A single
// arrival far ahead of all others is rejected: in_forward passes on any time that
// a sender chooses.
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

// check runs all checks.
func (w *Monitor) check(evicted []uint64) {
	for s := range w.sources {
		w.checkSource(event.Source(s), &w.sources[s])
	}
	w.checkAudits()
	w.checkRecords()
	w.CheckUnread()
	w.checkTables(evicted)
	w.checkAutomations()
}

func (w *Monitor) checkSource(of event.Source, s *sourceMonitor) {
	name := of.String()
	silent, since := s.flow.silent(w.now, w.othersFlow(of, s.flow.last))
	w.set(silent, w.now, findSilent, name, func() string {
		return fmt.Sprintf("nothing came from %s for %d minutes, while other sources continue", name, since/event.Minute)
	})
	w.checkFields(of, s)
	if behind, ahead, by, ok := s.clock.check(isCloud(of)); ok {
		w.set(behind, w.now, findBehind, name, func() string {
			return fmt.Sprintf("events of %s are constantly %d minutes older than their arrival: a clock or a time zone is wrong, or the log is read late", name, by/event.Minute)
		})
		w.set(ahead, w.now, findAhead, name, func() string {
			return fmt.Sprintf("events of %s are constantly %d minutes ahead of their arrival: a clock or a time zone is wrong", name, by/event.Minute)
		})
	}
	w.checkShared(of, s)
}

// checkFields raises what the events of a source lack.
func (w *Monitor) checkFields(of event.Source, s *sourceMonitor) {
	name := of.String()
	if missing, ok := s.fields.missingAddresses(); ok {
		w.setShare(missing, findNoAddress, name, "%d %% of the events of %s have no client address: attacks cannot be attributed to an address; is the field logged, and not only that of a trusted proxy?")
	}
	if missing, ok := s.fields.missingAccounts(); ok {
		if of == event.IIS && w.accountsElsewhere() {
			missing = 0 // IIS does not know all accounts, and another log has them
		}
		w.setShare(missing, findNoAccount, name, "%d %% of the failures of %s name no account: stuffing and guessing cannot be distinguished; does another log have the account?")
	}
}

// checkShared raises an address that nearly all sign-ins of a source come from.
func (w *Monitor) checkShared(of event.Source, s *sourceMonitor) {
	name := of.String()
	if who, accounts, share, ok := s.shared.check(); ok {
		w.clearOthers(findProxy, name+" ", name+" "+who)
		w.set(who != "", w.now, findProxy, name+" "+who, func() string {
			return fmt.Sprintf("%s brings %d %% of the sign-ins of %s, of at least %d accounts: a proxy or load balancer that hides the clients (log X-Forwarded-For and declare it in trusted_proxies), or an office (declare it in corporate_egress)", who, share, name, accounts)
		})
	}
}

// setShare raises a finding at a share of most per cent and clears it below few.
func (w *Monitor) setShare(share int, code, name, format string) {
	_, open := w.open[findingKey{code, name}]
	w.set(share >= most || open && share >= few, w.now, code, name, func() string { return fmt.Sprintf(format, share, name) })
}

// clearOthers clears the findings of a code with another subject of one source.
func (w *Monitor) clearOthers(code, prefix, but string) {
	for key := range w.open {
		if key.code == code && len(key.subject) > len(prefix) && key.subject[:len(prefix)] == prefix && key.subject != but {
			w.set(false, w.now, code, key.subject, nil)
		}
	}
}

// accountsElsewhere reports whether another log on premises names the accounts of
// failures.
func (w *Monitor) accountsElsewhere() bool {
	for _, s := range [...]event.Source{event.HTTPProxy, event.WinEvent} {
		if f := &w.sources[s]; f.fields.namedFailures > 0 && w.now-f.flow.last < event.Day {
			return true
		}
	}
	return false
}

// othersFlow reports whether another source had records after a time: recently,
// and in at least ten different minutes.
func (w *Monitor) othersFlow(of event.Source, since int64) bool {
	for s := range w.sources {
		f := &w.sources[s].flow
		if event.Source(s) != of && w.now-f.last < silentLeast/2 && f.minutesSince(since) >= 10 {
			return true
		}
	}
	return false
}

func (w *Monitor) checkAudits() {
	b, s := &w.binds, &w.scripts
	w.set(b.others >= bindSignIns && w.now-b.from >= event.Day, w.now, findNoBind, event.UAL.String(), func() string {
		return fmt.Sprintf("the audit log has %d sign-ins and no MailItemsAccessed record: access to mail is not audited, and AN0131 cannot see it", b.others)
	})
	w.set(s.others >= scriptLeast && w.now-s.from >= event.Hour, w.now, findNoScript, event.WinEvent.String(), func() string {
		return fmt.Sprintf("there are %d PowerShell commands (4103) and no script block (4104): tools that run from memory are not seen; is script block logging on?", s.others)
	})
}

func (w *Monitor) checkRecords() {
	r := &w.records
	if r.read < recordBatch {
		return
	}
	for _, c := range [...]struct {
		code, what string
		n          uint64
	}{{findUnknown, "have no known format, the last one under the tag " + w.tag, r.unknown}, {findMalformed, "are damaged or have an unexpected format", r.malformed}} {
		share := c.n * 100 / r.read
		_, open := w.open[findingKey{c.code, ""}]
		w.set(share >= unknownMost || open && share >= unknownFew, w.now, c.code, "", func() string {
			return fmt.Sprintf("%d %% of the records %s", share, c.what)
		})
	}
	r.read, r.unknown, r.malformed = 0, 0, 0
}

// checkTables raises a finding for a table that evicted entries, and clears the
// finding after an hour without evictions.
func (w *Monitor) checkTables(evicted []uint64) {
	for i, name := range [...]string{"clients", "accounts"} {
		e := &w.evicted[i]
		if i >= len(evicted) {
			return
		}
		if n := evicted[i] - e.count; n > 0 {
			e.count, e.hour = evicted[i], uint64(w.now)
			w.set(true, w.now, findEvicting, name, func() string {
				return fmt.Sprintf("the table of %s is full and %d entries were evicted: slow attacks may be missed; raise the bound or look for a flood", name, n)
			})
		} else if uint64(w.now)-e.hour > event.Hour {
			w.set(false, w.now, findEvicting, name, nil)
		}
	}
}

func (w *Monitor) checkAutomations() {
	for _, a := range w.policy.Automations() {
		name := a.Name[:min(len(a.Name), event.MaxText)]
		expired := a.Expired(event.UnixTime(w.now))
		w.set(expired, w.now, findExpired, name, func() string {
			return fmt.Sprintf("the automation %q expired on %s: its activity is reported again", name, a.Expires.Format("2006-01-02"))
		})
		w.set(!expired && a.Hits() == 0 && w.now-w.began >= unusedAfter, w.now, findUnusedRule, name, func() string {
			return fmt.Sprintf("the automation %q has matched nothing for a week: it is misspelt or no longer needed", name)
		})
	}
}

// Maturity raises a finding while most baselines are in their learning period, as
// they are after a first start.
func (w *Monitor) Maturity(mature, all int) {
	w.set(all >= matureAccounts && mature*2 < all, w.now, findImmature, "", func() string {
		return fmt.Sprintf("%d of %d accounts have a mature baseline: during the learning period nothing counts as new for an account, and AN0131 sees less", mature, all)
	})
}

// Time returns the newest arrival, by Fluent Bit's timestamps.
func (w *Monitor) Time() time.Time { return event.UnixTime(w.now) }
