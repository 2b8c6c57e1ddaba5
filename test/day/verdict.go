package day

// verdict is the server's decision about a name and a password.
type verdict int

const (
	right    verdict = iota
	wrong            // the password is wrong
	nobody           // there is no such account
	expired          // the password is right and too old
	mfaAsked         // the password is right; the cloud requests a second factor that is not provided
)

// codes are the values for one verdict in each log.
type codes struct {
	win32     uint32 // IIS sc-win32-status
	subStatus string // Security 4625
	entra     int
	logon     string // LogonError of the audit log
	text      string // failureReason of Entra
}

var verdictCodes = [...]codes{
	right:    {0, "", 0, "", "Other."},
	wrong:    {1326, "0xc000006a", 50126, "InvalidUserNameOrPassword", "Invalid username or password or Invalid on-premise username or password."},
	nobody:   {1326, "0xc0000064", 50034, "UserAccountNotFound", "The user account does not exist in the directory."},
	expired:  {1330, "0xc0000071", 50055, "InvalidPasswordExpiredPassword", "Invalid password, entered expired password."},
	mfaAsked: {0, "", 50076, "UserStrongAuthClientAuthNRequiredInterrupt", "Due to a configuration change, the user must use multi-factor authentication to access the resource."},
}

func (v verdict) codes() codes { return verdictCodes[v] }
