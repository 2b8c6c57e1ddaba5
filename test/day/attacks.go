package day

import (
	"fmt"
	"time"

	"redshank/test/world/lines"
)

// attacker makes the attacks.
type attacker struct{ traffic }

// attacks adds the four attacks on passwords that a detector has to find. A tool can
// be recognised by its user agent; the agent below is a default of several tools.
func (m attacker) attacks() {
	m.stuffing()
	m.slow()
	m.spread()
	m.distributed()
}

const oldChrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/104.0.0.0 Safari/537.36"

// former returns the account of a former employee, one for each n below 20. These
// accounts exist only on leaked lists.
func former(n int) string { return firstNames[n] + ".young@contoso.com" }

// stuffing tries a leaked list at the web form and EWS: 60 accounts, one to three
// passwords each; every fourth account no longer exists. The last pair is right.
func (m attacker) stuffing() {
	const accounts = 60
	form, script := client("198.51.100.250", oldChrome), client("198.51.100.250", "python-requests/2.31.0")
	at := clock(13, 42)
	for i := range accounts {
		user, v := m.people[i*6+1].upn(), lines.Wrong
		if i%4 == 3 {
			user, v = former(i/4), lines.Nobody
		}
		for range 1 + m.Rand.IntN(3) {
			if m.Chance(0.3) {
				m.log.Basic(at, script, lines.EWS, user, "", v)
			} else {
				m.log.Form(at, form, user, v)
			}
			at = at.Add(m.Between(3*time.Second, 8*time.Second))
		}
	}
	victim := m.people[263]
	m.log.Form(at, form, victim.upn(), lines.Right)
	m.expect(Incident{
		Name: "stuffing over OWA and EWS, one pair valid", Site: Exchange, Class: "credential_stuffing", Severity: "critical",
		Source: form.IP.String(), Accounts: accounts, Least: 5, Valid: []string{victim.upn()},
	})
}

// slow tries one account every hour and a half, over ActiveSync, for 20 hours, so
// that a short window never holds more than one attempt.
func (m attacker) slow() {
	const accounts = 13
	c := client("198.18.0.201", "Apple-iPhone9C1/1402.92")
	at := clock(1, 12)
	for i := range accounts {
		user := m.people[i*29+4].down()
		query := lines.Device(user, "ApplF17SLOW0HG7F", "iPhone", "FolderSync")
		for range 1 + i%2 {
			m.log.Basic(at, c, lines.EAS, user, query, lines.Wrong)
			at = at.Add(m.Between(40*time.Second, 2*time.Minute))
		}
		at = at.Add(m.Between(90*time.Minute, 98*time.Minute))
	}
	m.expect(Incident{
		Name: "slow run over ActiveSync, 20 hours", Site: Exchange, Class: "credential_stuffing", Severity: "high",
		Source: c.IP.String(), Accounts: accounts, Least: 10,
	})
}

// spread tries six accounts over the web form, ActiveSync, SMTP and the tenant,
// each with another spelling: no single log shows more than four of them.
func (m attacker) spread() {
	const ip = "2001:db8:66:6::25"
	browser, phone := client(ip, oldChrome), client(ip, "Android-Mail/2024.10")
	tries := []func(at time.Time, p *person){
		func(at time.Time, p *person) { m.log.Form(at, browser, p.down(), lines.Wrong) },
		func(at time.Time, p *person) {
			m.log.Basic(at, phone, lines.EAS, p.upn(), lines.Device(p.upn(), "androidc66", "Android", "Options"), lines.Wrong)
		},
		func(at time.Time, p *person) { m.log.Submit(at, client(ip, ""), p.upn(), lines.Wrong) },
		func(at time.Time, p *person) { m.cloudSignIn(at, browser, lines.OfficeHome, p, lines.Wrong) },
	}
	at := clock(10, 18)
	const accounts = 6
	for i := range accounts {
		p := m.people[i*41+11]
		// Every account is tried on the server, and every other one in the cloud as well.
		second := (i + 1) % 3
		if i%2 == 0 {
			second = 3
		}
		for _, try := range []int{i % 3, second} {
			tries[try](at, p)
			at = at.Add(m.Between(20*time.Second, 38*time.Second))
		}
	}
	m.expect(Incident{
		Name: "six accounts over OWA, EAS, SMTP and Entra", Site: Exchange, Class: "credential_stuffing", Severity: "medium",
		Source: ip, Accounts: accounts, Least: 5,
	})
}

// distributed makes one attempt from each of 200 addresses, which have only the
// agent and the application in common. One password is right and is stopped by the
// second factor.
func (m attacker) distributed() {
	const addresses, accounts = 200, 150
	at := clock(15, 5)
	victim := m.people[3]
	for i := range addresses {
		p, v := m.people[(i%accounts)*2+3], lines.Wrong
		if p == victim && i < accounts {
			// The right pair is tried late, when the campaign is already open.
			p = m.people[395]
		}
		if i == accounts {
			v = lines.MFAAsked
		}
		c := client(fmt.Sprintf("203.0.113.%d", 1+i), "Mozilla/5.0 (Windows NT 10.0; rv:59.0) Gecko/20100101 Firefox/59.0")
		m.cloudSignIn(at, c, lines.AzureADPS, p, v)
		at = at.Add(m.Between(4*time.Second, 10*time.Second))
	}
	m.expect(Incident{
		Name: "200 addresses with one try each", Site: Cloud, Class: "credential_stuffing", Severity: "critical",
		Accounts: accounts, Least: 10, Valid: []string{victim.upn()},
	})
}

// theft reads one mailbox with a stolen token: AADInternals redeems the token on a
// rented server, and a script pages through the mailbox over EWS. Only the audit log
// records the access to mail.
func (m attacker) theft() {
	c := client("192.0.2.233", "AADInternals")
	victim := m.people[148]
	at := clock(11, 24)
	m.refresh(at, c, lines.AzureADPS, victim)
	for range 50 {
		at = at.Add(m.Between(4*time.Second, 12*time.Second))
		m.log.Mail(lines.Read{
			At: at, IP: c.IP, User: victim.upn(), Key: victim.object, App: lines.AzureADPS.ID,
			Info: "Client=WebServices;python-requests/2.31.0;", Items: 20 + m.Rand.IntN(30),
		})
	}
	m.expect(Incident{
		Name: "one mailbox read by a script", Site: Cloud, Rule: "AN0131", Class: "scripted_mail_access", Source: c.IP.String(),
	})
}
