package source

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/event"
	"redshank/analytics/record"
)

const (
	plainFields = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken"
	plainFail   = "2026-03-10 08:15:3%d 10.0.0.1 POST /EWS/Exchange.asmx - 443 alice 203.0.113.9 python/3 401 1 1326 15"
	plainForm   = "2026-03-10 08:15:35 10.0.0.1 POST /owa/auth.owa - 443 bob 203.0.113.9 curl/8 302 0 0 15"
	plainPage   = "2026-03-10 08:15:36 10.0.0.1 GET /owa/auth/logon.aspx reason=2 443 - 203.0.113.9 curl/8 200 0 0 15"
	imapFail    = "2026-03-10T08:15:31.500Z,00000000000000AB,3,10.0.0.1:993,203.0.113.9:50000,alice@contoso.com,15,30,30,login,alice@contoso.com *****,\"R=\"\"1 NO LOGIN failed.\"\"\","
)

// tailChunk is a chunk of lines as in_tail makes it; path and offset are keys of the
// record if not empty.
func tailChunk(path string, offset bool, lines ...string) (chunk []byte) {
	at := 0
	for _, line := range lines {
		fields := uint32(1)
		if path != "" {
			fields++
		}
		if offset {
			fields++
		}
		chunk = append(chunk, "\x92\x92\xd7\x00\x69\xaf\xd3\x92\x00\x00\x00\x00\x80"...)
		chunk = msgp.AppendMapHeader(chunk, fields)
		if path != "" {
			chunk = msgp.AppendString(msgp.AppendString(chunk, "path"), path)
		}
		if offset {
			chunk = msgp.AppendInt(msgp.AppendString(chunk, "offset"), at)
		}
		chunk = msgp.AppendString(msgp.AppendString(chunk, "log"), line)
		at += len(line) + 2
	}
	return chunk
}

// recordsOf returns the records that the events of a chunk are found by, as the engine
// reads it.
func recordsOf(t *testing.T, chunk []byte) (found []string) {
	t.Helper()
	set, err := New(Auto, testContent)
	if err != nil {
		t.Fatal(err)
	}
	var rec record.Record
	var ev event.Event
	emit := func(ev *event.Event) {
		if ev.Outcome == event.Failure {
			found = append(found, string(ev.AppendRecord(nil)))
		}
	}
	r := record.Reader{Index: set.Index()}
	for r.Reset(chunk); r.Next(&rec); {
		if !set.NextLine(&rec, &ev, emit) {
			set.Decode("iis", &rec, emit)
		}
	}
	return found
}

// digested is the record of a line without an id.
func digested(line, at, path string) string {
	sum := sha256.Sum256([]byte(line))
	return strings.TrimRight(fmt.Sprintf("sha256:%x %s %s", sum[:8], at, path), " ")
}

func TestRecordsOfTextLogs(t *testing.T) {
	lines := []string{plainFields}
	for n := range 3 { // the second and the third are read as next lines
		lines = append(lines, fmt.Sprintf(plainFail, n))
	}
	lines = append(lines, plainForm, plainPage)
	const path = "/logs/W3SVC1/u_ex260310.log"
	long := "/" + strings.Repeat("x", 200) + path
	short := "..." + long[len(long)-event.MaxFile+3:]
	at := []string{"2026-03-10T08:15:30Z", "2026-03-10T08:15:31Z", "2026-03-10T08:15:32Z", "2026-03-10T08:15:35Z"}
	for _, c := range []struct {
		name, path string
		offset     bool
		want       func(n int) string
	}{
		{"line", "", false, func(n int) string { return digested(lines[n+1], at[n], "") }},
		{"path", path, false, func(n int) string { return digested(lines[n+1], at[n], path) }},
		{"long path", long, false, func(n int) string { return digested(lines[n+1], at[n], short) }},
		{"offset alone", "", true, func(n int) string { return digested(lines[n+1], at[n], "") }},
		{"offset", path, true, func(n int) string {
			return fmt.Sprintf("%s:%d", path, len(strings.Join(lines[:n+1], "\r\n"))+2)
		}},
	} {
		var want []string
		for n := range at {
			want = append(want, c.want(n))
		}
		if got := recordsOf(t, tailChunk(c.path, c.offset, lines...)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", c.name, got, want)
		}
	}
	if got, want := recordsOf(t, tailChunk(path, false, imapFail)), digested(imapFail, "2026-03-10T08:15:31Z", path); len(got) != 1 || got[0] != want {
		t.Errorf("IMAP: %q, want %q", got, want)
	}
}

// TestRecordsOfShippers has lines as Filebeat forwards them.
func TestRecordsOfShippers(t *testing.T) {
	for _, text := range []string{
		`{"@timestamp":"x","log":{"offset":77,"file":{"path":"/a"}},"message":%q}`,
		`{"log.offset":77,"log.file.path":"/a","message":%q}`,
	} {
		set, _ := New(Auto, testContent)
		var got string
		set.Decode("t", native(t, fmt.Sprintf(text, imapFail)), func(ev *event.Event) { got = string(ev.AppendRecord(nil)) })
		if got != "/a:77" {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// A hostile id or path cannot make a record longer than its bound.
func TestRecordBound(t *testing.T) {
	long := strings.Repeat("\xff", 5000)
	for _, ev := range []event.Event{
		{ID: []byte(long)},
		{Origin: &event.Origin{File: event.FileName([]byte(long)), Offset: -1 << 63, Placed: true}},
		{Time: time.Date(292277024627, 1, 1, 0, 0, 0, 0, time.UTC), Origin: &event.Origin{File: event.FileName([]byte(long)), Line: []byte(long)}},
	} {
		if n := len(ev.AppendRecord(nil)); n > event.MaxRecord || n == 0 {
			t.Errorf("%d bytes", n)
		}
	}
}

// TestRecordsOfParsedLines has lines that a parser of the agent has taken apart. Their
// event has the same digest as that of the line.
func TestRecordsOfParsedLines(t *testing.T) {
	const path = "/logs/W3SVC1/u_ex260310.log"
	line := fmt.Sprintf(plainFail, 0)
	var digest uint64
	set, _ := New(Auto, testContent)
	for _, text := range []string{plainFields, line} {
		set.Decode("iis", native(t, fmt.Sprintf(`{"log":%q}`, text)), func(ev *event.Event) { digest = ev.Digest() })
	}
	fields := map[string]any{}
	values := strings.Fields(line)
	for n, name := range strings.Fields(plainFields)[1:] {
		fields[strings.Trim(strings.NewReplacer("-", "_", "(", "_", ")", "").Replace(name), "_")] = values[n]
	}
	for _, c := range []struct {
		more map[string]any
		want string
	}{
		{nil, fmt.Sprintf("event:%016x 2026-03-10T08:15:30Z", digest)},
		{map[string]any{"path": path}, fmt.Sprintf("event:%016x 2026-03-10T08:15:30Z %s", digest, path)},
		{map[string]any{"path": path, "offset": 77}, path + ":77"},
		{map[string]any{"log.file.path": path, "log.offset": 77, "a": "", "b": "", "c": ""}, path + ":77"},
	} {
		parsed := maps.Clone(fields)
		maps.Copy(parsed, c.more)
		text, _ := json.Marshal(parsed)
		var got string
		set, _ := New(Auto, testContent)
		set.Decode("iis", native(t, string(text)), func(ev *event.Event) { got = string(ev.AppendRecord(nil)) })
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.more, got, c.want)
		}
	}
}
