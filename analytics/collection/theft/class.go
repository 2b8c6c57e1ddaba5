package theft

// The classes of AN0131.
const (
	ClassScripted = "scripted_mail_access"
	ClassReplay   = "session_replay"
	ClassApp      = "application_mail_access"
	ClassExport   = "mailbox_export"
	ClassTool     = "collection_tool"
	ClassMailRule = "mail_diversion"
)

// techniques are the ATT&CK ids of the classes.
var techniques = map[string]string{
	ClassScripted: "T1114.002",
	ClassReplay:   "T1114.002",
	ClassApp:      "T1114.002",
	ClassExport:   "T1114.002",
	ClassTool:     "T1114.002",
	ClassMailRule: "T1114.003",
}
