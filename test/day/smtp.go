package day

import (
	"fmt"
	"net"
	"time"

	"redshank/test/world/lines"
)

const smtpFields = "date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context"

// session is one SMTP conversation on the receive connector of the front end.
type session struct {
	m      *maker
	at     time.Time
	id     string
	remote string
	row    int
}

// smtpOpen starts a conversation, up to the point at which the client can
// authenticate.
func (m *maker) smtpOpen(at time.Time, ip string) *session {
	s := &session{m: m, at: at, id: "08DE" + m.hex(12), remote: net.JoinHostPort(ip, fmt.Sprint(m.port()))}
	s.say("+", "", "")
	s.say(">", "220 ex01.contoso.com Microsoft ESMTP MAIL Service ready", "")
	s.say("<", "EHLO ["+ip+"]", "")
	s.say(">", "250  ex01.contoso.com Hello ["+ip+"] SIZE 37748736 PIPELINING STARTTLS", "")
	s.say("<", "STARTTLS", "")
	s.say(">", "220 2.0.0 SMTP server ready", "")
	s.say("*", "", "TLS protocol SP_PROT_TLS1_2_SERVER negotiation succeeded using bulk encryption algorithm CALG_AES_256")
	s.say("<", "AUTH LOGIN", "")
	s.say(">", "334 <authentication response>", "")
	return s
}

// say writes one row and advances the time by a few milliseconds.
func (s *session) say(event, data, context string) {
	st := s.m.stream("exchange.smtp", "exchange/SmtpReceive/RECV"+Date.Format("20060102")+"-1.LOG", Date,
		"#Software: Microsoft Exchange Server", "#Version: 15.01.2507.006", "#Log-type: SMTP Receive Protocol Log",
		"#Date: "+Date.Format(lines.ExchangeTime), "#Fields: "+smtpFields)
	text := fmt.Sprintf(`%s,%s\Client Frontend %s,%s,%d,%s:587,%s,%s,%s,%s`,
		s.at.Format(lines.ExchangeTime), serverName, serverName, s.id, s.row, server, s.remote, event, data, context)
	s.m.add(st, s.at, flushed(s.at, 5*time.Second), text)
	s.row++
	s.at = s.at.Add(s.m.between(5*time.Millisecond, 120*time.Millisecond))
}

// close ends the conversation.
func (s *session) close() {
	s.say("<", "QUIT", "")
	s.say(">", "221 2.0.0 Service closing transmission channel", "")
	s.say("-", "", "Local")
}

// submit sends one message with valid credentials.
func (m *maker) submit(at time.Time, ip, account string) {
	s := m.smtpOpen(at, ip)
	s.say("*", account, "authenticated")
	s.say(">", "235 2.7.0 Authentication successful", "")
	s.say("<", "MAIL FROM:<"+account+">", "")
	s.say(">", "250 2.1.0 Sender OK", "")
	s.say("<", "BDAT 4711 LAST", "")
	s.say(">", "250 2.6.0 <"+m.hex(16)+"@ex01.contoso.com> Queued mail for delivery", "")
	s.close()
}

// submitRefused writes one failed AUTH: four rows, of which only the second has the
// name.
func (m *maker) submitRefused(at time.Time, ip, account string, v lines.Verdict) {
	s := m.smtpOpen(at, ip)
	m.logonFailedSMTP(s.at, account, v)
	s.say("*", "", "Inbound AUTH LOGIN failed because of LogonDenied")
	s.say("*", "", "User Name: "+account)
	s.say("*", "Tarpit for '0.00:00:05' due to '535 5.7.3 Authentication unsuccessful'", "")
	s.at = s.at.Add(5 * time.Second)
	s.say(">", "535 5.7.3 Authentication unsuccessful", "")
	s.close()
}
