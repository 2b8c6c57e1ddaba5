package exchange

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/request"
	"redshank/analytics/source/table"
)

// cmdlet decodes the log of remote PowerShell: the account, the cmdlet and its
// parameters, without a client address. It also claims the audit and control panel
// logs of the same folder and ignores their rows: the audit log repeats the
// cmdlets as JSON and has no address either.
type cmdlet struct {
	exchangeLog
	parameters []byte // reused
}

// maxCmdletText bounds the parameters of a cmdlet in an event, in bytes.
const maxCmdletText = 16 << 10

// The columns that are read.
const (
	shellTime = exchangeTime + iota
	shellID
	shellServer
	shellUser
	shellSID
	shellApplication
	shellName
	shellParameters
	shellResult
)

var shellColumns = table.NewColumns([][]string{
	shellTime:        {"datetime", "timestamp", "time"},
	shellID:          {"cmdletuniqueid"},
	shellServer:      {"serverhostname"},
	shellUser:        {"authenticateduser"},
	shellSID:         {"executingusersid"},
	shellApplication: {"clientapplication"},
	shellName:        {"cmdlet"},
	shellParameters:  {"parameters"},
	shellResult:      {"executionresult"},
}, shellUser, shellName, shellParameters)

// NewCmdlet returns the format.
func NewCmdlet() format.Format {
	return &cmdlet{exchangeLog: exchangeLog{
		of: event.Cmdlet, columns: shellColumns, fits: isCmdletRow,
		usual: shellColumns.Header([]byte("DateTime,StartTime,RequestId,ClientRequestId,MajorVersion,MinorVersion,"+
			"BuildVersion,RevisionVersion,ServerHostName,ProcessId,ProcessName,ThreadId,CultureInfo,Organization,"+
			"AuthenticatedUser,ExecutingUserSid,EffectiveOrganization,UserServicePlan,IsAdmin,ClientApplication,"+
			"Cmdlet,Parameters,CmdletUniqueId"), ','),
	}}
}

// Claims reports whether a line is a row or header of one of the three logs.
func (f *cmdlet) Claims(in *format.Input) bool {
	return f.exchangeLog.Claims(in) || !in.Fields.Present() && isAdminHeader(in.Line)
}

func isCmdletRow(rest []byte) bool {
	if rows := afterTime(rest); rows != nil {
		return len(rows) > 36 && ascii.IsGUID(rows[:36])
	}
	return isAdminRow(rest)
}

// isAdminRow reports whether rest is a row of the audit log, by its tenant and
// record type, or of the control panel log, by its event.
func isAdminRow(rest []byte) bool {
	third := table.CellAt(rest, 1)
	return ascii.HasPrefix(third, "ecp.") || ascii.HasPrefix(table.CellAt(rest, 2), "s:time=") || ascii.IsGUID(third) && ascii.HasPrefix(table.CellAt(rest, 2), "exchange")
}

func isAdminHeader(line []byte) bool {
	names := table.HeaderNames(line)
	return bytes.HasPrefix(names, auditHeader) || bytes.HasPrefix(names, controlPanelHeader)
}

var (
	auditHeader        = []byte("Timestamp,Server,TenantId,RecordType,Data")
	controlPanelHeader = []byte("TimeStamp,ServerName,EventId,EventData")
)

// Decode emits the cmdlet of a row.
func (f *cmdlet) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	if !in.Fields.Present() {
		rest := afterTime(in.Line)
		if isAdminHeader(in.Line) || rest != nil && afterTime(rest) == nil {
			return format.Ignored
		}
	}
	var r table.Row
	if o := f.open(in, ev, &r); o != format.Understood {
		return o
	}
	if len(r[shellName]) == 0 {
		return format.Malformed
	}
	ev.Service, ev.Action = event.PowerShell, cmdletAction(r[shellName])
	ev.RawUser, ev.Host, ev.ID = table.Single(r[shellUser], ev, request.MaxUser), r[shellServer], r[shellID]
	ev.SID = r[shellSID]
	ev.Operation, ev.Client = r[shellName], r[shellApplication]
	f.parameters = table.AppendSingle(f.parameters[:0], ascii.Clip(r[shellParameters], maxCmdletText))
	ev.Detail = f.parameters
	ev.Mailbox = subject(ev.Detail)
	switch result := r[shellResult]; {
	case ascii.EqualFold(result, "success"):
		ev.Outcome = event.Success
	case len(result) > 0:
		ev.Outcome, ev.Reason = event.Failure, event.OtherReason
	}
	emit(ev)
	return format.Understood
}

// cmdletAction returns the action of a cmdlet: a change or a read.
func cmdletAction(name []byte) event.Action {
	for _, verb := range readingVerbs {
		if ascii.HasPrefix(name, verb) {
			return event.Script
		}
	}
	return event.MailboxChange
}

var readingVerbs = [...]string{"get-", "test-", "search-", "export-", "start-", "connect-", "write-", "measure-", "select-", "where-"}

// subject returns the value of -Mailbox or -Identity, the mailbox that a cmdlet
// applies to.
func subject(parameters []byte) []byte {
	for _, name := range [...]string{"-Mailbox ", "-Identity "} {
		if value, ok := ascii.CutAfter(parameters, name); ok {
			return ascii.UpTo(bytes.TrimLeft(value, `"' `), `"'`)
		}
	}
	return nil
}
