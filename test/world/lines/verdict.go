package lines

// Verdict is the decision of a server about a name and a password.
type Verdict int

// The verdicts.
const (
	Right         Verdict = iota
	Wrong                 // the password is wrong
	Nobody                // there is no such account
	Expired               // the password is right and too old
	MFAAsked              // the password is right; a second factor is requested
	MFADenied             // the password is right; the second factor was denied
	Blocked               // the password is right; conditional access blocks the sign-in
	Locked                // too many wrong passwords before this one
	Disabled              // the account is disabled
	NoSession             // single sign-on found no session
	NoConsent             // the application has not been consented to
	Enrol                 // a second factor has to be set up first
	StaySignedIn          // "Keep me signed in?"
	Unavailable           // the service is out of order
	Legacy                // legacy protocols are blocked
	NoApplication         // the application id does not exist in the tenant
)

// Codes are the values that stand for a verdict in each log.
type Codes struct {
	Win32     uint32 // IIS sc-win32-status
	SubStatus string // Security 4625
	Entra     int
	Logon     string // LogonError of the audit log
	Text      string // failureReason of Entra
}

var verdicts = [...]Codes{
	Right:         {0, "", 0, "", "Other."},
	Wrong:         {1326, "0xc000006a", 50126, "InvalidUserNameOrPassword", "Invalid username or password or Invalid on-premise username or password."},
	Nobody:        {1326, "0xc0000064", 50034, "UserAccountNotFound", "The user account does not exist in the directory."},
	Expired:       {1330, "0xc0000071", 50055, "InvalidPasswordExpiredPassword", "Invalid password, entered expired password."},
	MFAAsked:      {0, "", 50076, "UserStrongAuthClientAuthNRequiredInterrupt", "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource."},
	MFADenied:     {0, "", 500121, "AuthenticationFailedSasError", "Authentication failed during strong authentication request."},
	Blocked:       {0, "", 53003, "BlockedByConditionalAccess", "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."},
	Locked:        {1909, "0xc0000234", 50053, "IdsLocked", "Account is locked because user tried to sign in too many times with an incorrect user ID or password."},
	Disabled:      {1331, "0xc0000072", 50057, "UserDisabled", "User account is disabled. The account has been disabled by an administrator."},
	NoSession:     {0, "", 50058, "UserInformationNotProvided", "Session information is not sufficient for single-sign-on."},
	NoConsent:     {0, "", 65001, "DelegationDoesNotExist", "The user or administrator has not consented to use the application."},
	Enrol:         {0, "", 50072, "UserStrongAuthEnrollmentRequiredInterrupt", "User needs to enroll for multi-factor authentication (interactive)."},
	StaySignedIn:  {0, "", 50140, "KmsiInterrupt", "This error occurred due to 'Keep me signed in' interrupt when the user was signing-in."},
	Unavailable:   {0, "", 90033, "MsodsServiceUnavailable", "A transient error has occurred. Please try again."},
	Legacy:        {0, "", 53003, "BlockedByConditionalAccess", "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."},
	NoApplication: {0, "", 700016, "UnauthorizedClient_DoesNotMatchRequest", "Application with identifier was not found in the directory."},
}

// Codes returns the values of a verdict.
func (v Verdict) Codes() Codes { return verdicts[v] }

// KnowsPassword reports whether the verdict proves a right password.
func (v Verdict) KnowsPassword() bool {
	switch v {
	case Right, Expired, MFAAsked, MFADenied, Blocked:
		return true
	}
	return false
}
