package agent

import (
	"log/slog"
	"time"

	"redshank/analytics/policy"
)

// refreshEvery is the usual interval at which the files named by the policy are
// checked for changes. The README promises five seconds.
const refreshEvery = 5 * time.Second

// policyLists are the files that a policy names.
type policyLists struct {
	policy    *policy.Policy
	log       *slog.Logger
	lastError string
}

// refresh reads the lists and databases of the policy that have changed.
// A file that cannot be read leaves the old contents in use; each new error is
// logged once.
func (l *policyLists) refresh() {
	changed, err := l.policy.Refresh()
	if len(changed) > 0 {
		l.log.Info("lists read again", "files", changed)
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != l.lastError {
		l.log.Warn("lists stay as they were", "error", text)
	}
	l.lastError = text
}
