package lines

import (
	"fmt"
	"net"
	"time"
)

// POP writes one POP3 session of the front end: a login and, if the password is
// right, a number of messages that are retrieved.
func (w *Writer) POP(at time.Time, c Client, account string, v Verdict, messages int) {
	server := w.serverOf(c)
	remote := net.JoinHostPort(c.IP.String(), fmt.Sprint(w.port()))
	id, row := w.hex(16), 0
	say := func(user, command, parameters, context string) {
		text := fmt.Sprintf("%s,%s,%d,%s:995,%s,%s,%d,%d,%d,%s,%s,%s,", at.Format(exchangeTime),
			id, row, serverIP(server), remote, user, 1+w.rng.IntN(90), 10+w.rng.IntN(40), 20+w.rng.IntN(300), command, parameters, context)
		path := "exchange/" + w.Servers[server] + "/Pop3/POP3" + at.Format("20060102") + "-1.LOG"
		w.text("exchange.pop", path, at, flushed(at, 5*time.Second), text,
			"#Software: Microsoft Exchange Server", "#Version: 15.01.2507.006", "#Log-type: POP3 Log", "#Date: "+at.Format(exchangeTime), imapFields)
		row++
		at = at.Add(w.between(20*time.Millisecond, 300*time.Millisecond))
	}
	say("", "OpenSession", "", "")
	say("", "user", account, "R=OK")
	if v != Right {
		w.logonFailed(at, account, c.IP.String(), `C:\Program Files\Microsoft\Exchange Server\V15\FrontEnd\PopImap\Microsoft.Exchange.Pop3.exe`, cleartext, v)
		say(account, "pass", "*****", `"R=""-ERR Logon failure: unknown user name or bad password."";Msg=""AuthFailed:LogonDenied,User: `+account+`"";ErrMsg=AuthFailed:LogonDenied"`)
		say("", "CloseSession", "", "")
		return
	}
	say(account, "pass", "*****", `"R=OK;Msg=""Proxy:mail.`+w.Domain+`:1995:SSL;ProxySuccess"""`)
	say(account, "list", "", fmt.Sprintf(`"R=OK;Rows=%d"`, messages))
	for i := range messages {
		say(account, "retr", fmt.Sprint(i+1), `"R=OK;Rows=1"`)
	}
	say(account, "quit", "", "R=OK")
	say("", "CloseSession", "", "")
}
