package delivery

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Full lists are files beside the alerts, and survive a restart in the spool.
func TestFileAside(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "alerts.ndjson")
	f, err := NewFile(path, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	n, err := f.Deliver([]Message{{JSON: []byte(`{"n":1}`)}, {JSON: []byte(`{"l":1}`), Aside: "AN1269-1-indicators"}, {JSON: []byte(`{"n":2}`)},
		{JSON: []byte(`{"l":2}`), Aside: "AN1269-1-indicators"}})
	if n != 4 || err != nil {
		t.Fatal(n, err)
	}
	lines, _ := os.ReadFile(path)
	lists, err := os.ReadFile(path + ".AN1269-1-indicators.json")
	if string(lines) != "{\"n\":1}\n{\"n\":2}\n" || string(lists) != "{\"l\":2}\n" || err != nil {
		t.Errorf("%q %q %v", lines, lists, err)
	}
	if n, err := f.Deliver([]Message{{JSON: []byte("{}"), Aside: "../x"}}); n != 0 || !errors.As(err, new(*Rejected)) {
		t.Error(n, err)
	}
}

func TestSpoolKeepsAside(t *testing.T) {
	e := newEntry(7, Message{ID: "1", JSON: []byte("{}"), Aside: "1-indicators"}, 0)
	e.unsaved = &Message{ID: "1", JSON: []byte("{}"), Aside: "1-indicators", Time: time.Unix(1, 0)}
	m, _, err := messageOf(keyOf(7), valueOf(e))
	if err != nil || m.Aside != "1-indicators" {
		t.Errorf("%+v %v", m, err)
	}
	// An entry of the release before: msgpack of [0, 0, 4, "1", bin "{}"].
	m, _, err = messageOf(keyOf(7), append([]byte{0x95, 0, 0, 4, 0xa1, '1', 0xc4, 2}, "{}"...))
	if err != nil || m.ID != "1" || string(m.JSON) != "{}" || m.Aside != "" {
		t.Errorf("%+v %v", m, err)
	}
}
