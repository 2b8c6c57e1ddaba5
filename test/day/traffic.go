package day

import (
	"fmt"
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// typos is the share of interactive logins whose first password is mistyped.
const typos = 0.12

// traffic makes the ordinary activity of a day.
type traffic struct{ *maker }

// ordinary adds the ordinary day of all people and machines.
func (m traffic) ordinary() {
	for _, p := range m.people {
		m.workday(p)
		m.cloudDay(p)
	}
	m.machines()
	m.probes()
}

// workday adds one person's activity on the Exchange server.
func (m traffic) workday(p *person) {
	if p.outlook {
		m.outlook(p)
	}
	if p.webmail {
		m.typedIn(m.Around(p.comes, 5*time.Minute), p.workplace, p)
		m.typedIn(m.Around(clock(20, 10), time.Hour), p.home, p)
	}
	if p.phoneMail {
		m.phoneSync(p)
	}
	if p.imap {
		m.during(p.comes, p.goes, 70*time.Minute, func(at time.Time) { m.log.IMAP(at, p.home, p.upn(), lines.Right, 0) })
		m.during(p.comes, p.goes, 3*time.Hour, func(at time.Time) { m.log.Submit(at, p.home, p.upn(), lines.Right) })
	}
}

// outlook adds a desktop client: one autodiscover request and then polling. Every
// new connection begins with a challenge.
func (m traffic) outlook(p *person) {
	c := lines.Client{IP: p.workplace.IP, Agent: outlookFull}
	m.log.NTLM(p.comes, c, lines.Autodiscover, p.down(), lines.Right)
	m.during(p.comes, p.goes, 26*time.Minute, func(at time.Time) {
		if m.Chance(0.3) {
			m.log.Challenge(at, c, lines.MAPI, "")
			at = at.Add(40 * time.Millisecond)
		}
		m.log.Signed(at, c, lines.MAPI, p.down(), "", 0)
	})
	if m.Chance(0.2) {
		m.during(p.comes, p.goes, 80*time.Minute, func(at time.Time) { m.log.Signed(at, c, lines.EWS, p.down(), "", 0) })
	}
}

// typedIn adds an interactive login to the web client, sometimes after a typo, and
// some reading.
func (m traffic) typedIn(at time.Time, c lines.Client, p *person) {
	m.log.LogonPage(at.Add(-m.Between(4*time.Second, 15*time.Second)), c)
	if m.Chance(typos) {
		at = m.log.Form(at, c, p.typed(), lines.Wrong).Add(m.Between(7*time.Second, 40*time.Second))
	}
	at = m.log.Form(at, c, p.typed(), lines.Right)
	m.during(at, at.Add(25*time.Minute), 6*time.Minute, func(at time.Time) {
		m.log.Web(lines.Request{At: at, Client: c, Service: lines.OWA, Stem: "/owa/service.svc", Query: "action=FindConversation", User: p.typed(), Status: 200, Signed: true})
	})
}

// phoneSync adds a telephone that fetches mail day and night, over the office's
// wireless network in working hours.
func (m traffic) phoneSync(p *person) {
	query := lines.Device(p.down(), p.device, "iPhone", "Sync")
	m.during(Date, midnight, 85*time.Minute, func(at time.Time) {
		c := p.phone
		if p.branch && at.After(p.comes) && at.Before(p.goes) {
			c.IP = netip.MustParseAddr(branchOffice)
		}
		m.log.Basic(at, c, lines.EAS, p.down(), query, lines.Right)
	})
}

// cloudDay adds one person's activity in the tenant.
func (m traffic) cloudDay(p *person) {
	at := m.Around(p.comes, 8*time.Minute)
	if m.Chance(typos) {
		m.cloudSignIn(at, p.egress, lines.OfficeHome, p, lines.Wrong)
		at = at.Add(m.Between(8*time.Second, 50*time.Second))
	}
	m.cloudSignIn(at, p.egress, lines.OfficeHome, p, lines.Right)
	m.during(at, p.goes, 70*time.Minute, func(at time.Time) { m.read(at, p) })
	m.during(at, p.goes, 3*time.Hour, func(at time.Time) { m.refresh(at, p.egress, lines.Teams, p) })
	if m.Chance(0.4) {
		m.cloudSignIn(m.Around(clock(19, 30), 70*time.Minute), p.home, lines.OfficeHome, p, lines.Right)
	}
	if m.Chance(0.25) {
		m.interrupted(m.Around(clock(11, 0), 2*time.Hour), p)
	}
}

// machines adds devices that submit mail from inside: the scanner, the billing run,
// the ticket system.
func (m traffic) machines() {
	for i, name := range []string{"svc-scan", "svc-billing", "svc-tickets"} {
		c := client(fmt.Sprintf("10.20.1.%d", 31+i), "")
		m.during(Date, midnight, 25*time.Minute, func(at time.Time) { m.log.Submit(at, c, name+"@contoso.com", lines.Right) })
	}
}

// healthMailbox is the account of the server's self-tests.
const healthMailbox = "HealthMailboxb4dbf9b720d24d5486d5ae616abe6874@contoso.com"

// probes adds the self-tests of the server and the probes of the load balancer.
func (m traffic) probes() {
	monitor, lb := client("::1", "AMProbe/Local/ClientAccess"), client(balancer, "LB/HealthCheck")
	for at := clock(0, 1); at.Before(midnight); at = at.Add(5 * time.Minute) {
		for _, s := range []lines.Service{lines.EAS, lines.EWS, lines.MAPI} {
			m.log.Challenge(at, monitor, s, "")
			m.log.Signed(at.Add(time.Second), monitor, s, healthMailbox, "", 0)
		}
		for _, stem := range []string{"/owa/healthcheck.htm", "/ews/healthcheck.htm"} {
			m.log.Web(lines.Request{At: at, Client: lb, Service: lines.OWA, Method: "GET", Stem: stem, Status: 200})
		}
	}
}

// cloudSignIn writes a sign-in with a password.
func (m traffic) cloudSignIn(at time.Time, c lines.Client, a lines.App, p *person, v lines.Verdict) {
	m.log.SignIn(lines.SignIn{At: at, Client: c, App: a, UPN: p.upn(), Object: p.object, Verdict: v, Password: true})
}

// interrupts decide nothing about the password.
var interrupts = []lines.Verdict{lines.NoSession, lines.NoConsent, lines.Enrol, lines.StaySignedIn}

// interrupted writes a sign-in that is interrupted half way, which is common.
func (m traffic) interrupted(at time.Time, p *person) {
	m.log.SignIn(lines.SignIn{At: at, Client: p.egress, App: lines.OfficeHome, UPN: p.upn(), Object: p.object, Verdict: dice.One(m.maker, interrupts)})
}

// refresh writes the renewal of a token by a client, without interaction.
func (m traffic) refresh(at time.Time, c lines.Client, a lines.App, p *person) {
	m.log.SignIn(lines.SignIn{At: at, Client: c, App: a, UPN: p.upn(), Object: p.object, Silent: true})
}

// read writes two minutes of one person's reading in a browser.
func (m traffic) read(at time.Time, p *person) {
	m.log.Mail(lines.Read{At: at, IP: p.egress.IP, User: p.upn(), Key: p.object, Info: "Client=OWA;Action=ViaProxy", Items: 1 + m.Rand.IntN(4)})
}
