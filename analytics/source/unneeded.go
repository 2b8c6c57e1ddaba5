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

// ignoreUnneeded takes a line of a log that no analytic needs. A header line of another log ends
// it.
func ignoreUnneeded(s *Set, line []byte) bool {
	at := s.at
	if line[0] == '#' {
		switch kind, found := unneededLog(line); {
		case found:
			at.unneeded = kind + 1
			at.Headline(event.SourceUnknown, line)
		case bytes.HasPrefix(line, logType) || bytes.HasPrefix(line, softwareLine):
			at.unneeded = 0
		}
		return false
	}
	if at.unneeded == 0 {
		return false
	}
	s.unneeded[at.unneeded-1]++
	s.leaf(Ignored)
	return true
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
