package agent

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"redshank/plugin/delivery"
)

// docSink keeps whole documents.
type docSink struct{ lastSink }

func (s *docSink) Deliver(messages []delivery.Message) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		s.last[string(m.JSON)] = seenRecord{}
	}
	return len(messages), nil
}

// arriving is a chunk that came at a time.
func arriving(at time.Time, log string) []byte {
	chunk := chunkOf(log)
	binary.BigEndian.PutUint32(chunk[4:], uint32(at.Unix()))
	return chunk
}

// A finding stands in one health record and in one line of the log, and is
// open in those that follow until it is over.
func TestFindingIsToldOnce(t *testing.T) {
	sink := &docSink{lastSink{last: map[string]seenRecord{}}}
	i, q := started(t, sink, map[string]string{"health_interval": "24h"})
	at := time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)
	minutes := func(n int, iis bool) {
		for range n {
			at = at.Add(time.Minute)
			row := at.Format("2006-01-02 15:04:05") + ` POST /ews/exchange.asmx CONTOSO\alice 198.51.100.7 200 0 0`
			text, _ := json.Marshal(map[string]string{"log": row})
			if iis {
				_ = i.Flush("iis", arriving(at, string(text)))
			}
			_ = i.Flush("tenant", arriving(at, fmt.Sprintf(`{"CreationTime":"%s","Id":"%d","Operation":"UserLoggedIn","Workload":"AzureActiveDirectory","RecordType":15,"ResultStatus":"Success","UserId":"bob@contoso.com","ClientIP":"203.0.113.7"}`, at.Format("2006-01-02T15:04:05"), at.Unix())))
		}
	}
	header, _ := json.Marshal(map[string]string{"log": "#Fields: date time cs-method cs-uri-stem cs-username c-ip sc-status sc-substatus sc-win32-status"})
	_ = i.Flush("iis", arriving(at, string(header)))
	minutes(120, true)
	i.healthAtTick()
	minutes(60, false)
	i.healthAtTick()
	i.healthAtTick()
	minutes(60, true)
	i.healthAtTick()
	i.Close()
	var raised, open, cleared int
	for doc := range sink.last {
		raised += strings.Count(doc, `"findings":[{"code":"silent_source","subject":"iis"`)
		open += strings.Count(doc, `"open_findings":[{"code":"silent_source"`)
		cleared += strings.Count(doc, `"cleared_findings":[{"code":"silent_source"`)
	}
	log := strings.Join(drained(q), "\n")
	if len(sink.last) != 5 || raised != 1 || open != 2 || cleared != 1 || strings.Count(log, "finding: nothing came from iis") != 1 || strings.Count(log, "finding is over") != 1 {
		t.Errorf("%d records, raised %d, open %d, cleared %d\n%s", len(sink.last), raised, open, cleared, log)
	}
}

// TestEnrichedComesAgain: a chunk that the sink of enriched records refused is
// retried and counted once; its alerts are sent once.
func TestEnrichedComesAgain(t *testing.T) {
	sink := &brokenSink{fail: 1}
	i, q := started(t, sink, map[string]string{"emit": "enriched"})
	chunk := chunkOf(`{"something":"else"}`)
	if err := i.Flush("tenant", chunk); err == nil {
		t.Fatal("taken")
	}
	if err := i.Flush("tenant", chunk); err != nil {
		t.Fatal(err)
	}
	if r := i.Report(); r.Sources.Read() != 1 || r.RepeatedChunks != 1 || r.Enriched.Chunks != 1 || r.Enriched.Errors != 1 || r.SinkErrors != 1 {
		t.Errorf("%+v", r)
	}
	i.Close()
	if log := strings.Join(drained(q), "\n"); strings.Count(log, "enriched records wait for the sink") != 1 || !strings.Contains(log, "works again") {
		t.Error(log)
	}
}
