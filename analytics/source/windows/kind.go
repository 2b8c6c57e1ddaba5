package windows

import (
	"bytes"

	"redshank/analytics/ascii"
)

// providerKind is the provider of an event, if it is a relevant one.
type providerKind uint8

const (
	other providerKind = iota
	security
	powerShell
	sysmon
	cmdlets    // Exchange cmdlets, channel MSExchange Management
	transport  // Exchange transport, channel Application
	federation // Active Directory Federation Services, channel Security
)

// The keys of providers and channels are in lower case, because collectors differ
// in case.
var providers = map[string]providerKind{
	"microsoft-windows-security-auditing":  security,
	"microsoft windows security auditing.": security, // as Splunk renders it
	"security-auditing":                    security, // as evtsys abbreviates it
	"microsoft-windows-powershell":         powerShell,
	"powershellcore":                       powerShell,
	"microsoft-windows-sysmon":             sysmon,
	"msexchange cmdletlogs":                cmdlets,
	"msexchangetransport":                  transport,
	"msexchangefrontendtransport":          transport,
	"ad fs auditing":                       federation,
}

// channels identify records without a provider.
var channels = map[string]providerKind{
	"security": security,
	"sec":      security, // as Hayabusa abbreviates it
	"microsoft-windows-powershell/operational": powerShell,
	"powershellcore/operational":               powerShell,
	"microsoft-windows-sysmon/operational":     sysmon,
	"msexchange management":                    cmdlets,
}

// eventType is a kind of event. Ids are unique only within a provider.
type eventType struct {
	kind providerKind
	id   int
}

// kindOf looks a name up without regard to case.
func kindOf(kinds map[string]providerKind, name []byte) providerKind {
	var lower [64]byte
	name = bytes.TrimSpace(name)
	if len(name) > len(lower) {
		return other
	}
	return kinds[string(ascii.AppendLower(lower[:0], name))]
}
