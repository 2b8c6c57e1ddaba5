package analytics

import (
	"fmt"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"strings"
	"testing"
	"time"
)

// company gives n accounts, alice among them, five days of ordinary life.
func (s *scene) company(n int) *scene {
	s.lives(alice, 5)
	for i := range n - 1 {
		s.lives(person(i), 5)
	}
	return s
}

// Addresses of the located policy that nobody of the company uses.
const (
	rentedIP = "203.0.113.77" // servers for rent, abroad
	hotelIP  = "198.18.0.30"  // a provider abroad
)

const nine = 9 * time.Hour

// openedBy is some reading in a browser.
func (s *scene) openedBy(ip, session string, from time.Duration, times int) {
	for n := range times {
		s.reads(act{at: from + time.Duration(n)*2*time.Minute, ip: ip, user: alice, app: officeID, client: "Client=OWA;Action=ViaProxy", session: session, items: 6})
	}
}

// Thefts that have to be found whatever is learned, in a company of forty.
func TestTheftsInACompany(t *testing.T) {
	for _, c := range []struct {
		name    string
		play    func(s *scene)
		classes string
		least   alert.Severity
		source  string
	}{
		{"adversary in the middle, read in a browser", func(s *scene) {
			s.signsIn(act{at: nine, ip: rentedIP, user: alice, agent: browser, app: officeID, session: "stolen"})
			s.signsIn(act{at: nine + 20*time.Minute, ip: hotelIP, user: alice, agent: browser, app: officeID, session: "stolen"})
			s.openedBy(hotelIP, "stolen", nine+21*time.Minute, 15)
			s.does(event.MailboxChange, "New-InboxRule", act{at: nine + time.Hour, ip: hotelIP, user: alice, mailbox: alice, session: "stolen", detail: "Name=.; MoveToFolder=RSS Subscriptions; MarkAsRead=True"})
		}, "session_replay", alert.High, hotelIP},
		{"stolen cookie, same session and agent", func(s *scene) {
			s.signsIn(act{at: nine, ip: homeIP, user: alice, agent: browser, app: officeID, session: "hers"})
			s.signsIn(act{at: nine + 40*time.Minute, ip: rentedIP, user: alice, agent: browser, app: officeID, session: "hers"})
			s.openedBy(rentedIP, "hers", nine+41*time.Minute, 20)
		}, "session_replay", alert.High, rentedIP},
		{"Outlook at a hosting provider", func(s *scene) {
			s.signsIn(act{at: nine, ip: rentedIP, user: alice, agent: outlook, app: officeID, session: "new", device: "desk-7"})
			for n := range 8 {
				s.reads(act{at: nine + time.Duration(n+1)*time.Minute, ip: rentedIP, user: alice, app: officeID, client: "Client=MSExchangeRPC", session: "new", access: event.Sync})
			}
		}, "scripted_mail_access", alert.High, rentedIP},
		{"EWS without an agent, by an account that never used it", func(s *scene) {
			for n := range 300 {
				s.add(act{at: 2*time.Hour + time.Duration(n)*1700*time.Millisecond, ip: rentedIP, user: alice, service: event.EWSService, outcome: event.Success})
			}
		}, "scripted_mail_access", alert.High, rentedIP},
		{"wrong passwords, the right one, then EWS by a script", func(s *scene) {
			for n := range 4 {
				s.fail(nine+time.Duration(n)*time.Minute, rentedIP, alice)
			}
			s.add(act{at: nine + 5*time.Minute, ip: rentedIP, user: alice, agent: browser, outcome: event.Success})
			for n := range 40 {
				s.add(act{at: nine + 10*time.Minute + time.Duration(n)*5*time.Second, ip: rentedIP, user: alice, agent: python, service: event.EWSService, outcome: event.Success})
			}
		}, "scripted_mail_access", alert.High, rentedIP},
		{"consent, and thirteen hours later the mailbox is read through", func(s *scene) {
			s.does(event.Consent, "Consent to application.", act{at: nine, ip: homeIP, user: alice, target: rogueID, detail: "ConsentAction.Permissions=Scope: Mail.Read offline_access"})
			for n := range 20 {
				s.reads(act{at: 22*time.Hour + time.Duration(n)*time.Minute, ip: rentedIP, user: alice, app: rogueID, client: "Client=REST;;", items: 40})
			}
		}, "application_mail_access", alert.High, rentedIP},
		{"an application reads many mailboxes from a network it never used", func(s *scene) {
			for day := range 5 {
				for n := range 3 {
					s.reads(act{at: time.Duration(day-5)*24*time.Hour + time.Duration(n)*time.Minute, ip: homeIP, user: "ServicePrincipal_1", mailbox: person(n), app: backupID, client: "Client=REST;;", items: 9, past: true})
				}
			}
			for n := range 8 {
				s.reads(act{at: nine + time.Duration(n)*30*time.Minute, ip: rentedIP, user: "ServicePrincipal_1", mailbox: person(n + 10), app: backupID, client: "Client=REST;;", items: 9})
			}
			for n := range 8 {
				s.reads(act{at: 14*time.Hour + time.Duration(n)*time.Minute, ip: rentedIP, user: "ServicePrincipal_1", mailbox: person(n), app: backupID, client: "Client=REST;;", items: 9})
			}
		}, "application_mail_access", alert.Critical, rentedIP},
		{"slow reading by a script over two days", func(s *scene) {
			s.signsIn(act{at: nine, ip: rentedIP, user: alice, agent: python, app: officeID, session: "s", token: "t"})
			for n := range 100 {
				s.reads(act{at: nine + time.Duration(n)*25*time.Minute, ip: rentedIP, user: alice, agent: python, app: officeID, session: "s", token: "t", items: 12})
			}
		}, "scripted_mail_access", alert.High, rentedIP},
		{"mail sent out of the domain after an abnormal sign-in", func(s *scene) {
			s.signsIn(act{at: nine, ip: rentedIP, user: alice, agent: browser, app: officeID, session: "x"})
			s.does(event.MailboxChange, "Set-Mailbox", act{at: nine + 9*time.Minute, ip: rentedIP, user: alice, mailbox: alice, session: "x", detail: "ForwardingSmtpAddress=smtp:x@mailbox.invalid"})
		}, "mail_diversion", alert.High, rentedIP},
		{"auditing turned off, then mail is opened", func(s *scene) {
			s.signsIn(act{at: nine, ip: rentedIP, user: alice, agent: browser, app: officeID, session: "x"})
			s.does(event.MailboxChange, "Set-MailboxAuditBypassAssociation", act{at: nine + 9*time.Minute, ip: rentedIP, user: alice, session: "x", detail: "Identity=alice; AuditBypassEnabled=True"})
			s.openedBy(rentedIP, "x", nine+12*time.Minute, 5)
		}, "scripted_mail_access", alert.High, rentedIP},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.policy = located(t)
			s.company(40)
			c.play(s)
			a := s.sorted().one()
			if a.Class != c.classes || a.Severity < c.least || a.Source.String() != c.source {
				t.Errorf("%s %s from %s: %s", a.Class, a.Severity, a.Source, a.Message)
			}
			for _, signal := range a.Signals {
				if signal.At.IsZero() {
					t.Errorf("%s has no time", signal.Code)
				}
				if signal.Code == "signin.rented_network" && !strings.HasSuffix(signal.Seen, "of 40 accounts") {
					t.Errorf("%s seen by %q", signal.Code, signal.Seen)
				}
			}
		})
	}
}

