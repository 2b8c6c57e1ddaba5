package coverage

import "redshank/analytics/event"

// need is one part of an analytic with the evidence without which it is blind, for
// each service on which the part works.
type need struct {
	rule     string // id of the analytic
	code     string // of the signal of AN0131, or of the part of AN1269
	services []Service
	evidence evidenceSet // all of it
}

// The services of event as rows.
const (
	owa          = Service(event.OWA)
	ecp          = Service(event.ECP)
	ews          = Service(event.EWSService)
	activeSync   = Service(event.EAS)
	mapi         = Service(event.MAPI)
	rpc          = Service(event.RPC)
	autodiscover = Service(event.Autodiscover)
	oab          = Service(event.OAB)
	rest         = Service(event.REST)
	powerShell   = Service(event.PowerShell)
	smtp         = Service(event.SMTPService)
	imap         = Service(event.IMAPService)
	pop          = Service(event.POPService)
	m365         = Service(event.M365)
	graph        = Service(event.GraphService)
	windows      = Service(event.Windows)
)

// Groups of services. The web services are those whose logs have an agent.
var (
	web      = []Service{owa, ecp, ews, activeSync, mapi, rpc, autodiscover, oab, rest, powerShell}
	agents   = append(web[:len(web):len(web)], m365)
	premises = append(web[:len(web):len(web)], smtp, imap, pop, windows)
	signIns  = append(premises[:len(premises):len(premises)], m365)
	cloud    = []Service{m365}
	audits   = []Service{MailboxAudit, AdminAudit}
	byApps   = []Service{MailboxAudit, graph}
	scripts  = []Service{ScriptLogging}
	changes  = []Service{DirectoryAudit}
)

// The parts of AN1269, which have no codes of their own in alerts.
const (
	partClient   = "client_threshold"    // one address with many failures
	partAccounts = "accounts_per_client" // how many accounts an address tries; the shape of the attack; leaked lists
	partKnown    = "known_clients"       // which addresses are an account's own, so that a mistyped password is no evidence
	partShared   = "shared_address"      // an attack from behind a shared address, distinguished from the people there by its program
	partCampaign = "campaign_by_tool"    // many addresses with one rare program in common
	partTenant   = "campaign_of_tenant"  // many addresses with nothing in common, by the failures of the whole tenant
	partGuessing = "guessing_of_account" // one account guessed from many addresses, or slowly
	partValid    = "valid_credentials"   // accounts whose password was right
)

