package source

import (
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/record"
)

// A set that reads again knows the columns, and leaves the first as it was.
func TestAgain(t *testing.T) {
	for _, only := range []string{Auto, "iis"} {
		s, err := New(only, testContent)
		if err != nil {
			t.Fatal(err)
		}
		line := func(text string) *record.Record {
			body, err := record.AppendJSON(nil, []byte(`{"log":"`+text+`"}`))
			if err != nil {
				t.Fatal(err)
			}
			return &record.Record{Time: time.Unix(1_700_000_000, 0), Body: body}
		}
		var ip string
		emit := func(ev *event.Event) { ip = string(ev.RawIP) }
		s.Decode("iis", line("#Fields: date time cs-method cs-uri-stem cs-username c-ip sc-status sc-substatus sc-win32-status"), emit)
		row := line(`2026-01-02 03:04:05 POST /ews/exchange.asmx CONTOSO\\alice 203.0.113.9 200 0 0`)
		s.Decode("iis", row, emit)
		before := s.Counts()
		again := s.Again("iis")
		if counts := again.Counts(); counts.Read() != 0 {
			t.Error("header lines are counted")
		}
		if again.Decode("iis", row, emit); ip != "203.0.113.9" || s.Counts() != before {
			t.Errorf("%s: read again from %q, counts %v, before %v", only, ip, s.Counts(), before)
		}
	}
}
