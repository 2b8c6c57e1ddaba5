package analytics

// A signal is one observation that speaks for AN0131: of the sign-in or of the
// access to mail that follows it. Its code is stable; its weight can be
// overruled in the policy (collection.weights).
type signalKind uint8

// The signals of the sign-in.
const (
	newNetwork signalKind = iota
	newCountry
	newDevice
	newFamily
	newApp
	signInScript
	signInTool
	signInROPC
	signInDeviceCode
	signInLegacy
	signInAfterFailures
	signInFromAttack
	sessionMoved
	mailConsent
	appCredentials
	mailPermission

	// The signals of the access.
	accessScript
	accessTool
	accessNoAgent
	accessForeignApp
	accessNewApp
	accessSync
	accessThrottled
	accessVolume
	accessRegular
	accessMailboxes
	mailSearch
	mailExport
	ruleHides
	ruleForwards
	scriptTool
	scriptMail
	hostLookup
	signalKinds // how many there are
)

// SignalDoc is what the documentation and the policy know of a signal.
type SignalDoc struct {
	Code      string
	Access    bool // of the access to mail; else of the sign-in
	Weight    int  // by default, of opensAt
	Says      string
	Sources   string
	Technique string // ATT&CK
}

// opensAt is the sum of weights, each signal counted once, at which two halves
// make an incident. A single signal of this weight opens alone; signals of the
// access alone open at aloneAt.
const (
	opensAt = 100
	aloneAt = 150
)

var signals = [signalKinds]SignalDoc{
	newNetwork:          {"signin.new_network", false, 30, "a network that the account has not used while its baseline ripened", "all sign-ins", "T1078"},
	newCountry:          {"signin.new_country", false, 40, "a country likewise", "entra; others with a database", "T1078"},
	newDevice:           {"signin.new_device", false, 15, "a device likewise", "entra, ual, iis (ActiveSync)", "T1078"},
	newFamily:           {"signin.new_agent_family", false, 20, "a kind of client likewise: a browser user with a script", "all with a user agent", "T1078"},
	newApp:              {"signin.new_app", false, 20, "an application likewise", "entra, ual", "T1550.001"},
	signInScript:        {"signin.scripting_agent", false, 40, "signed in by a scripting agent", "all with a user agent", "T1078"},
	signInTool:          {"signin.tool", false, 80, "signed in by a known attack tool", "all with a user agent", "T1078"},
	signInROPC:          {"signin.ropc", false, 35, "password handed to an app in the clear (ROPC)", "entra", "T1078.004"},
	signInDeviceCode:    {"signin.device_code", false, 35, "device code flow, which phishing abuses", "entra", "T1528"},
	signInLegacy:        {"signin.legacy", false, 25, "a legacy protocol that knows no second step", "entra, ual", "T1078.004"},
	signInAfterFailures: {"signin.after_failures", false, 20, "right password after three or more wrong ones from a new address", "all sign-ins", "T1110"},
	signInFromAttack:    {"signin.from_attack", false, 70, "signed in from the client of an open AN1269 incident", "all sign-ins", "T1110.004"},
	sessionMoved:        {"session.two_networks", false, 60, "one session or token used from two unrelated networks", "entra, ual, graph", "T1550.001"},
	mailConsent:         {"consent.mail", false, 50, "consent to an application, or a grant, that reaches mail", "ual, entra", "T1528"},
	appCredentials:      {"app.credentials", false, 40, "new credentials or owners for an application", "ual, entra", "T1098.001"},
	mailPermission:      {"mailbox.permission", false, 40, "rights on mailboxes granted, or impersonation", "ual, cmdlet, winevent", "T1098.002"},

	accessScript:     {"access.scripting_agent", true, 50, "mail read by a scripting agent", "ual, graph, iis, httpproxy, ews", "T1114.002"},
	accessTool:       {"access.tool", true, 100, "mail read by a known collection tool", "ual, graph, iis, httpproxy, ews", "T1114.002"},
	accessNoAgent:    {"access.no_agent", true, 50, "EWS requests without any user agent", "iis, httpproxy, ews", "T1114.002"},
	accessForeignApp: {"access.foreign_app", true, 30, "mail read over REST, Graph or EWS by an application that is not Microsoft's", "ual, graph", "T1114.002"},
	accessNewApp:     {"access.new_app", true, 20, "mail read by an application new to the account", "ual, graph", "T1550.001"},
	accessSync:       {"access.sync", true, 30, "whole folders synchronised by a program", "ual", "T1114.002"},
	accessThrottled:  {"access.throttled", true, 30, "auditing of mail access throttled: what follows is not logged", "ual", "T1562.008"},
	accessVolume:     {"access.volume", true, 50, "far more items in a day than the account ever reads", "ual, graph, ews", "T1114.002"},
	accessRegular:    {"access.regular", true, 20, "requests at machine-like intervals", "all with mail access", "T1114.002"},
	accessMailboxes:  {"access.many_mailboxes", true, 100, "five or more mailboxes in ten minutes by one application or account", "ual, graph, ews", "T1114.002"},
	mailSearch:       {"mail.search", true, 30, "mailboxes searched by cmdlet or query", "ual, cmdlet, winevent", "T1114.002"},
	mailExport:       {"mail.export", true, 80, "a mailbox exported", "ual, cmdlet, winevent", "T1114.002"},
	ruleHides:        {"rule.hides", true, 50, "an inbox rule that deletes or hides mail", "ual", "T1564.008"},
	ruleForwards:     {"rule.forwards", true, 60, "a rule or setting that sends mail on", "ual, cmdlet", "T1114.003"},
	scriptTool:       {"script.tool", true, 100, "a collection tool in a script block", "winevent (4103, 4104)", "T1059.001"},
	scriptMail:       {"script.mail", true, 30, "a script that reads mail or exports it", "winevent (4103, 4104)", "T1059.001"},
	hostLookup:       {"network.mail_host", true, 30, "a script host that looks up or calls a mail end point", "winevent (Sysmon 3, 22)", "T1114.002"},
}

// Signals are all signals, in the order of the documentation.
func Signals() []SignalDoc { return signals[:] }

// weights are the weights in force.
func weights(overruled map[string]int) (w [signalKinds]int) {
	for k := range signals {
		w[k] = signals[k].Weight
		if v, ok := overruled[signals[k].Code]; ok {
			w[k] = v
		}
	}
	return w
}
