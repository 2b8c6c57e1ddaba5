package document

import (
	"net/netip"
	"time"

	"redshank/analytics/alert"
)

// kindsOfAlert are one alert of every kind that leaves, by its name.
func kindsOfAlert() map[string]*alert.Alert {
	campaign, account, prefix, address := fullAlert(), fullAlert(), fullAlert(), fullAlert()
	campaign.Source, campaign.User, campaign.Geo, campaign.AS, campaign.Labels = netip.Addr{}, nil, alert.Geo{}, alert.AS{}, nil
	campaign.Window, campaign.Valid = "campaign", nil
	campaign.Members, address.Campaign = []string{address.ID}, "AN1269-20260302-77aa01"
	campaign.ID = address.Campaign
	account.Source, account.Geo, account.AS, account.Window = netip.Addr{}, alert.Geo{}, alert.AS{}, "campaign"
	prefix.Source, prefix.Prefix = netip.MustParseAddr("2001:db8:1:2::7"), netip.MustParsePrefix("2001:db8:1:2::/64")
	prefix.User, prefix.Phase, prefix.Sequence = nil, alert.PhaseOpened, 1
	address.User = nil
	drill := fullAlert()
	drill.Drill, drill.ID, drill.Message = "6b0937731925aa01", "drill-6b0937731925aa01-"+drill.ID, "Drill 6b0937731925aa01: "+drill.Message
	return map[string]*alert.Alert{
		"address": address, "prefix": prefix, "campaign": campaign, "account": account,
		"user": collectionAlert("alice@contoso.com"),
		"app":  collectionAlert("1fec8e78-bce4-4aaf-ab1b-5451cc387264"),
		"host": collectionAlert("EX01"), "drill": drill,
	}
}

// collectionAlert is one of AN0131 about an account, an application or a host.
func collectionAlert(subject string) *alert.Alert {
	a := fullAlert()
	a.ID, a.Subject = "AN0131-20260302-5f0c2a", subject
	a.Rule = alert.Rule{ID: "AN0131", Name: "Mail collected with stolen credentials or tokens", Version: "1", Kind: alert.Behaviour,
		Category: []string{"email", "intrusion_detection"}, Reference: "https://attack.mitre.org/detectionstrategies/DET0048/"}
	a.Class, a.Window = "scripted_mail_access", "collection"
	a.Message = "Scripted mail access as " + subject + ": mail read by a scripting agent"
	a.Users, a.Valid, a.Familiar = nil, nil, nil
	a.Counts = alert.Counts{DistinctIPs: 1, Items: 5000, Mailboxes: 6}
	a.Signals = []alert.Signal{{Code: "access.scripting_agent", Weight: 50, Detail: "python-requests/2.31", Mails: someMails[:1]}}
	a.Techniques = []alert.Technique{{ID: "T1114.002", Name: "Remote Email Collection", TacticID: "TA0009", TacticName: "Collection"}}
	if subject != "alice@contoso.com" {
		a.User, a.Context = nil, nil
	}
	return a
}

// someMails are mails as the audit log identifies them.
var someMails = []alert.Mail{{ID: "<AM0PR05@contoso.com>", Folder: `\Inbox`}, {Subject: "Invoice", Folder: `\Sent Items`}, {Folder: `\Archive`}}

// phases are all phases of a message, with the sequence number of each.
var phases = []struct {
	name     string
	sequence int
}{
	{alert.PhaseOpened, 1}, {alert.PhaseEscalated, 2}, {alert.PhaseChanged, 3}, {alert.PhaseGrown, 4},
	{alert.PhaseQuiet, 5}, {alert.PhaseQuiet, 1},
}

var severities = []alert.Severity{alert.Low, alert.Medium, alert.High, alert.Critical}

// everyMessage calls f for every kind of message in every phase and severity,
// with all fields, and with the least of them.
func everyMessage(f func(name string, a *alert.Alert)) {
	for name, kind := range kindsOfAlert() {
		for _, phase := range phases {
			for _, severity := range severities {
				a := *kind
				a.Phase, a.Sequence, a.Severity = phase.name, phase.sequence, severity
				a.Confidence = float64(severity) / 4
				f(name+" "+phase.name+" "+severity.String(), &a)
			}
		}
		f(name+" bare", &alert.Alert{ID: kind.ID, Sequence: 1, Rule: kind.Rule, Class: kind.Class, Time: kind.Time,
			Start: kind.Start, End: kind.End, Source: kind.Source, User: kind.User, Subject: kind.Subject})
	}
	f("empty", &alert.Alert{})
}