// What a company does that looks like a theft of one account.
func TestHonestCompany(t *testing.T) {
	for name, play := range map[string]func(s *scene){
		"a hotel abroad, and mail in the browser": func(s *scene) {
			s.signsIn(act{at: nine, ip: hotelIP, user: alice, agent: browser, app: officeID})
			s.openedBy(hotelIP, "trip", nine+time.Minute, 10)
		},
		"her own computer at a hosting provider's VPN": func(s *scene) {
			s.signsIn(act{at: nine, ip: rentedIP, user: alice, agent: browser, app: officeID, device: "laptop-1", session: "v"})
			s.openedBy(rentedIP, "v", nine+time.Minute, 10)
		},
		"an export for the lawyers, and a right granted": func(s *scene) {
			s.does(event.MailboxChange, "New-ComplianceSearchAction", act{at: nine, ip: homeIP, user: alice, detail: "SearchName=Case 7; Export=True"})
			s.does(event.MailboxChange, "Add-MailboxPermission", act{at: nine + 9*time.Minute, ip: homeIP, user: alice, detail: "Identity=bob; User=carol; AccessRights=FullAccess"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.policy = located(t)
			s.company(40)
			play(s)
			s.sorted().quiet()
		})
	}
}

// An application that many let in within a week is one question, at most.
func TestAdoptedApplication(t *testing.T) {
	for _, size := range []int{20, 60} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			s := newScene(t)
			s.policy = located(t)
			s.company(size)
			for n := range size / 2 {
				from := time.Duration(n)*2*time.Hour + nine
				s.does(event.Consent, "Consent to application.", act{at: from, ip: homeIP, user: person(n), target: rogueID, detail: "ConsentAction.Permissions=Scope: Mail.Read Calendars.ReadWrite"})
				for k := range 6 {
					at := from + time.Duration(k)*4*time.Hour
					s.signsIn(act{at: at, ip: rentedIP, user: person(n), agent: "PlanTogether/2.0", app: rogueID, token: fmt.Sprint("t", n, k)})
					s.reads(act{at: at + time.Second, ip: rentedIP, user: person(n), app: rogueID, client: "Client=REST;;", token: fmt.Sprint("t", n, k), items: 4})
				}
			}
			all := s.sorted().play()
			for _, a := range all {
				if a.Severity > alert.Low || len(all) > 1 {
					t.Errorf("%s %s: %s", a.ID, a.Severity, a.Message)
				}
			}
		})
	}
}

// Honest activity of an account elsewhere is no part of its incident.
func TestIncidentIsOfTheSession(t *testing.T) {
	s := newScene(t)
	s.policy = located(t)
	s.company(40)
	s.signsIn(act{at: nine, ip: rentedIP, user: alice, agent: python, app: officeID, session: "x"})
	s.reads(act{at: nine + time.Minute, ip: rentedIP, user: alice, agent: python, app: officeID, session: "x", items: 30})
	for n := range 20 {
		at := nine + time.Duration(n)*3*time.Hour
		s.signsIn(act{at: at, ip: hotelIP, user: alice, agent: browser, app: officeID, session: "hers"})
		s.openedBy(hotelIP, "hers", at+time.Minute, 2)
	}
	a := s.sorted().one()
	if a.Counts.DistinctIPs != 1 || a.End.Sub(a.Start) > time.Hour {
		t.Errorf("%d addresses in %s: %s", a.Counts.DistinctIPs, a.End.Sub(a.Start), a.Message)
	}
}
