package drill

import "time"

// kind is what an act is.
type kind uint8

const (
	wrongPassword kind = iota
	signIn
	webSignIn // to Outlook on the web
	readMail
	consent
	inboxRule
	export
	permission  // rights on another mailbox granted
	scriptBlock // a collection tool run in PowerShell
)

// act is one record of a drill, in any format.
type act struct {
	kind    kind
	at      time.Time
	account string
	address string // empty: of the server itself
	agent   string
	app     string // application id; empty: Exchange
	session string
	items   int
}

// The programs and the application of a drill. The id of the application is one
// that no directory assigns.
const (
	script  = "python-requests/2.31.0"
	tool    = "AADInternals"
	browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
	drillID = "d0000000-0000-4000-8000-00000000d411"
	online  = "00000002-0000-0ff1-ce00-000000000000"
)
