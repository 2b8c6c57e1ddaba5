package drill

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
)

// protocolLog writes a CSV log of Exchange, with the columns that the file has already.
type protocolLog struct {
	kind    string // of the log, as its second line says
	columns []string
	needed  []string // columns without which a drill cannot be written
}

// header implements headed.
func (f *protocolLog) header(existing io.Reader) (string, error) {
	scan := bufio.NewScanner(existing)
	scan.Buffer(nil, 1<<20)
	found, empty := []string(nil), true
	for scan.Scan() {
		empty = false
		if columns, ok := strings.CutPrefix(strings.TrimPrefix(scan.Text(), "\ufeff"), fieldsLine); ok {
			found = strings.Split(strings.TrimSpace(columns), ",")
		}
	}
	if err := scan.Err(); err != nil {
		return "", err
	}
	if empty {
		return "#Software: Microsoft Exchange Server\n#Version: 15.0.0.0\n#Log-type: " + f.kind + "\n" + fieldsLine + strings.Join(f.columns, ",") + "\n", nil
	}
	if found != nil {
		f.columns = found
	}
	for _, name := range f.needed {
		if !slices.Contains(f.columns, name) {
			return "", fmt.Errorf("the log has no column %s (want %s)", name, strings.Join(f.needed, ","))
		}
	}
	return "", nil
}

// row returns a row of values by the names of their columns.
func (f *protocolLog) row(values map[string]string) string {
	cells := make([]string, len(f.columns))
	for i, name := range f.columns {
		if cells[i] = values[name]; strings.ContainsAny(cells[i], `",`) {
			cells[i] = `"` + strings.ReplaceAll(cells[i], `"`, `""`) + `"`
		}
	}
	return strings.Join(cells, ",")
}

// sessionOf returns the session of the record with an id: 16 hexadecimal digits.
func sessionOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return fmt.Sprintf("%X", sum[:8])
}

const timeOfRow = "2006-01-02T15:04:05.000Z"

// smtp writes the protocol log of the receive connectors. The name of the connector is
// the mark.
type smtp struct{ protocolLog }

func newSMTP() *smtp {
	columns := strings.Split("date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context", ",")
	return &smtp{protocolLog{kind: "SMTP Receive Protocol Log", columns: columns, needed: columns}}
}

func (*smtp) name() string { return "smtp" }

func (*smtp) can(a *act) bool { return a.kind <= signIn }

func (f *smtp) line(a *act, id string) []byte {
	row := func(number, event, data, context string) string {
		return f.row(map[string]string{"date-time": a.at.UTC().Format(timeOfRow), "connector-id": `DRILL01\` + id, "session-id": sessionOf(id),
			"sequence-number": number, "local-endpoint": "192.0.2.1:587", "remote-endpoint": net.JoinHostPort(a.address, "50000"), "event": event, "data": data, "context": context})
	}
	if a.kind == signIn {
		return []byte(row("7", "*", a.account, "authenticated"))
	}
	return []byte(strings.Join([]string{row("5", "*", "", "Inbound AUTH LOGIN failed because of LogonDenied"), row("6", "*", "", "User Name: "+a.account),
		row("7", ">", "535 5.7.3 Authentication unsuccessful", "")}, "\n"))
}

// mailbox writes the protocol log of IMAP4 or POP3. The mark is part of the context.
type mailbox struct {
	protocolLog
	service string // imap, pop
}

func newMailbox(service string) *mailbox {
	return &mailbox{protocolLog{kind: strings.ToUpper(service) + " Log",
		columns: strings.Split("dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,command,parameters,context,puid", ","),
		needed:  []string{"dateTime", "sessionId", "seqNumber", "sIp", "cIp", "user", "command", "context"}}, service}
}

func (f *mailbox) name() string { return f.service }

func (*mailbox) can(a *act) bool { return a.kind <= signIn }

func (f *mailbox) line(a *act, id string) []byte {
	server, command, result := "192.0.2.1:993", "login", `R="1 NO LOGIN failed.";Msg=AuthFailed:LogonDenied;`
	if f.service == "pop" {
		server, command, result = "192.0.2.1:995", "pass", `R="-ERR Logon failure: unknown user name or bad password.";`
	}
	if a.kind == signIn {
		result = "R=ok;"
	}
	return []byte(f.row(map[string]string{"dateTime": a.at.UTC().Format(timeOfRow), "sessionId": sessionOf(id), "seqNumber": "3", "sIp": server,
		"cIp": net.JoinHostPort(a.address, "50000"), "user": a.account, "duration": "15", "rqsize": "30", "rpsize": "30", "command": command, "parameters": "*****",
		"context": result + "Drill=" + id}))
}
