package source

import (
	"bytes"
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
