package drill

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"redshank/analytics/alert"
	mark "redshank/analytics/drill"
	"redshank/plugin/document"
)

// expecting is a drill that expects two incidents.
func expecting() *Drill {
	return &Drill{Run: mark.NewRun(time.Now()), Written: time.Now(), Expect: []Incident{{Rule: "AN1269", Class: "credential_stuffing"}, {Rule: "AN0131", Class: "mail_diversion"}}}
}

func alertOf(run mark.Run, class string) *alert.Alert {
	return &alert.Alert{ID: "drill-" + string(run) + "-x", Class: class, Drill: string(run), Message: "Drill " + string(run) + ": x", Severity: alert.High, Rule: alert.Rule{Kind: alert.Threshold}}
}

// An alert is recognised in every form that a sink can give it. Alerts of another
// run, and of no drill, are not.
func TestArrivalsInEveryForm(t *testing.T) {
	for name, form := range map[string]document.Form{"ecs": {}, "ecs with cef": {CEF: true}, "ocsf": {OCSF: true}, "slack": {Chat: document.Slack}, "teams": {Chat: document.Teams}} {
		t.Run(name, func(t *testing.T) {
			d := expecting()
			a := newArrivals(d)
			take := func(al *alert.Alert) {
				doc, err := form.Alert(al)
				if err != nil {
					t.Fatal(err)
				}
				a.take([]byte(`{"event":1} [{},`+string(doc)+`]`), d.Written.Add(2*time.Second))
			}
			take(alertOf(mark.NewRun(time.Now()), "credential_stuffing"))
			take(&alert.Alert{ID: "AN1269-x", Class: "credential_stuffing", Message: "real", Severity: alert.High})
			take(alertOf(d.Run, "password_spraying"))
			if a.left != 2 {
				t.Fatalf("%+v", a.result())
			}
			take(alertOf(d.Run, "mail_diversion"))
			take(alertOf(d.Run, "mail_diversion")) // a second message
			got := a.result()
			if a.left != 1 || got[0].Arrived || !got[1].Arrived || got[1].Seconds != 2 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func lineOf(t *testing.T, d *Drill, class string) []byte {
	t.Helper()
	doc, err := document.Form{}.Alert(alertOf(d.Run, class))
	if err != nil {
		t.Fatal(err)
	}
	return append(doc, '\n')
}

// The file may come into being, grow by parts of lines and be rotated.
func TestWatchFile(t *testing.T) {
	d, path := expecting(), filepath.Join(t.TempDir(), "alerts.ndjson")
	one, two := lineOf(t, d, "credential_stuffing"), lineOf(t, d, "mail_diversion")
	w := watcher{path: path}
	a := newArrivals(d)
	w.lines.take = a.take
	add := func(text []byte) {
		t.Helper()
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err == nil {
			_, err = file.Write(text)
			_ = file.Close()
		}
		if err == nil {
			err = w.poll()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.poll(); err != nil {
		t.Fatal(err)
	}
	add([]byte("not json\n{\"a\":1}\n"))
	add(one[:20])
	if add(one[20:]); a.left != 1 {
		t.Errorf("%d left", a.left)
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if add(two); a.left != 0 {
		t.Errorf("%d left after the rotation", a.left)
	}
}

func TestWatchFileEndsInTime(t *testing.T) {
	d, path := expecting(), filepath.Join(t.TempDir(), "alerts.ndjson")
	if err := os.WriteFile(path, lineOf(t, d, "mail_diversion"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	got, err := WatchFile(ctx, d, path)
	if err != nil || got[0].Arrived || !got[1].Arrived {
		t.Errorf("%+v %v", got, err)
	}
}

func TestReceiver(t *testing.T) {
	d := expecting()
	r, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + r.Address() + "/"
	result := make(chan []Arrival, 1)
	go func() {
		got, err := r.Watch(t.Context(), d)
		if err != nil {
			t.Error(err)
		}
		result <- got
	}()
	post := func(body []byte, encoding string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Encoding", encoding)
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if want := map[bool]int{true: 400, false: 200}[string(body) == "x"]; answer.StatusCode != want {
			t.Errorf("%d for %q", answer.StatusCode, encoding)
		}
	}
	post([]byte("x"), "gzip")
	post(append(append([]byte("["), bytes.TrimSpace(lineOf(t, d, "credential_stuffing"))...), ']'), "")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(lineOf(t, d, "mail_diversion"))
	_ = z.Close()
	post(packed.Bytes(), "gzip")
	for _, a := range <-result {
		if !a.Arrived {
			t.Errorf("%+v", a)
		}
	}
}
