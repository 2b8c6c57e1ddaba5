package profile

import (
	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// MailProtocols stands for the agent of IMAP, POP and SMTP, which name none. One
// program mostly uses two of them, one to read and one to send.
const MailProtocols = 1

// ProgramOf returns the hash of the user agent of an event, MailProtocols for a mail
// protocol, or 0 where the log names no program.
func ProgramOf(ev *event.Event) uint32 {
	if agent := ev.AgentHash(); agent != 0 || !evidence.MailProtocol(ev.Service) {
		return agent
	}
	return MailProtocols
}

// AppOf returns a hash of the application of an event, or its service if the log names
// no application.
func AppOf(ev *event.Event) uint32 {
	if len(ev.App) == 0 {
		return uint32(ev.Service)<<1 | 1
	}
	return uint32(xxhash.Sum64(ev.App)) | 1
}

// IsMail reports whether an attempt is that of a mail program, which keeps trying
// the password that it has. Whatever synchronises by ActiveSync is one, unless it is
// known as a script or a tool.
func IsMail(t *window.Attempt) bool {
	return t.Family == event.Mobile || t.Family == event.Outlook ||
		t.Service == event.EAS && !IsScript(t.Family)
}

// IsScript reports whether agents of a family are scripts or attack tools.
func IsScript(f event.Family) bool { return f == event.Scripting || f == event.Tool }

// WindowsOnly reports whether an attempt is known from the Windows log only.
// Its program and its service are unknown, so that it has only its network in
// common with other attempts.
func WindowsOnly(t *window.Attempt) bool { return t.Service == event.Windows }

// Lasts reports whether attempts with a program that is rare at an address are part of one
// attack whatever the time between them. With another program, even a rare one, people may come
// later.
func Lasts(f event.Family, agent uint32) bool { return IsScript(f) || agent == MailProtocols }

// SameProgram reports whether an attempt may have been made with the program of a
// success. Behind a shared address somebody else may try the account at the same
// time. Often one of two logs names no agent.
func SameProgram(t *window.Attempt, agent, tool uint32) bool {
	return t.Agent == agent || t.Tool == tool || t.Agent == 0 || agent == 0
}

// toolCache is the number of agents whose kind is remembered: a power of two.
const toolCache = 1024

// tools remembers the kinds of the latest agents.
type tools struct {
	agents [toolCache]struct{ exact, kind uint32 }
}

// ToolOf returns what the sign-in of an event was made with, as one number: the user agent
// without its version numbers, and the application. A new build of a browser is the same tool
// as the old one. Where the log has neither, the service stands for them; see window.NamesTool.
func (s *Set) ToolOf(ev *event.Event) uint32 { return s.tools.of(ev) }

func (t *tools) of(ev *event.Event) uint32 {
	kind := uint32(0)
	if exact := ev.AgentHash(); exact != 0 {
		slot := &t.agents[exact/2%toolCache]
		if slot.exact != exact {
			slot.exact, slot.kind = exact, agentKind(ev.AgentText())
		}
		kind = slot.kind
	}
	if kind == 0 && len(ev.App) == 0 {
		return uint32(ev.Service)<<1 | 1
	}
	h := uint64(kind)
	if len(ev.App) > 0 {
		h ^= xxhash.Sum64(ev.App)
	}
	return uint32(h^h>>32) | window.ToolNamed
}

// agentKind returns a hash of an agent without its digits (FNV-1a).
func agentKind(agent []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range agent[:min(len(agent), 256)] {
		if c < '0' || c > '9' {
			h = (h ^ uint32(c)) * 16777619
		}
	}
	return h | 1
}
