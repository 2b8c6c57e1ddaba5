package day

import (
	"fmt"
	"time"

	"redshank/test/world/lines"
)

// benign makes activity that resembles an attack.
type benign struct{ traffic }

// oddities adds benign activity that looks like an attack to a simple counter.
func (m benign) oddities() {
	m.quiet("typos of a whole office in the morning", branchOffice)
	m.quiet("typos and sign-ins of headquarters", headquarters)
	m.oldPassword()
	m.expiry()
	m.migration()
	m.scanner()
	m.handful()
}

// oldPassword adds a telephone that tries an old password all night after its owner
// has changed the password.
func (m benign) oldPassword() {
	p := m.people[37]
	c := client("198.51.100.231", p.phone.Agent)
	m.quiet("a phone with an old password all night", c.IP.String())
	query := lines.Device(p.down(), p.device, "iPhone", "Ping")
	for at := clock(0, 4); at.Before(clock(7, 15)); at = at.Add(m.Between(4*time.Minute, 9*time.Minute)) {
		m.log.Challenge(at, c, lines.EAS, query)
		m.log.Basic(at.Add(300*time.Millisecond), c, lines.EAS, p.down(), query, lines.Wrong)
	}
	for at := clock(7, 21); at.Before(clock(8, 0)); at = at.Add(9 * time.Minute) {
		m.log.Basic(at, c, lines.EAS, p.down(), query, lines.Right)
	}
}

// expiry adds the morning on which the passwords of a department expire: the old
// password is right, but refused until it is changed.
func (m benign) expiry() {
	m.quiet("a wave of expired passwords", "10.20.0.0/16")
	for i := range 24 {
		p := m.people[i*7+3]
		at := m.Around(clock(9, 5), 12*time.Minute)
		changed := at.Add(m.Between(2*time.Minute, 7*time.Minute))
		m.log.Form(at, p.workplace, p.typed(), lines.Expired)
		m.cloudSignIn(at.Add(20*time.Second), p.egress, lines.OfficeHome, p, lines.Expired)
		m.log.Form(changed, p.workplace, p.typed(), lines.Right)
		m.cloudSignIn(changed.Add(40*time.Second), p.egress, lines.OfficeHome, p, lines.Right)
	}
}

// migration adds a tool that copies mailboxes with a list of passwords, three of
// which are out of date.
func (m benign) migration() {
	c := client("192.0.2.60", "")
	m.quiet("a migration tool with a list of passwords", c.IP.String())
	at := clock(18, 0)
	for i := range 150 {
		p := m.people[i*2+1]
		if i%50 == 31 {
			m.log.IMAP(at, c, p.upn(), lines.Wrong, 0)
			m.log.IMAP(at.Add(20*time.Second), c, p.upn(), lines.Wrong, 0)
		} else {
			m.log.IMAP(at, c, p.upn(), lines.Right, 0)
		}
		at = at.Add(m.Between(30*time.Second, 70*time.Second))
	}
}

// scanner adds a scanner that requests the pages of the server, without an account.
func (m benign) scanner() {
	c := client("203.0.113.240", "Mozilla/5.0 zgrab/0.x")
	m.quiet("a scanner without accounts", c.IP.String())
	paths := []string{"/owa/", "/ecp/", "/EWS/Exchange.asmx", "/autodiscover/autodiscover.xml", "/mapi/nspi", "/PowerShell/", "/rpc/rpcproxy.dll"}
	at := clock(4, 10)
	for i := range 90 {
		r := lines.Request{At: at, Client: c, Service: lines.OWA, Method: "GET", Stem: paths[i%len(paths)], Status: 401, Sub: 2, Win32: 5}
		if i%len(paths) == 0 {
			r.Status, r.Sub, r.Win32 = 302, 0, 0
		}
		m.log.Web(r)
		at = at.Add(m.Between(time.Second, 5*time.Second))
	}
}

// handful adds strangers who try too few accounts to be distinguished from mistakes.
func (m benign) handful() {
	c := client("192.0.2.222", "Mozilla/5.0 (Windows NT 6.1; rv:60.0) Gecko/20100101 Firefox/60.0")
	m.quiet("four accounts, one below the threshold", c.IP.String())
	for i := range 4 {
		at := clock(16, 20).Add(time.Duration(i) * 100 * time.Second)
		m.log.Basic(at, c, lines.EWS, m.people[i*50+9].upn(), "", lines.Wrong)
	}
	for i := range 6 {
		c := client(fmt.Sprintf("198.18.1.%d", 243+i), browsers[i%len(browsers)])
		m.log.Form(clock(2+3*i, 17), c, m.people[i*31+2].upn(), lines.Wrong)
	}
}