// needs are all parts of all analytics. A part may stand in several lines: each
// service has its own evidence.
var needs = []need{
	{"AN1269", partClient, signIns, setOf(ClientAddress, Result)},
	{"AN1269", partAccounts, signIns, setOf(ClientAddress, FailedAccount)},
	{"AN1269", partKnown, signIns, setOf(ClientAddress, Account)},
	{"AN1269", partShared, agents, setOf(ClientAddress, Agent)},
	{"AN1269", partCampaign, agents, setOf(ClientAddress, Agent)},
	{"AN1269", partTenant, signIns, setOf(ClientAddress, Result)},
	{"AN1269", partGuessing, signIns, setOf(ClientAddress, FailedAccount)},
	{"AN1269", partValid, signIns, setOf(ClientAddress, Account, Result)},

	{"AN0131", "signin.new_network", signIns, setOf(ClientAddress, Account, Result)},
	{"AN0131", "signin.new_country", premises, setOf(ClientAddress, Account, Result)},
	{"AN0131", "signin.new_country", cloud, setOf(Account, Result)}, // the log has the country
	{"AN0131", "signin.rented_network", signIns, setOf(ClientAddress, Account, Result)},
	{"AN0131", "signin.new_device", []Service{m365, activeSync}, setOf(Account, Device, Result)},
	{"AN0131", "signin.new_agent_family", agents, setOf(Account, Agent, Result)},
	{"AN0131", "signin.new_app", cloud, setOf(Account, Application, Result)},
	{"AN0131", "signin.new_hour", signIns, setOf(Account, Result)},
	{"AN0131", "signin.impossible_travel", signIns, setOf(ClientAddress, Account, Result)},
	{"AN0131", "signin.scripting_agent", agents, setOf(Account, Agent, Result)},
	{"AN0131", "signin.tool", agents, setOf(Account, Agent, Result)},
	{"AN0131", "signin.ropc", cloud, setOf(Account, Result)},
	{"AN0131", "signin.device_code", cloud, setOf(Account, Result)},
	{"AN0131", "signin.legacy", []Service{m365, imap, pop}, setOf(Account, Result)},
	{"AN0131", "signin.after_failures", signIns, setOf(Account, FailedAccount, ClientAddress)},
	{"AN0131", "signin.from_attack", signIns, setOf(Account, ClientAddress)},
	{"AN0131", "session.two_networks", []Service{m365, MailboxAudit, graph}, setOf(Session, ClientAddress)},
	{"AN0131", "consent.mail", changes, setOf(Account, Content)},
	{"AN0131", "app.credentials", changes, setOf(Account)},
	{"AN0131", "mailbox.permission", audits, setOf(Account)},

	{"AN0131", "access.ordinary", []Service{owa, ews, activeSync, mapi, imap, pop, MailboxAudit}, setOf(Account)},
	{"AN0131", "access.read_through", []Service{MailboxAudit}, setOf(Application, Items)},
	{"AN0131", "access.read_through", []Service{graph}, setOf(Application)}, // requests are counted
	{"AN0131", "access.scripting_agent", []Service{ews, mapi, rpc, rest, MailboxAudit, graph}, setOf(Agent)},
	{"AN0131", "access.tool", []Service{ews, mapi, rpc, rest, MailboxAudit, graph}, setOf(Agent)},
	{"AN0131", "access.tool", byApps, setOf(Application)},
	{"AN0131", "access.no_agent", []Service{ews}, setOf(Account, Agent)},
	{"AN0131", "access.item_by_item", []Service{ews}, setOf(Account, Agent)},
	{"AN0131", "access.foreign_app", byApps, setOf(Application)},
	{"AN0131", "access.foreign_app", []Service{ews}, setOf(Account, Agent)},
	{"AN0131", "access.many_items", []Service{MailboxAudit, imap, pop}, setOf(Account, Items)},
	{"AN0131", "access.many_items", []Service{graph}, setOf(Account)}, // requests are counted
	{"AN0131", "access.graph", []Service{graph}, setOf(Application)},
	{"AN0131", "access.new_app", byApps, setOf(Account, Application)},
	{"AN0131", "access.sync", []Service{MailboxAudit}, setOf(Account)},
	{"AN0131", "access.throttled", audits, setOf(Account)},
	{"AN0131", "access.volume", []Service{MailboxAudit, imap, pop}, setOf(Account, Items)},
	{"AN0131", "access.volume", []Service{graph}, setOf(Items)},
	{"AN0131", "access.volume", []Service{ews}, setOf(Account)},
	{"AN0131", "access.regular", []Service{ews, MailboxAudit, graph}, setOf(Agent)},
	{"AN0131", "access.many_mailboxes", []Service{ews, MailboxAudit}, setOf(Account)},
	{"AN0131", "access.many_mailboxes", []Service{graph}, setOf(Application)},
	{"AN0131", "mail.search", audits, setOf(Account)},
	{"AN0131", "mail.search", []Service{graph}, setOf(Application)},
	{"AN0131", "mail.export", audits, setOf(Account)},
	{"AN0131", "mail.export", scripts, setOf(Content)},
	{"AN0131", "mail.export_to_web", audits, setOf(Account, Content)},
	{"AN0131", "rule.hides", audits, setOf(Account, Content)},
	{"AN0131", "rule.forwards", audits, setOf(Account, Content)},
	{"AN0131", "rule.disguised", audits, setOf(Account, Content)},
	{"AN0131", "script.tool", scripts, setOf(Content)},
	{"AN0131", "script.mail", scripts, setOf(Content)},
	{"AN0131", "network.mail_host", []Service{ProcessNetwork}, setOf(Agent, Content)},
}
