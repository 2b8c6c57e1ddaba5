package profile

import (
	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// SignInText is the text of a sign-in for an alert. Each string has at most event.MaxText or
// event.MaxRecord bytes; an empty one is not known.
type SignInText struct {
	tool               uint32
	Agent, App, Record string
}

// takesText reports whether the text of another sign-in replaces the one of a, which
// may be nil. The first sign-in with a program counts, and of two logs of one sign-in
// the one that names the user agent. unusual reports whether the sign-in may turn out to
// be the attack's, named whether its log names the agent.
func (a *SignIn) takesText(got *SignIn, unusual, named bool) bool {
	switch {
	case a.Text == nil:
		return unusual
	case abs(got.First-a.textAt) <= window.JoinWithin && (a.Text.Agent != "") != named:
		return named
	}
	return unusual && (a.Text.tool != got.Tool || got.First < a.textAt)
}

// KeepText keeps the text of a sign-in with those of its account and client, which are here, if it
// is unusual, or tells more about one that is.
func (s *Set) KeepText(ev *event.Event, here, got *SignIn, unusual bool) {
	if here.takesText(got, unusual, len(ev.Agent) > 0) {
		here.textAt = got.First
		here.Text = &SignInText{tool: got.Tool, Agent: s.texts.agent(ev), App: s.texts.app(ev.App), Record: ev.RecordText()}
	}
	got.Text = here.Text
}

// texts are the latest agents and applications, so that equal texts of the sign-ins
// in an attack share memory. An agent is found by its hash, as its kind in tools.
type texts struct {
	agents [64]struct {
		hash uint32
		text string
	}
	apps [64]string
}

// agent returns a copy of the agent of an event, at most event.MaxText bytes.
func (t *texts) agent(ev *event.Event) string {
	hash := ev.AgentHash()
	kept := &t.agents[hash/2%uint32(len(t.agents))]
	if kept.hash != hash {
		text := ev.AgentText()
		kept.hash, kept.text = hash, string(text[:min(len(text), event.MaxText)])
	}
	return kept.text
}

// app returns a copy of an application, at most event.MaxText bytes.
func (t *texts) app(app []byte) string {
	if len(app) == 0 {
		return ""
	}
	app = app[:min(len(app), event.MaxText)]
	kept := &t.apps[xxhash.Sum64(app)%uint64(len(t.apps))]
	if *kept != string(app) {
		*kept = string(app)
	}
	return *kept
}
