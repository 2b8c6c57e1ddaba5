package agent

import "time"

// refreshEvery is the usual interval at which the files named by the policy are
// checked for changes. The README promises five seconds.
const refreshEvery = 5 * time.Second

// refreshLists reads the lists and databases of the policy that have changed.
// A file that cannot be read leaves the old contents in use; each new error is
// logged once.
func (i *Instance) refreshLists() {
	changed, err := i.policy.Refresh()
	if len(changed) > 0 {
		i.log.Info("lists read again", "files", changed)
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != i.listError {
		i.log.Warn("lists stay as they were", "error", text)
	}
	i.listError = text
}
