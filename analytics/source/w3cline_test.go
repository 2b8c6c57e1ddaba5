package source

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/event"
	"redshank/analytics/record"
)

// emitted returns the events and counts of a set for lines in chunks of perChunk lines.
func emitted(lines []string, perChunk int) (events []string, counts Counts) {
	s, err := New(Auto, testContent)
	if err != nil {
		panic(err)
	}
	emit := func(ev *event.Event) {
		events = append(events, fmt.Sprintf("%v %v %v %v %v %s %s %s %s %s %s %s %s %s %v", ev.Time.UnixMilli(), ev.Service, ev.Action, ev.Access, ev.Outcome,
			ev.RawIP, ev.RawForwarded, ev.RawUser, ev.AgentText(), ev.Code, ev.ID, ev.Host, ev.Device, ev.Operation, ev.Reason))
	}
	var rec record.Record
	var r record.Reader
	for len(lines) > 0 {
		var chunk []byte
		for _, line := range lines[:min(perChunk, len(lines))] {
			chunk = append(chunk, "\x92\x92\xd7\x00"...)
			chunk = binary.BigEndian.AppendUint64(chunk, 0x6a00_0000_0000_0001)
			chunk = append(chunk, "\x80\x81\xa3log"...)
			chunk = msgp.AppendString(chunk, line)
		}
		lines = lines[min(perChunk, len(lines)):]
		for r.Reset(chunk); r.Next(&rec); {
			s.Decode("iis", &rec, emit)
		}
		s.Release()
	}
	return events, s.Counts()
}

// sameEitherWay compares the events of lines in one chunk, most of which are read from
// where they differ from the previous line, with those of the same lines one by one.
func sameEitherWay(t *testing.T, lines []string) {
	t.Helper()
	together, counts := emitted(lines, len(lines))
	apart, want := emitted(lines, 1)
	if counts != want {
		t.Fatalf("counts %v, one by one %v\n%s", counts, want, strings.Join(lines, "\n"))
	}
	if len(together) != len(apart) {
		t.Fatalf("%d events, one by one %d", len(together), len(apart))
	}
	for i := range apart {
		if together[i] != apart[i] {
			t.Fatalf("event %d:\n%s\none by one\n%s", i, together[i], apart[i])
		}
	}
}

func TestLinesOfOneSecond(t *testing.T) {
	pieces := [][]string{
		{"2026-03-10", "2026-03-10", "2026-03-10", "2026-03-11", "-"},
		{"06:00:00", "06:00:00", "06:00:00", "06:00:01", "6:00"},
		{"10.0.0.5", "10.0.0.5", "10.0.0.6", "::1"},
		{"GET", "POST", "-"},
		{"/owa/auth/logon.aspx", "/owa/auth.owa", "/EWS/Exchange.asmx", "/Microsoft-Server-ActiveSync/default.eas", "/mapi/emsmdb/", "/owa/bob@contoso.com/", "/x", ""},
		{"-", "&cafeReqId=0a1b;", "Cmd=Sync&User=eve&DeviceId=D1&cafeReqId=9;", "reason=2", "a b"},
		{"443", "443", "444", "x"},
		{"-", "-", `CONTOSO\alice`, "bob@contoso.com", ""},
		{"198.51.100.7", "198.51.100.8", "127.0.0.1", "2001:db8::1"},
		{"Mozilla/5.0+(X11)", "curl/8", "-", "Agent with spaces", ""},
		{"-", "https://mail.contoso.com/owa/"},
		{"200", "302", "401", "401", "403", "505", "20", "abc"},
		{"0", "1"},
		{"0", "1326", "2148074254", "-"},
		{"15", "1", ""},
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2_000 {
		lines := []string{iisHeader}
		for range 20 {
			var cells []string
			for _, some := range pieces {
				pick := some[0]
				if random.IntN(3) == 0 {
					pick = some[random.IntN(len(some))]
				}
				cells = append(cells, pick)
			}
			if random.IntN(12) == 0 {
				cells = cells[:random.IntN(len(cells))]
			}
			lines = append(lines, strings.Join(cells, " ")+strings.Repeat("\r", random.IntN(2)))
		}
		if random.IntN(4) == 0 {
			lines[10] = "#Fields: date time cs-method cs-uri-stem c-ip cs-username cs(User-Agent) sc-status sc-win32-status"
		}
		sameEitherWay(t, lines)
	}
}

// TestLinesOfSomeDays goes over midnight in files that have a date column, in
// such that have none, and in such that lose it.
func TestLinesOfSomeDays(t *testing.T) {
	const columns = "cs-method cs-uri-stem cs-username c-ip cs(User-Agent) sc-status sc-win32-status"
	random := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		at := time.Date(2026, 3, 10, random.IntN(24), 0, 0, 0, time.UTC)
		lines, dated := []string{"#Date: 2026-03-10 00:00:00", "#Fields: date time " + columns}, true
		for range 60 {
			at = at.Add(time.Duration(random.IntN(3)*random.IntN(3)*random.IntN(3000)) * time.Second)
			layout := time.TimeOnly
			if random.IntN(15) == 0 {
				dated = !dated
				lines = append(lines, "#Fields: "+map[bool]string{true: "date "}[dated]+"time "+columns)
			}
			if dated {
				layout = time.DateTime
			}
			lines = append(lines, at.Format(layout)+" GET /owa/ alice 198.51.100.7 Mozilla/5.0 200 0")
		}
		sameEitherWay(t, lines)
	}
}

func FuzzLinesOfOneSecond(f *testing.F) {
	line := "2026-03-10 06:00:00 10.0.0.5 GET /owa/ - 443 - 198.51.100.7 A+B - 200 0 0 1"
	f.Add([]byte(iisHeader + "\n" + line + "\n" + line + "\n" + strings.Replace(line, "443 -", "443 eve", 1)))
	f.Add([]byte("#Fields: date time cs-method cs-uri-stem cs(User-Agent) sc-status\n" + line + "\n\n" + line))
	f.Fuzz(func(t *testing.T, text []byte) {
		var lines []string
		for line := range bytes.SplitSeq(text, []byte("\n")) {
			lines = append(lines, string(line))
		}
		sameEitherWay(t, lines)
	})
}