// fullAlert has every field set, so that every field of the document is seen.
func fullAlert() *alert.Alert {
	at := time.Date(2026, 3, 2, 8, 15, 4, 250e6, time.UTC)
	client := netip.MustParseAddr("203.0.113.7")
	return &alert.Alert{
		ID: "AN1269-20260302-5f0c2a", Sequence: 2, Phase: alert.PhaseEscalated,
		Rule: alert.Rule{ID: "AN1269", Name: "Leaked credentials tried against mail", Version: "1", Kind: alert.Threshold,
			Category: []string{"authentication", "intrusion_detection"}, Reference: "https://attack.mitre.org/detectionstrategies/DET0460/"},
		Class: "password_spraying", Severity: alert.Critical, Confidence: 0.9,
		Message: "203.0.113.7 knows the password of alice@contoso.com",
		Time:    at, Start: at.Add(-time.Hour), End: at,
		Source: client,
		Geo:    alert.Geo{CountryISO: "NL", City: "Utrecht", Lat: 52.1, Lon: 5.1, Located: true},
		AS:     alert.AS{Number: 64500, Organization: "Example Hosting"},
		User:   &alert.User{Name: "alice", Domain: "contoso.com", ID: "S-1-5-21-1"},
		IPs:    []netip.Addr{client, netip.MustParseAddr("2001:db8::7")},
		Users: []alert.UserCount{{Name: "alice@contoso.com", Failures: 3, LastReason: "wrong_password", Privileged: true, Leaked: true},
			{Name: `FABRIKAM\bob`, Failures: 2}},
		Hosts:    []string{"EX01"},
		Accounts: []string{"carol@contoso.com"},
		Valid: []alert.Credential{{User: "alice@contoso.com", At: at, How: "success over owa",
			IP: netip.MustParseAddr("198.51.100.9"), Agent: "python-requests/2.31", App: "1fec8e78-bce4-4aaf-ab1b-5451cc387264", Record: "a91f"}},
		Familiar: []alert.Credential{{User: "bob@contoso.com", At: at, How: "success over eas"}},

		Services: []string{"owa", "smtp"}, Agents: []string{"python-requests/2.31"}, Apps: []string{"1fec8e78-bce4-4aaf-ab1b-5451cc387264"},
		AppNames: []string{"Teams"},
		Counts: alert.Counts{Failures: 40, DistinctUsers: 12, DistinctIPs: 1, UnknownUsers: 2, Locked: 1,
			Accepted: 1, Succeeded: 1, Leaked: 3, Items: 5, Mailboxes: 6},
		Window: "burst", Signals: []alert.Signal{{Code: "rounds", Weight: 10, Detail: "3 rounds", At: at, IP: client, Record: "0d3e", Seen: "3 of 412 accounts", Mails: someMails[:1]}},
		Mails:    someMails,
		Evidence: []string{"0d3e"}, Labels: []string{"hosting"}, Baseline: "ripe", Suppressed: 4,
		Techniques: []alert.Technique{
			{ID: "T1110.003", Name: "Password Spraying", TacticID: "TA0006", TacticName: "Credential Access"},
			{ID: "T1078", Name: "Valid Accounts", TacticID: "TA0001", TacticName: "Initial Access"}},
		Context: []alert.Context{{
			Account: "alice@contoso.com", Marks: []string{alert.MarkPrivileged}, Groups: []string{"finance"},
			SignIns: []alert.SignIn{{At: at, IP: client, Country: "NL", Network: "AS64500 Example Hosting", Labels: []string{"hosting"},
				Service: "owa", Client: "script"}, {At: at.Add(-24 * time.Hour), Usual: true, Service: "eas"}},
			Networks: []string{"192.0.2.0/24"}, Countries: []string{"DE"}, Devices: []string{"LAPTOP-7"}, Apps: []string{"Outlook"},
			Clients: []string{"browser"}, Baseline: "ripe since 2026-02-01: 20 days, 40 sign-ins",
			Since: []alert.Observation{{Code: "rule.forwards", Detail: "to x@example.com", First: at, Last: at, IP: client}},
			Items: 12, Mailboxes: 1,
		}},
	}
}
