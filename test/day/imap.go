package day

import (
	"fmt"
	"net"
	"time"

	"redshank/test/world/lines"
)

const imapFields = "dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,command,parameters,context,puid"

// imap writes one IMAP session of the front end: a login and, if it succeeds, a
// look into the inbox.
func (m *maker) imap(at time.Time, ip, account string, v lines.Verdict) {
	remote := net.JoinHostPort(ip, fmt.Sprint(m.port()))
	id, row := m.hex(16), 0
	say := func(user, command, parameters, context string) {
		m.imapRow(at, fmt.Sprintf("%s,%d,%s:993,%s,%s,%d,%d,%d,%s,%s,%s,",
			id, row, server, remote, user, 1+m.rng.IntN(90), 10+m.rng.IntN(40), 20+m.rng.IntN(300), command, parameters, context))
		row++
		at = at.Add(m.between(20*time.Millisecond, 300*time.Millisecond))
	}
	say("", "OpenSession", "", "")
	say("", "capability", "", "R=OK")
	if v != lines.Right {
		say(account, "authenticate", "PLAIN", `"R=""2 NO AUTHENTICATE failed."";Msg=""AuthFailed:LogonDenied,User: `+account+`"";ErrMsg=AuthFailed:LogonDenied"`)
		say("", "CloseSession", "", "")
		return
	}
	say(account, "authenticate", "PLAIN", `"R=OK;Msg=""Proxy:ex01.contoso.com:1993:SSL;ProxySuccess"""`)
	say(account, "select", "INBOX", "R=OK")
	say(account, "CloseSession", "", "")
}

func (m *maker) imapRow(at time.Time, text string) {
	s := m.stream("exchange.imap", "exchange/Imap4/IMAP4"+Date.Format("20060102")+"-1.LOG", Date,
		"#Software: Microsoft Exchange Server", "#Version: 15.01.2507.006", "#Log-type: IMAP4 Log",
		"#Date: "+Date.Format(lines.ExchangeTime), "#Fields: "+imapFields)
	m.add(s, at, flushed(at, 5*time.Second), at.Format(lines.ExchangeTime)+","+text)
}
