package test

import (
	"fmt"
	"strings"
	"testing"
)

// TestFluentBitNotUnderstood starts an agent whose records nobody understands, and
// wants the finding in its first health record: with the reason and the names of the
// fields, and without any of their values.
func TestFluentBitNotUnderstood(t *testing.T) {
	for _, c := range []struct{ name, record, subject, reason, fields string }{
		{"a Windows source that is blind",
			`{"EventID":{"strange":4625},"Channel":"Security","Computer":"ex01","TimeCreated":"2026-03-10T10:00:0%dZ","EventData":{"TargetUserName":"secret"}}`,
			"winevent", "shape", "EventID{strange}"},
		{"dates that nothing can read",
			`{"CreationTime":"the %d of March","Id":"a","Operation":"UserLoginFailed","RecordType":15,"Workload":"AzureActiveDirectory","UserId":"secret@contoso.com","ErrorNumber":"50126"}`,
			"ual", "bad_time", "CreationTime"},
		{"a wrapper around nothing known",
			`{"envelope":{"inner":{"n":%d,"x":"secret"}}}`,
			"unknown tenant", "no_format", "envelope{inner{"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var input strings.Builder
			for n := range 8 {
				fmt.Fprintf(&input, c.record+"\n", n)
			}
			b := newFluentBit(t, input.String(), "", "health_interval: 10s")
			b.start("out_redshank.so").await("finding", func() bool { return strings.Contains(b.out.String(), `"code":"not_understood"`) })
			r := b.stop()
			r.endedWell(t)
			for _, want := range []string{`"code":"not_understood","subject":"` + c.subject + `"`, `"reason":"` + c.reason + `"`, c.fields} {
				if !strings.Contains(r.out, want) {
					t.Errorf("no %s; %s", want, r.end())
				}
			}
			if strings.Contains(r.out, "secret") {
				t.Error("a value is in the health record: ", r.end())
			}
		})
	}
}
