package otherworld

import (
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// program is an application of another company that reads mail.
type program struct {
	lines.App
	principal string
	from      []netip.Addr
	info      string
	agent     string
}

func (l *land) program(name, agent string, exits int) program {
	return program{lines.App{ID: l.UUID(), Name: name, Client: "Mobile Apps and Desktop clients"}, l.UUID(), l.addresses(exits, l.functions[:1]), restInfo, agent}
}

// consents lets a person allow the program to read.
func (w planner) consents(s *situation, g program, p *person, at time.Time, scopes string) {
	from, _ := w.work(p, 0)(at)
	s.Saw(from, p.upn())
	w.log.SignIn(lines.SignIn{At: at, Client: client(from, w.browser(p, at)), App: g.App, UPN: p.upn(), Object: p.object, Verdict: lines.NoConsent, Session: p.session})
	w.log.Consent(at.Add(20*time.Second), from, p.upn(), p.object, g.App, g.principal, scopes, false)
	w.log.SignIn(lines.SignIn{At: at.Add(25 * time.Second), Client: client(from, w.browser(p, at)), App: g.App, UPN: p.upn(), Object: p.object, Session: p.session, Graph: true})
}

// looks is one look of the program into a mailbox: by its token, on behalf of the person.
func (w planner) looks(s *situation, g program, p *person, at time.Time, items int) {
	from := dice.OneOf(w, g.from...)
	s.Saw(from, p.upn())
	if w.Chance(0.3) {
		w.log.SignIn(lines.SignIn{At: at, Client: client(from, g.agent), App: g.App, UPN: p.upn(), Object: p.object, Silent: true, Graph: true})
	}
	w.log.Graph(lines.GraphCall{At: at, Client: client(from, g.agent), App: g.ID, User: p.object, Token: w.token(), URI: "/me/mailFolders/inbox/messages?$top=25", Size: w.Number(4000, 90000)})
	w.log.Mail(lines.Read{At: at.Add(time.Second), IP: from, User: p.upn(), Key: p.object, Info: g.info, App: g.ID, Items: items})
}

// adopt is a program that people take up one after the other, and use.
func (w planner) adopt(s *situation, g program, who []*person, first int, every time.Duration, items int, scopes string) {
	s.Apps = append(s.Apps, g.ID, g.principal)
	s.Within(w.Day(first, 0), w.End())
	for _, p := range inCloud(who) {
		begin := w.Day(first, 0).Add(dice.Hours(float64(9) + 24*w.Rand.Float64()*float64(max(1, w.Days-1-first))))
		w.At(begin, func(t time.Time) { w.consents(s, g, p, t, scopes) })
		w.During(begin.Add(time.Minute), w.End(), every, func(t time.Time) { w.looks(s, g, p, t, w.Number(1, items)) })
	}
}

func (w planner) calendar(s *situation) {
	w.adopt(s, w.program("Meeting Planner", "MeetingPlanner/3.2", w.Number(1, 4)), w.group(span{0.02, 0.12}, 2), w.Number(2, 4), 5*time.Hour, 3, "Calendars.ReadWrite Mail.Read offline_access")
}

func (w planner) crm(s *situation) {
	w.adopt(s, w.program("Customer Desk", "okhttp/4.9.3", w.Number(2, 8)), w.group(span{0.02, 0.08}, 2), w.Number(2, 4), 3*time.Hour, 12, "Mail.ReadWrite Mail.Send Contacts.Read offline_access")
}

func (w planner) assistant(s *situation) {
	w.adopt(s, w.program("Inbox Companion", dice.OneOf(w, "axios/1.7.7", "python-httpx/0.27.0", "node"), w.Number(2, 12)), w.group(span{0.03, 0.15}, 2), w.Number(3, 5), 2*time.Hour, 40, "Mail.Read Mail.Read.Shared offline_access User.Read")
}

// copilot is Microsoft's own assistant, read through its own addresses.
func (w planner) copilot(s *situation) {
	day := w.Number(2, w.Days-2)
	app := lines.App{ID: "fb8d773d-7ef8-4ec0-a117-179f88add510", Name: "Enterprise Copilot Platform"}
	s.Apps = append(s.Apps, app.ID)
	s.Within(w.Day(day, 0), w.End())
	for _, p := range inCloud(w.group(span{0.2, 0.6}, 3)) {
		w.During(w.Day(day, 8), w.End(), 7*time.Hour, func(t time.Time) {
			from := w.microsoft()
			s.Saw(from, p.upn())
			w.log.Mail(lines.Read{At: t, IP: from, User: p.upn(), Key: p.object, Info: "Client=REST;Client=RESTSystem;;", App: app.ID, Items: w.Number(2, 30)})
		})
	}
}

// desktopProgram is a mail program that synchronises all folders from the person's own
// computer.
func (w planner) desktopProgram(s *situation) {
	app := lines.App{ID: dice.OneOf(w, "8d5ebb19-5b2a-4c0b-8c1b-7c0f5ce8d5e9", "9e5f94bc-e8a4-4e73-b8be-63364c29d753"), Name: "Desktop Mail", Client: "Mobile Apps and Desktop clients"}
	day := w.Number(2, 5)
	s.Apps = append(s.Apps, app.ID)
	s.Within(w.Day(day, 0), w.End())
	for _, p := range inCloud(w.group(span{0.01, 0.03}, 2)) {
		begin := w.local(p, day+w.Number(0, 3), 9+5*w.Rand.Float64())
		where, session := w.work(p, day), w.UUID()
		w.At(begin, func(t time.Time) {
			from, _ := where(t)
			s.Saw(from, p.upn())
			w.log.SignIn(lines.SignIn{At: t, Client: client(from, w.browser(p, t)), App: app, UPN: p.upn(), Object: p.object, Password: true, MFA: true, Session: session})
			for _, f := range []string{"Inbox", "Sent Items", "Drafts", "Archive"} {
				t = t.Add(w.seconds(5, 60))
				w.log.Mail(lines.Read{At: t, IP: from, User: p.upn(), Key: p.object, Info: "Client=WebServices;DesktopMail/10.1;", App: app.ID, Session: session, Sync: true, Folder: f})
			}
		})
		w.During(begin.Add(time.Hour), w.End(), 3*time.Hour, func(t time.Time) {
			from, _ := where(t)
			w.log.Mail(lines.Read{At: t, IP: from, User: p.upn(), Key: p.object, Info: "Client=WebServices;DesktopMail/10.1;", App: app.ID, Session: session, Items: w.Number(1, 10)})
		})
	}
}

// admits is an administrator who lets a program into all mailboxes.
func (w planner) admits(s *situation, g program, at time.Time) {
	a := w.admins[0]
	w.At(at, func(t time.Time) {
		from, _ := w.work(a, 0)(t)
		s.Saw(from, a.upn())
		w.log.SignIn(lines.SignIn{At: t, Client: client(from, w.browser(a, t)), App: lines.App{ID: "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", Name: "Azure Portal", Client: "Browser"}, UPN: a.upn(), Object: a.object, Password: true, MFA: true, Session: a.session})
		w.log.Consent(t.Add(2*time.Minute), from, a.upn(), a.object, g.App, g.principal, "Mail.Read", true)
	})
}

// wholesale is a program that looks into many mailboxes by itself, at night.
func (w planner) wholesale(s *situation, g program, who []*person, first int, hour, length float64) {
	s.Apps = append(s.Apps, g.ID, g.principal)
	for d := first; d < w.Days; d++ {
		begin := w.Day(d, hour)
		w.At(begin, func(t time.Time) { w.log.AppSignIn(t, client(g.from[0], g.agent), g.App, g.principal, true) })
		for _, p := range inCloud(who) {
			w.At(begin.Add(dice.Hours(length*w.Rand.Float64())), func(t time.Time) {
				from := dice.OneOf(w, g.from...)
				s.Saw(from, p.upn())
				w.log.Mail(lines.Read{At: t, IP: from, User: "ServicePrincipal_" + g.principal, Key: g.principal, Owner: p.upn(), Info: g.info, App: g.ID, Logon: 1, Items: w.Number(1, 60), Sync: w.Chance(0.1)})
			})
		}
	}
}

func (w planner) backup(s *situation) {
	g, day := w.program("Vaultline Backup", "", w.Number(1, 6)), w.Number(2, w.Days-3)
	g.info = dice.OneOf(w, "Client=WebServices;Vaultline/7.1;", restInfo)
	s.Within(w.Day(day, 0), w.End())
	w.admits(s, g, w.Day(day, 10))
	w.wholesale(s, g, w.group(span{0.4, 1}, 4), day, 21, 5)
}

func (w planner) leakPrevention(s *situation) {
	g := w.program("Content Shield", "", w.Number(1, 3))
	s.Within(w.Start, w.End())
	w.wholesale(s, g, w.group(span{0.3, 0.8}, 4), 0, 7, 12)
}

// eDiscovery is a legal officer who searches mailboxes and exports.
func (w planner) eDiscovery(s *situation) {
	p := dice.OneOf(w, w.admins...)
	for range w.Number(1, 3) {
		day := w.aWorkday(2)
		w.At(w.local(p, day, 9+7*w.Rand.Float64()), func(t time.Time) {
			from, _ := w.work(p, day)(t)
			s.Saw(from, p.upn())
			w.log.SignIn(lines.SignIn{At: t, Client: client(from, w.browser(p, t)), App: lines.App{ID: "80ccca67-54bd-44ab-8625-4b79c4dc7775", Name: "M365 Compliance Center", Client: "Browser"}, UPN: p.upn(), Object: p.object, Session: p.session})
			for _, act := range []string{"SearchCreated", "SearchStarted", "SearchExported"} {
				t = t.Add(w.minutes(2, 30))
				w.log.Search(t, from, p.upn(), p.object, act, "Case 2026-"+w.token()[:4], "All", "from:supplier AND sent>=2025-01-01")
			}
		})
	}
}

// shell is a session of an administrator in PowerShell.
func (w planner) shell(s *situation, p *person, at time.Time, do func(at time.Time, from netip.Addr, session string) time.Time) {
	day := int(at.Sub(w.Start) / (24 * time.Hour))
	w.At(at, func(t time.Time) {
		from, _ := w.work(p, day)(t)
		session := w.UUID()
		s.Saw(from, p.upn())
		w.log.SignIn(lines.SignIn{At: t, Client: client(from, "Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.22631; en-US) PowerShell/7.4.2"), App: lines.ExchangePS, UPN: p.upn(), Object: p.object, Password: true, MFA: true, Session: session})
		do(t.Add(w.seconds(20, 90)), from, session)
	})
}

func (w planner) mailMerge(s *situation) {
	p := dice.OneOf(w, w.admins...)
	for range w.Number(1, 4) {
		w.shell(s, p, w.local(p, w.aWorkday(1), 9+7*w.Rand.Float64()), func(at time.Time, from netip.Addr, session string) time.Time {
			for _, q := range w.group(span{0.02, 0.1}, 3) {
				w.log.Admin(at, from, p.upn(), p.object, "Set-Mailbox", q.upn(), session, "Identity", q.upn(), "CustomAttribute1", "2026", "MailTip", "Out until Monday")
				at = at.Add(w.seconds(1, 4))
			}
			w.log.Admin(at, from, p.upn(), p.object, "New-TransportRule", "Footer", session, "Name", "Footer", "ApplyHtmlDisclaimerText", "Confidential", "FromScope", "InOrganization")
			return at
		})
	}
}

func (w planner) sharedMailboxes(s *situation) {
	p := dice.OneOf(w, w.admins...)
	for range w.Number(1, 4) {
		q := dice.OneOf(w, w.people...)
		box := dice.OneOf(w, "invoices", "jobs", "press", "reception") + "@" + w.domain
		w.shell(s, p, w.local(p, w.aWorkday(1), 9+7*w.Rand.Float64()), func(at time.Time, from netip.Addr, session string) time.Time {
			w.log.Admin(at, from, p.upn(), p.object, "Add-MailboxPermission", box, session, "Identity", box, "User", q.upn(), "AccessRights", "FullAccess", "AutoMapping", "True")
			if q.cloud {
				for range 5 {
					at = at.Add(w.minutes(20, 60))
					out, _ := w.work(q, 0)(at)
					s.Saw(out, q.upn())
					w.log.Mail(lines.Read{At: at, IP: out, User: q.upn(), Key: q.object, Owner: box, Info: outlookInfo, App: lines.Office.ID, Session: q.device, Logon: 2, Items: w.Number(1, 9)})
				}
			}
			return at
		})
	}
}

// developer runs a script on the own mailbox, from the desk, every hour.
func (w planner) developer(s *situation) {
	g := w.program("inbox-report", dice.OneOf(w, "python-requests/2.32.3", "curl/8.7.1"), 1)
	s.Apps = append(s.Apps, g.ID, g.principal)
	for _, p := range inCloud(w.group(span{0, 0.002}, 1)) {
		day := w.Number(1, 5)
		g.from = p.site.exits[:1]
		w.At(w.Day(day, 10), func(t time.Time) { w.consents(s, g, p, t, "Mail.Read User.Read") })
		w.During(w.Day(day, 10.1), w.End(), time.Hour, func(t time.Time) { w.looks(s, g, p, t, 5) })
	}
}

func (w planner) holidayRules(s *situation) {
	for _, p := range inCloud(w.group(span{0.02, 0.06}, 2)) {
		q, day := dice.OneOf(w, w.people...), w.aWorkday(0)
		w.At(w.local(p, day, 15+2*w.Rand.Float64()), func(t time.Time) {
			from, _ := w.work(p, day)(t)
			s.Saw(from, p.upn())
			switch w.Rand.IntN(4) {
			case 0:
				w.log.Admin(t, from, p.upn(), p.object, "New-InboxRule", p.upn()+`\Holiday`, p.session, "Name", "Holiday", "RedirectTo", q.upn(), "StopProcessingRules", "False")
			case 1:
				w.log.Admin(t, from, p.upn(), p.object, "New-InboxRule", p.upn()+`\Lists`, p.session, "Name", "Lists", "SubjectContainsWords", "digest", "MoveToFolder", "Lists", "MarkAsRead", "True")
			case 2:
				w.log.Admin(t, from, p.upn(), p.object, "New-SweepRule", p.upn(), p.session, "Name", "Newsletters", "Sender", "news@shop.example", "DestinationFolder", "Deleted Items")
			default:
				w.log.Rules(t, from, p.upn(), p.object, p.device, "Team", `[{"ActionType":"Move","DestinationFolder":"Team"}]`)
			}
		})
	}
}

// archive is a program on the premises that reads mailboxes by EWS impersonation.
func (w planner) archive(s *situation) {
	from := netip.AddrFrom4([4]byte{10, 20, 3, 7})
	s.Within(w.Start, w.End())
	w.During(w.Start, w.End(), 4*time.Minute, func(t time.Time) {
		s.Saw(from, "svc-archive@"+w.domain)
		w.log.Basic(t, client(from, "ExchangeServicesClient/15.00.0847.030"), lines.EWS, w.netbios+`\svc-archive`, "", lines.Right)
	})
}

// migration is a tool of the help desk that moves mailboxes: on the server with one
// account's impersonation, in the tenant with an application; some with people's own
// passwords, a few of which are wrong.
func (w planner) migration(s *situation) {
	day := w.aWorkday(2)
	begin := w.Day(day, 18)
	s.Within(begin, begin.Add(14*time.Hour))
	g := w.program("Mailbox Mover", "MigrationAgent/5.0", 2)
	who := w.group(span{0.05, 0.25}, 3)
	server := dice.OneOf(w, g.from[0], netip.AddrFrom4([4]byte{10, 20, 4, 9}))
	if w.hasTenant() {
		w.admits(s, g, w.Day(day, 15))
		w.wholesale(s, g, who, w.Days, 0, 0) // names the application
	}
	for _, p := range who {
		w.At(begin.Add(dice.Hours(12*w.Rand.Float64())), func(t time.Time) {
			s.Saw(server, p.upn())
			if p.cloud {
				for range w.Number(3, 10) {
					w.log.Mail(lines.Read{At: t, IP: g.from[0], User: "ServicePrincipal_" + g.principal, Key: g.principal, Owner: p.upn(), Info: "Client=WebServices;MailboxMover;", App: g.ID, Logon: 1, Items: w.Number(20, 100)})
					t = t.Add(w.seconds(20, 200))
				}
				return
			}
			for range w.slips(0.12) {
				w.log.Basic(t, client(server, "MigrationAgent/5.0"), lines.EWS, p.down(), "", lines.Wrong)
				t = t.Add(w.minutes(1, 9))
			}
			for range w.Number(20, 60) {
				w.log.Basic(t, client(server, "MigrationAgent/5.0"), lines.EWS, p.down(), "", lines.Right)
				t = t.Add(w.seconds(1, 8))
			}
		})
	}
}

// standIn is somebody who gets a boss's mailbox for a leave, and reads.
func (w planner) standIn(s *situation) {
	people := inCloud(w.people)
	if len(people) < 2 {
		return
	}
	pair := dice.Some(w, people, 2)
	p, boss, day := pair[0], pair[1], w.aWorkday(2)
	where := w.work(p, day)
	w.At(w.local(p, day, 9.5), func(t time.Time) {
		from, _ := w.work(boss, day)(t)
		s.Saw(from, p.upn())
		w.log.Admin(t, from, boss.upn(), boss.object, "Add-MailboxFolderPermission", boss.upn()+`:\Inbox`, boss.session, "Identity", boss.upn()+`:\Inbox`, "User", p.upn(), "AccessRights", "Editor")
	})
	w.During(w.local(p, day, 10), w.local(p, day, 17), 30*time.Minute, func(t time.Time) {
		from, _ := where(t)
		w.log.Mail(lines.Read{At: t, IP: from, User: p.upn(), Key: p.object, Owner: boss.upn(), Info: outlookInfo, App: lines.Office.ID, Session: p.device, Logon: 2, Items: w.Number(2, 20)})
	})
}
