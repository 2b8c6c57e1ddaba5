package drill

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// iis writes a W3C log of IIS, with the columns that the file has already.
type iis struct{ columns []string }

// iisColumns are the columns of a new file.
var iisColumns = []string{"date", "time", "s-ip", "cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username", "c-ip", "cs(User-Agent)", "cs(Referer)",
	"sc-status", "sc-substatus", "sc-win32-status", "time-taken"}

// iisNeeded are the columns without which a drill cannot be written: the mark stands
// in the query.
var iisNeeded = []string{"date", "time", "cs-uri-stem", "cs-uri-query", "cs-username", "c-ip", "cs(User-Agent)", "sc-status"}

const fieldsLine = "#Fields: "

func (*iis) name() string { return "iis" }

// can reports whether the log of IIS has acts of this kind. Sessions are left out: two
// networks alone are no replay.
func (*iis) can(a *act) bool { return a.kind <= readMail && a.session == "" }

// header takes the columns of an existing file, and returns the lines that a new one
// begins with.
func (f *iis) header(existing io.Reader) (string, error) {
	scan := bufio.NewScanner(existing)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		if columns, ok := strings.CutPrefix(strings.TrimPrefix(scan.Text(), "\ufeff"), fieldsLine); ok {
			f.columns = strings.Fields(columns)
		}
	}
	if err := scan.Err(); err != nil {
		return "", err
	}
	if f.columns == nil {
		f.columns = iisColumns
		return "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n" + fieldsLine + strings.Join(f.columns, " ") + "\n", nil
	}
	for _, name := range iisNeeded {
		if !slices.Contains(f.columns, name) {
			return "", fmt.Errorf("the log has no column %s (want %s)", name, strings.Join(iisNeeded, " "))
		}
	}
	return "", nil
}

func (f *iis) line(a *act, id string) []byte {
	at := a.at.UTC()
	values := map[string]string{
		"date": at.Format("2006-01-02"), "time": at.Format("15:04:05"), "cs-method": "POST", "cs-uri-stem": "/EWS/Exchange.asmx", "cs-uri-query": "&cafeReqId=" + id,
		"s-port": "443", "cs-username": a.account, "c-ip": a.address, "cs(User-Agent)": strings.ReplaceAll(a.agent, " ", "+"), "sc-status": "200", "sc-substatus": "0",
		"sc-win32-status": "0", "time-taken": "15", "s-ip": "192.0.2.1",
	}
	switch a.kind {
	case wrongPassword:
		values["sc-status"], values["sc-substatus"], values["sc-win32-status"] = "401", "1", "1326"
	case webSignIn:
		values["cs-method"], values["cs-uri-stem"] = "GET", "/owa/"
	case readMail:
		values["cs-uri-query"] = "&SoapAction=GetItem;&cafeReqId=" + id
	}
	line := make([]string, len(f.columns))
	for i, name := range f.columns {
		if line[i] = values[name]; line[i] == "" {
			line[i] = "-"
		}
	}
	return []byte(strings.Join(line, " "))
}
