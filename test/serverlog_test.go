package test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// The tests below read logs as Windows servers write them and as Fluent Bit passes
// them on. Each log contains the same attack: six accounts that fail from one
// address.

const (
	attacker = "203.0.113.7"
	bom      = "\xef\xbb\xbf"
	iisHead  = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2026-03-02 08:00:00\n" +
		"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n"
	// Another set of columns, as selected by an administrator during the day.
	iisShort = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2026-03-02 08:02:00\n" +
		"#Fields: date time c-ip cs-username sc-status sc-substatus sc-win32-status cs-method cs-uri-stem cs(User-Agent)\n"
)

var attackStart = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// stamp returns the time of the nth attempt, 40 s after the previous one.
func stamp(n int) time.Time { return attackStart.Add(time.Duration(n) * 40 * time.Second) }

// iisRow returns the nth failure in the columns of iisHead.
func iisRow(n int) string {
	return fmt.Sprintf("%s 192.0.2.25 GET /EWS/Exchange.asmx - 443 CONTOSO\\user%d %s python-requests/2.31.0 - 401 1 1326 15\n", stamp(n).Format("2006-01-02 15:04:05"), n, attacker)
}

// iisShortRow returns the nth failure in the columns of iisShort.
func iisShortRow(n int) string {
	return fmt.Sprintf("%s %s CONTOSO\\user%d 401 1 1326 GET /EWS/Exchange.asmx python-requests/2.31.0\n", stamp(n).Format("2006-01-02 15:04:05"), attacker, n)
}

func rows(row func(int) string, from, to int) string {
	var b strings.Builder
	for n := from; n < to; n++ {
		b.WriteString(row(n))
	}
	return b.String()
}

// ofFile returns the lines of text as records with the path of their file.
func ofFile(path, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		record, err := json.Marshal(map[string]string{"path": path, "log": strings.TrimRight(line, "\r\n")})
		if err != nil {
			panic(err)
		}
		b.Write(append(record, '\n'))
	}
	return b.String()
}

func asUTF16(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

const (
	hour8 = `C:\inetpub\logs\LogFiles\W3SVC1\u_ex26030208.log`
	hour9 = `C:\inetpub\logs\LogFiles\W3SVC1\u_ex26030209.log`
)

func TestServerLogs(t *testing.T) {
	whole := iisHead + rows(iisRow, 0, 6)
	for _, c := range []struct {
		name, format, input string
		lines               int // lines that are understood or ignored
	}{
		{"plain", "lines", whole, 10},
		{"CRLF", "lines", strings.ReplaceAll(whole, "\n", "\r\n"), 10},
		{"carriage returns kept", "json", strings.ReplaceAll(ofFile(hour8, whole), `"}`, `\r"}`), 10},
		{"byte order mark", "lines", bom + whole, 10},
		{"mark before the columns", "lines", bom + iisHead[strings.Index(iisHead, "#Fields"):] + rows(iisRow, 0, 6), 7},
		{"NULs before the end", "lines", whole + strings.Repeat("\x00", 1<<16), 11},
		{"NULs where a service was killed", "lines", iisHead + rows(iisRow, 0, 3) + strings.Repeat("\x00", 500) + iisHead + rows(iisRow, 3, 6), 14},
		{"NULs before a line", "lines", iisHead + rows(iisRow, 0, 3) + strings.Repeat("\x00", 500) + rows(iisRow, 3, 6), 10},
		{"head again after iisreset", "lines", iisHead + rows(iisRow, 0, 3) + iisHead + rows(iisRow, 3, 6), 14},
		{"other columns in the middle", "lines", iisHead + rows(iisRow, 0, 3) + iisShort + rows(iisShortRow, 3, 6), 14},
		{"a new file each hour", "json", ofFile(hour8, iisHead+rows(iisRow, 0, 3)) + ofFile(hour9, iisShort+rows(iisShortRow, 3, 6)), 14},
		{"files with other columns by turns", "json", ofFile(hour8, iisHead) + ofFile(hour9, iisShort) + ofFile(hour8, iisRow(0)) + ofFile(hour9, iisShortRow(1)) +
			ofFile(hour8, iisRow(2)) + ofFile(hour9, iisShortRow(3)) + ofFile(hour8, iisRow(4)) + ofFile(hour9, iisShortRow(5)), 14},
		{"read from the middle", "json", ofFile(hour9, rows(iisRow, 0, 6)), 6},
		{"winevtlog", "json", securityLog(germanMessage, inserts), 6},
		{"winevtlog, empty strings lost", "json", securityLog("", slices.DeleteFunc(slices.Clone(inserts), func(s string) bool { return s == "" })), 6},
		{"winevtlog, message alone", "json", securityLog(englishMessage, nil), 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := onHost(t, c.input, "-f", c.format).quiet(t)
			if got := incidents(r.alerts); len(got) != 1 || sources(r.alerts[:1]) != attacker {
				t.Errorf("%s\n%s", r.out, r.log)
			}
			if n := r.counter(t, "understood") + r.counter(t, "ignored"); n != c.lines {
				t.Errorf("%d lines of %d: %s", n, c.lines, r.log)
			}
		})
	}
}

