package day

import "time"

// theft reads one mailbox with a stolen token: AADInternals redeems the token on a
// rented server, and a script pages through the mailbox over EWS. Only the audit log
// records the access to mail.
func (m *maker) theft() {
	const ip, script = "192.0.2.233", "python-requests/2.31.0"
	victim := m.people[148]
	at := clock(11, 24)
	m.refresh(at, client{ip, "AADInternals"}, azureADPS, victim)
	for range 50 {
		at = at.Add(m.between(4*time.Second, 12*time.Second))
		m.mailTaken(at, ip, "Client=WebServices;"+script+";", victim)
	}
	m.expect(Incident{
		Name: "one mailbox read by a script", Site: Cloud, Rule: "AN0131", Class: "scripted_mail_access", Source: ip,
	})
}

// mailTaken writes two minutes of a program's reading.
func (m *maker) mailTaken(at time.Time, ip, info string, p *person) {
	r := m.mailRecord(at, client{ip: ip}, p, 20+m.rng.IntN(30))
	r.ClientInfoString, r.AppID, r.ClientAppID = info, azureADPS.id, azureADPS.id
	m.audit(at, r)
}
