package agent

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"redshank/analytics/alert"
)

func severeAlert(id string) *alert.Alert {
	at := time.Now().UTC()
	return &alert.Alert{ID: id, Sequence: 1, Rule: alert.Rule{ID: "AN1269", Kind: alert.Threshold}, Class: "password_spraying",
		Severity: alert.Critical, Message: "Password spraying", Time: at, Start: at, End: at, Source: netip.MustParseAddr("203.0.113.7"),
		Valid: []alert.Credential{{User: "alice@contoso.com", At: at, IP: netip.MustParseAddr("198.51.100.9")}}}
}

// Each alert is one request, in the form of the webhook, and no health record is.
func TestChatWebhooks(t *testing.T) {
	for body, member := range map[string]string{"slack": "blocks", "teams": "attachments"} {
		got := make(chan map[string]any, 10)
		hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var m map[string]any
			if text, _ := io.ReadAll(r.Body); json.Unmarshal(text, &m) != nil || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s: %q", r.Header.Get("Content-Type"), text)
			}
			got <- m
			_, _ = io.WriteString(w, "ok")
		}))
		i, err := Start(from(map[string]string{"sink": "http", "sink_url": hook.URL + "/services/T/B/x", "sink_body": body}), "test", NewLogger(NewLogQueue(slog.LevelInfo)))
		if err != nil {
			t.Fatal(err)
		}
		if err := i.deliver([]*alert.Alert{severeAlert("AN1269-20260302-1"), severeAlert("AN1269-20260302-2")}); err != nil {
			t.Error(err)
		}
		i.Close()
		hook.Close()
		close(got)
		n := 0
		for m := range got {
			if _, ok := m[member]; !ok {
				t.Errorf("%s: %v", body, m)
			}
			n++
		}
		if n != 2 {
			t.Errorf("%s: %d requests", body, n)
		}
	}
	_, err := parseOptions(from(map[string]string{"sink": "http", "sink_url": "http://x/", "sink_body": "slack", "emit": "both"}))
	if err == nil || !strings.Contains(err.Error(), "not for a chat") {
		t.Error(err)
	}
}
