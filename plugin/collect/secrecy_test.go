package collect

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A token goes to nobody but the interface it is for.
func TestForeignLinksRefused(t *testing.T) {
	other := newTenant(t)
	for _, c := range []struct{ part, header, body string }{
		{"signIns", "", `{"value":[],"@odata.nextLink":"` + other.URL + `/beta/auditLogs/signIns"}`},
		{"subscriptions/content", "", `[{"contentId":"x","contentUri":"` + other.URL + `/api","contentCreated":"2026-03-10T11:00:00Z"}]`},
		{"subscriptions/content", other.URL + "/next", `[]`},
	} {
		s := newTenant(t)
		s.spoil(c.part, 1, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("NextPageUri", c.header)
			fmt.Fprint(w, c.body)
		})
		s.spoil(c.part, 1, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
		p := newPoller(t, s, testOptions(t, s))
		_, _ = p.pass(), p.pass()
		if len(other.requests) > 0 {
			t.Errorf("%s: a token was sent elsewhere: %v", c.part, other.requests)
		}
		if !strings.Contains(p.log.String(), "want a link to") && c.part != "signIns" && c.header == "" {
			t.Errorf("nothing said: %s", p.log.String())
		}
	}
}

// No secret gets into the log, an error or the checkpoint.
func TestSecretsAreHidden(t *testing.T) {
	s := newTenant(t)
	some(s)
	o := testOptions(t, s)
	p := newPoller(t, s, o)
	s.spoil("oauth2", 1, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, r.PostForm.Encode()) // a proxy that repeats what it got
	})
	s.spoil("blob1", 5, drop)
	text := fmt.Sprint(p.pass(), p.pass())
	o.Secret = "wr0ng~value"
	err := Run(t.Context(), o, io.Discard, slog.New(slog.NewTextHandler(&p.log, nil)))
	if err == nil || !strings.Contains(err.Error(), "invalid_client AADSTS7000215") {
		t.Errorf("error: %v", err)
	}
	text += fmt.Sprint(err) + p.log.String()
	files, _ := filepath.Glob(o.State + "/*.json")
	for _, path := range files {
		content, _ := os.ReadFile(path)
		text += string(content)
	}
	for _, secret := range []string{testSecret, "s3cret", "wr0ng", "token-"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in %s", secret, text)
		}
	}
	if len(files) != 2 {
		t.Errorf("checkpoints %v", files)
	}
}
