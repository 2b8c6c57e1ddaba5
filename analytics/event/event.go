// Package event defines the normalised event: one act on a mail system, in the same
// form for every log.
package event

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"
)

// Event is one act, as recorded in one log. One Event is reused for every record:
// all byte slices are views into the chunk or into the event's own arena and
// are valid only until the next Reset. A caller that keeps one has to copy it.
//
// A source fills the raw fields (RawIP, RawForwarded, RawUser, Code, ...);
// policy.Normalise derives the canonical ones (IP, User, Family, Marks, and
// Outcome and Reason where Code decides them).
type Event struct {
	Time    time.Time // when it happened, UTC, from the record itself
	Source  Source
	Service Service
	Action  Action
	Outcome Outcome
	Reason  Reason

	Code      []byte    // result code as logged
	CodeSpace CodeSpace // table Code is looked up in; CodeNone: the source has decided

	RawIP        []byte     // client address as logged, with port, zone, brackets
	RawForwarded []byte     // X-Forwarded-For as logged; used only if it comes from a trusted proxy
	IP           netip.Addr // canonical: no zone, no port, v4-mapped unmapped; invalid where unknown
	IPFrom       IPFrom     // how IP was obtained

	RawUser  []byte   // account as logged
	User     []byte   // canonical account; empty where it cannot be known
	UserKind UserKind // what kind of account User is
	UserID   []byte   // the account's object id, where the log has it beside the name
	SID      []byte   // the account's Windows security identifier, as logged
	Mailbox  []byte   // whose mail, if it is not the user's own

	Agent    []byte   // user-agent string; to read it, see AgentText
	NoAgents bool     // the log has no user agents, as an IIS log without the column
	Pluses   bool     // its spaces are written as "+", as IIS does
	Family   Family   // what kind of client Agent is
	App      []byte   // application (client) id
	Client   []byte   // ClientInfoString and its like
	Protocol Protocol // how the sign-in was made, where the log says
	Proof    Proof    // what a success proves about the password
	Device   []byte   // device id or name
	Model    []byte   // what the device calls itself: DeviceType of ActiveSync

	Session []byte // session id
	Token   []byte // unique token id

	Operation []byte // operation, cmdlet, SoapAction, request path: what was done
	Detail    []byte // its parameters, script text, queried name: capped by the source
	Target    []byte // object of the operation other than a mailbox: app id, role, host

	Items     int      // mail items touched
	Mails     MailList // which ones; nil: not known
	Access    Access   // how they were touched
	Throttled bool     // auditing was throttled
	Country   []byte   // ISO 3166 country, where the log itself says
	ID        []byte   // the record's own id, unique over deliveries; empty if the record has no id
	Host      []byte   // the server that logged it
	Drill     []byte   // what may be the mark of a drill, where the log has no ids
	Origin    *Origin  // place in the log; nil: not known
	Marks     Marks    // properties that the policy assigns to address and account
	Pair      Pair     // set by the normalisation cache

	arena     []byte // see Hold
	userHash  uint64 // see UserHash; 0: not known yet
	agentHash uint32
}

// arenaSize bounds what one event can hold beside the chunk, in bytes.
const arenaSize = 2048

// Reset clears e for the next record and rewinds its arena. Origin is kept: its owner
// is the reader of the log, which describes the next record there.
func (e *Event) Reset() {
	arena, origin := e.arena[:0], e.Origin
	*e = Event{} // in place: a literal with the arena in it is made beside and copied
	e.arena, e.Origin = arena, origin
}

// Hold copies b into the event's arena and returns the copy, truncated if the
// arena is full. It serves values that are not in the chunk in their final form
// (unescaped, joined, formatted), so that the hot path does not allocate.
func (e *Event) Hold(b []byte) []byte {
	if e.arena == nil {
		e.arena = make([]byte, 0, arenaSize)
	}
	start := len(e.arena)
	room := cap(e.arena) - start
	e.arena = append(e.arena, b[:min(len(b), room)]...)
	return e.arena[start:len(e.arena):len(e.arena)]
}

// UserHash returns a hash of User, 0 if none exists. It is computed once: an
// account is looked up in several tables.
func (e *Event) UserHash() uint64 {
	if e.userHash == 0 && len(e.User) > 0 {
		e.userHash = xxhash.Sum64(e.User)
	}
	return e.userHash
}

// AgentHash returns the same for the agent, and never 0 if there is one.
func (e *Event) AgentHash() uint32 {
	if e.agentHash == 0 && len(e.Agent) > 0 {
		e.agentHash = HashAgent(e.AgentText())
	}
	return e.agentHash
}

// HashAgent returns the AgentHash of the text of an agent, 0 if it is empty.
func HashAgent(text []byte) uint32 {
	if len(text) == 0 {
		return 0
	}
	return uint32(xxhash.Sum64(text)) | 1
}

// AgentText returns the user agent with its spaces. The conversion is done on
// demand: most requests do not need the text, and converting an agent takes longer
// than finding its line.
func (e *Event) AgentText() []byte {
	if e.Pluses {
		e.Agent, e.Pluses = e.Hold(cut(e.Agent, maxAgent)), false
		for i, c := range e.Agent {
			if c == '+' {
				e.Agent[i] = ' '
			}
		}
	}
	return e.Agent
}

// SetHashes sets both hashes, if the caller knows them, to save their computation.
func (e *Event) SetHashes(user uint64, agent uint32) { e.userHash, e.agentHash = user, agent }

// HoldInt holds n as a decimal number and returns its text.
func (e *Event) HoldInt(n int64) []byte {
	var digits [20]byte
	return e.Hold(strconv.AppendInt(digits[:0], n, 10))
}