// TestServerLogUnconverted: without unicode.encoding the lines of a file in UTF-16
// are not readable. They must be counted as such and yield no event.
func TestServerLogUnconverted(t *testing.T) {
	for name, order := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
		r := onHost(t, asUTF16(iisHead+rows(iisRow, 0, 6), order)).quiet(t)
		if len(r.alerts) > 0 || r.counter(t, "events") != 0 || r.counter(t, "understood") != 0 || r.counter(t, "unknown")+r.counter(t, "malformed") < 6 {
			t.Errorf("%s endian: %s %s", name, r.out, r.log)
		}
	}
}

// inserts are the insertion strings of an event 4625, by position. %d is the number
// of the account.
var inserts = []string{"S-1-5-18", "EX01$", "CONTOSO", "0x3e7", "S-1-0-0", "user%d", "CONTOSO", "0xc000006d", "%%%%2313", "0xc000006a", "8",
	"Advapi  ", "Negotiate", "EX01", "", "", "0", "0x14a0", `C:\Windows\System32\inetsrv\w3wp.exe`, attacker, "50123"}

const (
	germanMessage = "Fehler beim Anmelden eines Kontos.\r\n\r\nAntragsteller:\r\n\tSicherheits-ID:\t\tSYSTEM\r\n\tKontoname:\t\tEX01$\r\n\r\n" +
		"Konto, für das die Anmeldung fehlgeschlagen ist:\r\n\tKontoname:\t\tuser%d\r\n\tKontodomäne:\t\tCONTOSO\r\n\r\nNetzwerkinformationen:\r\n\tQuellnetzwerkadresse:\t" + attacker + "\r\n"
	englishMessage = "An account failed to log on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\tAccount Name:\t\tEX01$\r\n\tAccount Domain:\t\tCONTOSO\r\n\tLogon ID:\t\t0x3E7\r\n\r\n" +
		"Logon Type:\t\t\t8\r\n\r\nAccount For Which Logon Failed:\r\n\tSecurity ID:\t\tS-1-0-0\r\n\tAccount Name:\t\tuser%d\r\n\tAccount Domain:\t\tCONTOSO\r\n\r\n" +
		"Failure Information:\r\n\tFailure Reason:\t\tUnknown user name or bad password.\r\n\tStatus:\t\t\t0xC000006D\r\n\tSub Status:\t\t0xC000006A\r\n\r\n" +
		"Process Information:\r\n\tCaller Process ID:\t0x14a0\r\n\tCaller Process Name:\tC:\\Windows\\System32\\inetsrv\\w3wp.exe\r\n\r\n" +
		"Network Information:\r\n\tWorkstation Name:\tEX01\r\n\tSource Network Address:\t" + attacker + "\r\n\tSource Port:\t\t50123\r\n\r\n" +
		"Detailed Authentication Information:\r\n\tLogon Process:\t\tAdvapi  \r\n\tAuthentication Package:\tNegotiate\r\n\tTransited Services:\t-\r\n\tPackage Name (NTLM only):\t-\r\n\tKey Length:\t\t0\r\n"
)

// securityLog returns the attack as winevtlog reads it from a server in Berlin:
// local times, followed by the offset.
func securityLog(message string, inserts []string) string {
	var b strings.Builder
	for n := range 6 {
		record := map[string]any{
			"ProviderName": "Microsoft-Windows-Security-Auditing", "ProviderGuid": "{54849625-5478-4994-A5BA-3E3B0328C30D}",
			"EventID": 4625, "Version": 0, "Level": 0, "Task": 12544, "Opcode": 0, "Keywords": "0x8010000000000000",
			"TimeCreated": stamp(n).In(time.FixedZone("", 3600)).Format("2006-01-02 15:04:05 -0700"), "EventRecordID": 7000 + n,
			"Channel": "Security", "Computer": "EX01.contoso.com", "Message": strings.ReplaceAll(message, "%d", fmt.Sprint(n)),
		}
		if inserts != nil {
			var values []string
			for _, s := range inserts {
				values = append(values, strings.ReplaceAll(strings.ReplaceAll(s, "user%d", fmt.Sprintf("user%d", n)), "%%%%", "%%"))
			}
			record["StringInserts"] = values
		}
		line, err := json.Marshal(record)
		if err != nil {
			panic(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

// TestServerLogLocalTime: the time of an alert is correct in any time zone of the server.
func TestServerLogLocalTime(t *testing.T) {
	r := onHost(t, securityLog("", inserts), "-f", "json").quiet(t)
	if !strings.Contains(r.out, `"start":"2026-03-02T08:00:00.000Z"`) {
		t.Error(r.out)
	}
}
