package input

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Velocidex/ordereddict"
)

// collector keeps the JSON values of a log.
type collector struct {
	values []map[string]any
	err    error
}

func (c *collector) Begin(string, []byte) {}
func (c *collector) Line(int64, []byte)   {}
func (c *collector) End(err error)        { c.err = err }

func (c *collector) JSON(_ int64, text []byte) {
	var value map[string]any
	if err := json.Unmarshal(text, &value); err != nil {
		c.err = err
	}
	c.values = append(c.values, value)
}

// TestEventLog reads the log that the parser's own tests read.
func TestEventLog(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "www.velocidex.com/golang/evtx").Output()
	path := filepath.Join(strings.TrimSpace(string(dir)), "testdata", "Security.evtx")
	if _, missing := os.Stat(path); err != nil || missing != nil {
		t.Skipf("SKIPPED: no event log beside its parser: %v, %v", err, missing)
	}
	var c collector
	Read(context.Background(), File{Path: path}, nil, &c, func(int) {})
	if len(c.values) != 739 || c.err != nil {
		t.Fatalf("%d events, error %v; want 739", len(c.values), c.err)
	}
	got := c.values[2]
	for key, want := range map[string]any{"EventID": 4624.0, "ProviderName": "Microsoft-Windows-Security-Auditing", "Channel": "Security",
		"Computer": "TestComputer", "EventRecordID": 31880.0, "TimeCreated": "2019-02-06T14:18:35.946133Z"} {
		if got[key] != want {
			t.Errorf("%s: %v, want %v", key, got[key], want)
		}
	}
	data, _ := got["EventData"].(map[string]any)
	if data["TargetUserName"] != "user" || data["IpAddress"] != "::1" || data["LogonType"] != 2.0 {
		t.Errorf("data: %v", data)
	}
}

// TestEventLogCut reads the sound chunks of a damaged log, and reports the others.
func TestEventLogCut(t *testing.T) {
	dir, _ := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "www.velocidex.com/golang/evtx").Output()
	whole, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "Security.evtx"))
	if err != nil {
		t.Skipf("SKIPPED: no event log beside its parser: %v", err)
	}
	for _, size := range []int{100, 4096, 5000, 70_000, 200_000} {
		path := filepath.Join(t.TempDir(), "cut.evtx")
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		var c collector
		Read(context.Background(), File{Path: path}, nil, &c, func(int) {}) // must not panic
		if size == 200_000 && (len(c.values) == 0 || c.err == nil) {
			t.Errorf("%d bytes: %d events, error %v", size, len(c.values), c.err)
		}
	}
	damaged := append([]byte(nil), whole...)
	for i := 4096 + 512; i < len(damaged); i += 97 {
		damaged[i] ^= 0x55
	}
	path := filepath.Join(t.TempDir(), "damaged.evtx")
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	var c collector
	Read(context.Background(), File{Path: path}, nil, &c, func(int) {})
	if c.err == nil {
		t.Error("a damaged log: no error")
	}
}

func TestEventFields(t *testing.T) {
	d := func(pairs ...any) *ordereddict.Dict {
		m := ordereddict.NewDict()
		for i := 0; i < len(pairs); i += 2 {
			m.Set(pairs[i].(string), pairs[i+1])
		}
		return m
	}
	event := d("Event", d("System", d("EventID", d("Value", 4625)), "EventData", d("Status", uint32(0xc000006d), "SubStatus", "0xc0000064", "LogonType", uint32(8))))
	data := eventFields(event)["EventData"].(map[string]any)
	if data["Status"] != "0xc000006d" || data["SubStatus"] != "0xc0000064" || data["LogonType"] != uint32(8) {
		t.Errorf("data: %v", data)
	}
	if got := eventFields("no event")["EventID"]; got != nil {
		t.Errorf("event id of nothing: %v", got)
	}
}
