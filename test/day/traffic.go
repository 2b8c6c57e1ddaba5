package day

import (
	"fmt"
	"time"

	"redshank/test/world/lines"
)

// typos is the share of interactive logins whose first password is mistyped.
const typos = 0.12

// ordinary adds the ordinary day of all people and machines.
func (m *maker) ordinary() {
	for _, p := range m.people {
		m.workday(p)
		m.cloudDay(p)
	}
	m.machines()
	m.probes()
}

// workday adds one person's activity on the Exchange server.
func (m *maker) workday(p *person) {
	if p.outlook {
		m.outlook(p)
	}
	if p.webmail {
		m.typedIn(m.around(p.comes, 5*time.Minute), p.desk, p)
		m.typedIn(m.around(clock(20, 10), time.Hour), p.home, p)
	}
	if p.phoneMail {
		m.phoneSync(p)
	}
	if p.imap {
		m.during(p.comes, p.goes, 70*time.Minute, func(at time.Time) { m.imap(at, p.home.ip, p.upn(), lines.Right) })
		m.during(p.comes, p.goes, 3*time.Hour, func(at time.Time) { m.submit(at, p.home.ip, p.upn()) })
	}
}

// outlook adds a desktop client: one autodiscover request and then polling. Every
// new connection begins with a challenge.
func (m *maker) outlook(p *person) {
	c := client{p.desk.ip, outlookFull}
	m.challenge(p.comes, c, autodiscover, "")
	m.negotiated(p.comes.Add(200*time.Millisecond), c, autodiscover, p)
	m.logon(p.comes, p.down(), c.ip)
	m.during(p.comes, p.goes, 26*time.Minute, func(at time.Time) {
		if m.chance(0.3) {
			m.challenge(at, c, mapi, "")
			at = at.Add(40 * time.Millisecond)
		}
		m.negotiated(at, c, mapi, p)
	})
	if m.chance(0.2) {
		m.during(p.comes, p.goes, 80*time.Minute, func(at time.Time) { m.negotiated(at, c, ews, p) })
	}
}

// negotiated writes one request authenticated by NTLM or Kerberos.
func (m *maker) negotiated(at time.Time, c client, s service, p *person) {
	m.web(request{at: at, client: c, service: s, user: p.down(), status: 200, signed: true})
}

// typedIn adds an interactive login to the web client, sometimes after a typo, and
// some reading.
func (m *maker) typedIn(at time.Time, c client, p *person) {
	m.page(at.Add(-m.between(4*time.Second, 15*time.Second)), c, logonPage, "replaceCurrent=1&url=https%3a%2f%2fmail.contoso.com%2fowa")
	if m.chance(typos) {
		at = m.form(at, c, p.typed(), lines.Wrong).Add(m.between(7*time.Second, 40*time.Second))
	}
	at = m.form(at, c, p.typed(), lines.Right)
	m.during(at, at.Add(25*time.Minute), 6*time.Minute, func(at time.Time) {
		m.web(request{at: at, client: c, service: owa, stem: "/owa/service.svc", query: "action=FindConversation", user: p.typed(), status: 200, signed: true})
	})
}

// phoneSync adds a telephone that fetches mail day and night, over the office's
// wireless network in working hours.
func (m *maker) phoneSync(p *person) {
	query := device(p.down(), p.device, "iPhone", "Sync")
	m.during(Date, midnight, 85*time.Minute, func(at time.Time) {
		c := p.phone
		if p.branch && at.After(p.comes) && at.Before(p.goes) {
			c.ip = branchOffice
		}
		m.basic(at, c, eas, p.down(), query, lines.Right)
	})
}

// cloudDay adds one person's activity in the tenant.
func (m *maker) cloudDay(p *person) {
	at := m.around(p.comes, 8*time.Minute)
	if m.chance(typos) {
		m.cloudSignIn(at, p.egress, officeHome, p, lines.Wrong)
		at = at.Add(m.between(8*time.Second, 50*time.Second))
	}
	m.cloudSignIn(at, p.egress, officeHome, p, lines.Right)
	m.during(at, p.goes, 70*time.Minute, func(at time.Time) { m.mailRead(at, p.egress, p) })
	m.during(at, p.goes, 3*time.Hour, func(at time.Time) { m.refresh(at, p.egress, teams, p) })
	if m.chance(0.4) {
		m.cloudSignIn(m.around(clock(19, 30), 70*time.Minute), p.home, officeHome, p, lines.Right)
	}
	if m.chance(0.25) {
		m.interrupted(m.around(clock(11, 0), 2*time.Hour), p.egress, p)
	}
}

// machines adds devices that submit mail from inside: the scanner, the billing run,
// the ticket system.
func (m *maker) machines() {
	for i, name := range []string{"svc-scan", "svc-billing", "svc-tickets"} {
		ip := fmt.Sprintf("10.20.1.%d", 31+i)
		m.during(Date, midnight, 25*time.Minute, func(at time.Time) { m.submit(at, ip, name+"@contoso.com") })
	}
}

// healthMailbox is the account of the server's self-tests.
const healthMailbox = "HealthMailboxb4dbf9b720d24d5486d5ae616abe6874@contoso.com"

// probes adds the self-tests of the server and the probes of the load balancer.
func (m *maker) probes() {
	monitor := client{"::1", "AMProbe/Local/ClientAccess"}
	lb := client{balancer, "LB/HealthCheck"}
	for at := clock(0, 1); at.Before(midnight); at = at.Add(5 * time.Minute) {
		for _, s := range []service{eas, ews, mapi} {
			m.challenge(at, monitor, s, "")
			m.web(request{at: at.Add(time.Second), client: monitor, service: s, user: healthMailbox, status: 200, signed: true})
		}
		for _, stem := range []string{"/owa/healthcheck.htm", "/ews/healthcheck.htm"} {
			m.web(request{at: at, client: lb, service: owa, method: "GET", stem: stem, status: 200})
		}
	}
}
