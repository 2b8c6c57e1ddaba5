package agent

import (
	"fmt"
	"strings"
	"testing"
)

func TestMisspelt(t *testing.T) {
	for wrong, right := range map[string]string{
		"polcy": "policy", "policcy": "policy", "poilcy": "policy", "pollcy": "policy", "emits": "emit", "sink_pth": "sink_path",
		"sink.path": "sink_path", "sinkpath": "sink_path", "sink-path": "sink_path", "max_ip": "max_ips", "max_usres": "max_users",
		"shared_key": "sink_shared_key", "url": "sink_url", "timeout": "sink_timeout", "health_intervall": "health_interval",
		"state_pat": "state_path", "schema": "format", "file": "sink_path",
	} {
		errs := misspelt(from(map[string]string{wrong: "x"}))
		if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), wrong+": ") || !strings.Contains(errs[0].Error(), "(want "+right+")") {
			t.Errorf("%s: %v, want %s", wrong, errs, right)
		}
	}
	if errs := misspelt(from(map[string]string{"sink_shared_ky": "secret", "something": "else"})); len(errs) != 1 || strings.Contains(fmt.Sprint(errs), `"secret"`) {
		t.Error(errs)
	}
}

// No option is taken for a misspelling of another.
func TestOptionsAreNotMisspelt(t *testing.T) {
	all := map[string]string{}
	for _, o := range options {
		all[o.name] = "x"
	}
	if errs := misspelt(from(all)); len(errs) != 0 {
		t.Error(errs)
	}
}
