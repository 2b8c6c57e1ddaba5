package collection

import (
	"redshank/analytics/alert"
	"redshank/analytics/policy"
)

// A signalKind is one kind of observation that speaks for AN0131. Code, weight and
// sentence of each stand in the policy's content (signals.yaml).
type signalKind uint8

// The signals of the sign-in half and, from accessScript on, of the access half.
const (
	newNetwork signalKind = iota
	newCountry
	newDevice
	newFamily
	newApp
	newHour
	impossibleTravel
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

	accessScript
	accessTool
	accessNoAgent
	accessItems
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

	// New signals are added at the end, since the numbers are saved.
	signInRented
	accessOrdinary
	accessBulk
	accessGraph
	accessMany
	exportToWeb
	ruleDisguised

	signalKinds // the number of signals
)

// signalCodes are the codes of the signals, which never change.
var signalCodes = [signalKinds]string{
	newNetwork:          "signin.new_network",
	newCountry:          "signin.new_country",
	newDevice:           "signin.new_device",
	newFamily:           "signin.new_agent_family",
	newApp:              "signin.new_app",
	newHour:             "signin.new_hour",
	impossibleTravel:    "signin.impossible_travel",
	signInScript:        "signin.scripting_agent",
	signInTool:          "signin.tool",
	signInROPC:          "signin.ropc",
	signInDeviceCode:    "signin.device_code",
	signInLegacy:        "signin.legacy",
	signInAfterFailures: "signin.after_failures",
	signInFromAttack:    "signin.from_attack",
	sessionMoved:        "session.two_networks",
	mailConsent:         "consent.mail",
	appCredentials:      "app.credentials",
	mailPermission:      "mailbox.permission",
	accessScript:        "access.scripting_agent",
	accessTool:          "access.tool",
	accessNoAgent:       "access.no_agent",
	accessItems:         "access.item_by_item",
	accessForeignApp:    "access.foreign_app",
	accessNewApp:        "access.new_app",
	accessSync:          "access.sync",
	accessThrottled:     "access.throttled",
	accessVolume:        "access.volume",
	accessRegular:       "access.regular",
	accessMailboxes:     "access.many_mailboxes",
	mailSearch:          "mail.search",
	mailExport:          "mail.export",
	ruleHides:           "rule.hides",
	ruleForwards:        "rule.forwards",
	scriptTool:          "script.tool",
	scriptMail:          "script.mail",
	hostLookup:          "network.mail_host",
	signInRented:        "signin.rented_network",
	accessOrdinary:      "access.ordinary",
	accessBulk:          "access.read_through",
	accessGraph:         "access.graph",
	accessMany:          "access.many_items",
	exportToWeb:         "mail.export_to_web",
	ruleDisguised:       "rule.disguised",
}

// kindOf maps each signal code to its kind.
var kindOf = func() map[string]signalKind {
	kinds := map[string]signalKind{}
	for kind, code := range signalCodes {
		kinds[code] = signalKind(kind)
	}
	return kinds
}()

// accessKinds are the signals of the second half.
const accessKinds = (kindSet(1)<<(hostLookup+1) - kindSet(1)<<accessScript) | 1<<accessOrdinary | 1<<accessBulk | 1<<accessGraph | 1<<accessMany | 1<<exportToWeb | 1<<ruleDisguised

// isAccess reports whether the signal belongs to the access half.
func (k signalKind) isAccess() bool { return accessKinds&(1<<k) != 0 }

// kindSet is a set of kinds of signals, a bit each.
type kindSet uint64

const _ = uint(64 - signalKinds) // no more kinds than bits

func setOf(kinds ...signalKind) (s kindSet) {
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// has reports whether the set contains any of the kinds.
func (s kindSet) has(kinds ...signalKind) bool { return s&setOf(kinds...) != 0 }

// halves reports which halves of the chain are present.
func (s kindSet) halves() (signIn, access bool) {
	return s&^accessKinds != 0, s&accessKinds != 0
}

// opensAt is the sum of weights, each signal counted once, at which both halves
// together open an incident. A single signal of this weight opens one by itself;
// signals of the access half alone open one at aloneAt.
const (
	opensAt = 100
	aloneAt = 130
	// leastAccess is the least weight of the access half. If a browser or a mail client
	// merely opened mail, the sum of both halves must reach weakAt.
	leastAccess, weakAt = 30, 130
	// divertsAt is the least weight of a rule that hides or forwards mail as a thief does.
	divertsAt = 40
)

// signalsOf returns the signals with the weights of the policy.
func signalsOf(p *policy.Policy) (list [signalKinds]policy.Signal) {
	for _, s := range p.Signals() {
		for k, code := range signalCodes {
			if s.Code == code {
				list[k] = s
			}
		}
	}
	return list
}

// ruleCollection is the rule of all incidents of this package.
var ruleCollection = alert.Rule{ID: "AN0131", Name: "Mail collected with stolen credentials or tokens", Version: "1", Kind: alert.Behaviour,
	Category: []string{"email", "intrusion_detection"}, Reference: "https://attack.mitre.org/detectionstrategies/DET0048/"}
