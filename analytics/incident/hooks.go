package incident

import (
	"redshank/analytics/alert"
	"redshank/analytics/event"
)

// hooks are the callbacks that analytics register.
type hooks struct {
	alert      []func(*alert.Alert, *Incident)
	credential []func(account string, client event.ClientKey, at int64)
	client     []func(client event.ClientKey, at int64) *Incident
	withdrawal []func(i *Incident, accounts []string)
	closing    []func()
}

// OnAlert calls f for every alert before it is sent, so that f can add context
// about the accounts in it.
func (t *Tracker) OnAlert(f func(*alert.Alert, *Incident)) { t.hooks.alert = append(t.hooks.alert, f) }

// OnCredential calls f for every account that signed in from a client of an open
// incident: at once, or when the incident opens later.
func (t *Tracker) OnCredential(f func(account string, client event.ClientKey, at int64)) {
	t.hooks.credential = append(t.hooks.credential, f)
}

// Credential notifies the other analytics that an attacker has the credentials
// of an account and used them from client at a time in Unix milliseconds.
func (t *Tracker) Credential(account string, client event.ClientKey, at int64) {
	for _, f := range t.hooks.credential {
		f(account, client, at)
	}
}

// OnWithdrawal calls f for every incident that is withdrawn, with the accounts whose
// credentials it had listed and no other open incident of its rule has, and for every
// credential that is taken back from an incident.
func (t *Tracker) OnWithdrawal(f func(i *Incident, accounts []string)) {
	t.hooks.withdrawal = append(t.hooks.withdrawal, f)
}

// OnClose calls f when no further event comes, before the incidents close: f makes the
// decisions that wait for events. f may advance the clock of the tracker.
func (t *Tracker) OnClose(f func()) { t.hooks.closing = append(t.hooks.closing, f) }

// AddClients registers f as one of the functions that OpenFor calls.
func (t *Tracker) AddClients(f func(client event.ClientKey, at int64) *Incident) {
	t.hooks.client = append(t.hooks.client, f)
}

// OpenFor returns the open incident that a client, by its whole address, is part
// of at a time in Unix milliseconds, or nil.
func (t *Tracker) OpenFor(client event.ClientKey, at int64) *Incident {
	if t.incidents.Len() == 0 { // as nearly always
		return nil
	}
	for _, f := range t.hooks.client {
		if i := f(client, at); i != nil {
			return i
		}
	}
	return nil
}
