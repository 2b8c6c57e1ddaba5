package exchange

import (
	"bytes"
	"hash/maphash"
	"strings"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/request"
	"redshank/analytics/source/table"
)

// smtp reads the protocol log of the receive connectors, one row a line of
// the dialogue. A failed AUTH takes up to four rows, of which any may be
// missing, and the account is on one of them only, so a session that has
// begun to fail is remembered until its reply.
type smtp struct {
	exchangeLog
	seed     maphash.Seed
	sessions *simplelru.LRU[uint64, attempt]
}

// The columns that are read.
const (
	smtpTime = exchangeTime + iota
	smtpConnector
	smtpSession
	smtpLocal
	smtpRemote
	smtpEvent
	smtpData
	smtpContext
)

var smtpColumns = table.NewColumns([][]string{
	smtpTime:      {"datetime", "timestamp", "time"},
	smtpConnector: {"connectorid"},
	smtpSession:   {"sessionid"},
	smtpLocal:     {"localendpoint"},
	smtpRemote:    {"remoteendpoint"},
	smtpEvent:     {"event"},
	smtpData:      {"data"},
	smtpContext:   {"context"},
}, smtpConnector, smtpSession, smtpRemote, smtpEvent)

// maxSessions bounds the sessions remembered: those between the first row of
// a failure and its reply, some seconds, and those of a front end that names
// its client. One that is pushed out counts its reply as a failure once more.
const maxSessions = 4096

// NewSMTP returns the format.
func NewSMTP() format.Format {
	sessions, err := simplelru.NewLRU[uint64, attempt](maxSessions, nil)
	if err != nil {
		panic("source: session table: " + err.Error()) // only a size below 1
	}
	return &smtp{
		exchangeLog: exchangeLog{
			of: event.SMTP, columns: smtpColumns, fits: isSMTPRow,
			usual: smtpColumns.Header([]byte("date-time,connector-id,session-id,sequence-number,"+
				"local-endpoint,remote-endpoint,event,data,context"), ','),
		},
		seed: maphash.MakeSeed(), sessions: sessions,
	}
}

// isSMTPRow recognises a row by its session, its number in it, and the mark of
// what the row is.
func isSMTPRow(rest []byte) bool {
	_, rest, _ = table.CutCell(rest)
	session, rest, _ := table.CutCell(rest)
	sequence, rest, _ := table.CutCell(rest)
	if !isSessionID(session) || ascii.Number(sequence) < 0 {
		return false
	}
	mark := table.CellAt(rest, 2)
	return len(mark) == 1 && strings.IndexByte("+-<>*", mark[0]) >= 0
}

// attempt is what is remembered of a session.
type attempt struct {
	denied   bool   // a failure has begun and has not been emitted
	reported bool   // the failure was emitted, and its other rows are to come
	entered  bool   // a success was emitted
	user     uint64 // hash of the account of the last event
	protocol event.Protocol
	reason   event.Reason
	client   string // client in the words of the front end that passed it on
	passed   bool   // a front end did, and has logged the same
	answered uint64 // hash of the time of the latest reply to a failure; 0: none
}

// Decode emits a login once the rows of its session have decided it.
func (f *smtp) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	s := step{f: f, ev: ev, emit: emit}
	r := &s.r
	if o := f.cut(in, ev, r); o != format.Understood {
		return o
	}
	if len(r[smtpEvent]) != 1 {
		return format.Malformed
	}
	if isHub(r[smtpLocal]) && isOwn(r[smtpRemote], r[smtpLocal]) {
		return format.Ignored // the front end has logged the same
	}
	switch r[smtpEvent][0] {
	case '*':
		return s.remark()
	case '>':
		return s.reply()
	case '<':
		return s.command()
	case '-':
		return s.closed()
	}
	return format.Ignored
}

// isHub recognises the ports at which the transport service takes what the front
// end passes on.
func isHub(local []byte) bool {
	p := port(local)
	return string(p) == "465" || string(p) == "2525"
}

func isOwn(remote, local []byte) bool {
	return request.OwnAddress(host(remote)) || bytes.Equal(host(remote), host(local))
}
