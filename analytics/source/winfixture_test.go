package source

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// winTold is what a test compares of one event.
type winTold struct {
	time, action, outcome, user, ip string
	operation, target, client, host string
	code, id, detail, device        string
	service, protocol, reason       string
}

func tellWin(ev *event.Event) winTold {
	return winTold{
		time: ev.Time.Format(time.RFC3339Nano), action: ev.Action.String(), outcome: ev.Outcome.String(),
		user: string(ev.RawUser), ip: string(ev.RawIP), operation: string(ev.Operation), target: string(ev.Target),
		client: string(ev.Client), host: string(ev.Host), code: string(ev.Code), id: string(ev.ID),
		detail: string(ev.Detail), device: string(ev.Device), service: ev.Service.String(),
		protocol: ev.Protocol.String(), reason: ev.Reason.String(),
	}
}

// winRun decodes JSON records with a fresh set.
func winRun(t testing.TB, records ...string) (emitted []winTold, counts [format.Outcomes]uint64) {
	t.Helper()
	set, err := New("winevent", testContent)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range records {
		body, err := record.AppendJSON(nil, []byte(text))
		if err != nil {
			t.Fatalf("%v: %.80s", err, text)
		}
		rec := record.Record{Time: time.Date(2026, 7, 10, 11, 0, 0, 0, time.UTC), Body: body}
		set.Decode("win", &rec, func(ev *event.Event) { emitted = append(emitted, tellWin(ev)) })
	}
	for _, u := range set.Unread() {
		t.Logf("not understood: %s %s", u.Reason, u.Shape)
	}
	for _, of := range set.Counts() {
		for o, n := range of {
			counts[o] += n
		}
	}
	return emitted, counts
}

// winShared reads a fixture, or skips the test if the file does not exist.
func winShared(t testing.TB, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	data, err := os.ReadFile(filepath.Join(dir, "..", "shared", "fixtures", name))
	if err != nil {
		t.Skipf("no fixture: %v", err)
	}
	return data
}

// winRecords makes records of a fixture as Fluent Bit would hand them over.
func winRecords(name string, data []byte) (records []string) {
	switch {
	case strings.HasSuffix(name, ".json"):
		return []string{string(data)}
	case strings.HasSuffix(name, ".xml"):
		return []string{fmt.Sprintf(`{"log":%s}`, quoteJSON(string(data)))}
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasSuffix(name, ".ndjson") {
			records = append(records, line)
		} else {
			records = append(records, fmt.Sprintf(`{"log":%s}`, quoteJSON(line)))
		}
	}
	return records
}
