package lines

import (
	"fmt"
	"net"
	"time"
)

const smtpFields = "#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context"

// smtp is one SMTP conversation on the receive connector of the front end.
type smtp struct {
	w      Server
	at     time.Time
	id     string
	remote string
	server int
	row    int
}

// open starts a conversation and brings it to the point where the client can
// say who it is.
func (w Server) open(at time.Time, c Client) *smtp {
	ip := c.IP.String()
	s := &smtp{w: w, at: at, id: "08DE" + w.Hex(12), remote: net.JoinHostPort(ip, fmt.Sprint(w.port())), server: w.serverOf(c)}
	s.say("+", "", "")
	s.say(">", "220 mail."+w.Domain+" Microsoft ESMTP MAIL Service ready", "")
	s.say("<", "EHLO ["+ip+"]", "")
	s.say(">", "250  mail."+w.Domain+" Hello ["+ip+"] SIZE 37748736 PIPELINING STARTTLS", "")
	s.say("<", "AUTH LOGIN", "")
	s.say(">", "334 <authentication response>", "")
	return s
}

// say writes one row and lets a few milliseconds pass.
func (s *smtp) say(event, data, context string) {
	w, name := s.w, s.w.Servers[s.server]
	text := fmt.Sprintf(`%s,%s\Client Frontend %s,%s,%d,%s:587,%s,%s,%s,%s`,
		s.at.Format(exchangeTime), name, name, s.id, s.row, serverIP(s.server), s.remote, event, data, context)
	path := "exchange/" + name + "/SmtpReceive/RECV" + s.at.Format("20060102") + "-1.LOG"
	w.text("exchange.smtp", path, s.at, flushed(s.at, 5*time.Second), text,
		"#Software: Microsoft Exchange Server", "#Version: 15.01.2507.006", "#Log-type: SMTP Receive Protocol Log", "#Date: "+s.at.Format(exchangeTime), smtpFields)
	s.row++
	s.at = s.at.Add(w.Between(5*time.Millisecond, 120*time.Millisecond))
}

// Submit writes one conversation with SMTP AUTH and, if the password is right, a
// message. A failure has four rows, of which only the second has the name.
func (w Server) Submit(at time.Time, c Client, account string, v Verdict) {
	s := w.open(at, c)
	if v == Right {
		s.say("*", account, "authenticated")
		s.say(">", "235 2.7.0 Authentication successful", "")
		s.say("<", "MAIL FROM:<"+account+">", "")
		s.say(">", "250 2.6.0 <"+w.Hex(16)+"@"+w.Domain+"> Queued mail for delivery", "")
	} else {
		w.logonFailed(s.at, account, "-", smtpProcess, cleartext, v)
		s.say("*", "", "Inbound AUTH LOGIN failed because of LogonDenied")
		s.say("*", "", "User Name: "+account)
		s.say("*", "Tarpit for '0.00:00:05' due to '535 5.7.3 Authentication unsuccessful'", "")
		s.at = s.at.Add(5 * time.Second)
		s.say(">", "535 5.7.3 Authentication unsuccessful", "")
	}
	s.say("-", "", "Local")
}

const sessionFields = "#Fields: dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,command,parameters,context,puid"

// protocolSession is one IMAP or POP3 session of the front end.
type protocolSession struct {
	w              Server
	at             time.Time
	name           string // IMAP4 or POP3
	folder, tag    string
	id, remote     string
	port           int
	server, number int
}

func (w Server) session(at time.Time, c Client, name, folder, tag string, port int) *protocolSession {
	remote := net.JoinHostPort(c.IP.String(), fmt.Sprint(w.port()))
	s := &protocolSession{w: w, at: at, name: name, folder: folder, tag: tag, id: w.Hex(16), remote: remote, port: port, server: w.serverOf(c)}
	s.say("", "OpenSession", "", "")
	return s
}

// say writes one row and lets some time pass.
func (s *protocolSession) say(user, command, parameters, context string) {
	w, at := s.w, s.at
	text := fmt.Sprintf("%s,%s,%d,%s:%d,%s,%s,%d,%d,%d,%s,%s,%s,", at.Format(exchangeTime),
		s.id, s.number, serverIP(s.server), s.port, s.remote, user, 1+w.Rand.IntN(90), 10+w.Rand.IntN(40), 20+w.Rand.IntN(300), command, parameters, context)
	path := "exchange/" + w.Servers[s.server] + "/" + s.folder + "/" + s.name + at.Format("20060102") + "-1.LOG"
	w.text(s.tag, path, at, flushed(at, 5*time.Second), text,
		"#Software: Microsoft Exchange Server", "#Version: 15.01.2507.006", "#Log-type: "+s.name+" Log", "#Date: "+at.Format(exchangeTime), sessionFields)
	s.number++
	s.at = at.Add(w.Between(20*time.Millisecond, 300*time.Millisecond))
}

// login writes the command that carries the password, and reports whether the
// password is right.
func (s *protocolSession) login(c Client, account, command, parameters, refusal string, v Verdict) bool {
	if v == Right {
		s.say(account, command, parameters, fmt.Sprintf(`"R=OK;Msg=""Proxy:mail.%s:1%d:SSL;ProxySuccess"""`, s.w.Domain, s.port))
		return true
	}
	process := `C:\Program Files\Microsoft\Exchange Server\V15\FrontEnd\PopImap\Microsoft.Exchange.` + s.folder + ".exe"
	s.w.logonFailed(s.at, account, c.IP.String(), process, cleartext, v)
	s.say(account, command, parameters, `"R=""`+refusal+`"";Msg=""AuthFailed:LogonDenied,User: `+account+`"";ErrMsg=AuthFailed:LogonDenied"`)
	s.say("", "CloseSession", "", "")
	return false
}

// IMAP writes one IMAP session: a login and, if the password is right, a number of
// fetches.
func (w Server) IMAP(at time.Time, c Client, account string, v Verdict, fetches int) {
	s := w.session(at, c, "IMAP4", "Imap4", "exchange.imap", 993)
	s.say("", "capability", "", "R=OK")
	if !s.login(c, account, "authenticate", "PLAIN", "2 NO AUTHENTICATE failed.", v) {
		return
	}
	s.say(account, "select", "INBOX", "R=OK")
	for i := range fetches {
		s.say(account, "fetch", fmt.Sprintf("%d (BODY.PEEK[])", i+1), `"R=OK;Rows=1"`)
	}
	s.say(account, "CloseSession", "", "")
}

// POP writes one POP3 session: a login and, if the password is right, a number of
// messages that are retrieved.
func (w Server) POP(at time.Time, c Client, account string, v Verdict, messages int) {
	s := w.session(at, c, "POP3", "Pop3", "exchange.pop", 995)
	s.say("", "user", account, "R=OK")
	if !s.login(c, account, "pass", "*****", "-ERR Logon failure: unknown user name or bad password.", v) {
		return
	}
	s.say(account, "list", "", fmt.Sprintf(`"R=OK;Rows=%d"`, messages))
	for i := range messages {
		s.say(account, "retr", fmt.Sprint(i+1), `"R=OK;Rows=1"`)
	}
	s.say(account, "quit", "", "R=OK")
	s.say("", "CloseSession", "", "")
}
