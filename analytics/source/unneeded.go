package source

import (
	"bytes"

	"redshank/analytics/event"
)

// Folders of logs also have logs that no analytic needs: mail that passes through, not
// who signs in and who reads. Their rows are ignored, and counted by the name of the log.

// unneededLogs are header lines of such logs, by the name of the log.
var unneededLogs = []struct{ name, header string }{
	{"message tracking", "#Log-type: Message Tracking Log"},
	{"SMTP send", "#Log-type: SMTP Send Protocol Log"},
	{"transport connectivity", "#Log-type: Transport Connectivity Log"},
	{"transport agents", "#Log-type: Agent Log"},
	{"HTTPERR", "#Software: Microsoft HTTP API"},
}

// Unneeded is how many records of a log were ignored that no analytic needs.
type Unneeded struct {
	Name  string
	Count uint64
}

// skipUnneeded prepares for the rows behind a header line: those of a log that no analytic
// needs are ignored until the header of another log.
func (s *streamState) skipUnneeded(header []byte) {
	switch kind, found := unneededLog(header); {
	case found:
		s.unneeded = kind + 1
		s.Headline(event.SourceUnknown, header)
	case bytes.HasPrefix(header, logType) || bytes.HasPrefix(header, softwareLine):
		s.unneeded = 0
	}
}

var (
	logType      = []byte("#Log-type:")
	softwareLine = []byte("#Software:")
)

func unneededLog(line []byte) (kind int, found bool) {
	for i := range unneededLogs {
		if bytes.HasPrefix(line, []byte(unneededLogs[i].header)) {
			return i, true
		}
	}
	return 0, false
}
