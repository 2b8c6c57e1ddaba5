package delivery

import (
	"net/netip"
	"time"

	"redshank/analytics"
)

// kindsOfAlert are one alert of every kind that leaves, by its name.
func kindsOfAlert() map[string]*analytics.Alert {
	campaign, account, prefix := fullAlert(), fullAlert(), fullAlert()
	campaign.Source, campaign.User, campaign.Geo, campaign.AS, campaign.Labels = netip.Addr{}, nil, analytics.Geo{}, analytics.AS{}, nil
	campaign.Window, campaign.Valid = "campaign", nil
	account.Source, account.Geo, account.AS, account.Window = netip.Addr{}, analytics.Geo{}, analytics.AS{}, "campaign"
	prefix.Source, prefix.Prefix = netip.MustParseAddr("2001:db8:1:2::7"), netip.MustParsePrefix("2001:db8:1:2::/64")
	prefix.User, prefix.Phase, prefix.Sequence = nil, analytics.PhaseOpened, 1
	address := fullAlert()
	address.User = nil
	return map[string]*analytics.Alert{
		"address": address, "prefix": prefix, "campaign": campaign, "account": account,
		"user": collectionAlert("alice@contoso.com"),
		"app":  collectionAlert("1fec8e78-bce4-4aaf-ab1b-5451cc387264"),
		"host": collectionAlert("EX01"),
	}
}

// collectionAlert is one of AN0131 about an account, an application or a host.
func collectionAlert(subject string) *analytics.Alert {
	a := fullAlert()
	a.ID, a.Subject = "AN0131-20260302-5f0c2a", subject
	a.Rule = analytics.Rule{ID: "AN0131", Name: "Mail collected with stolen credentials or tokens", Version: "1"}
	a.Class, a.Window = "scripted_mail_access", "collection"
	a.Message = "Scripted mail access as " + subject + ": mail read by a scripting agent"
	a.Users, a.Valid, a.AtHome = nil, nil, nil
	a.Counts = analytics.Counts{DistinctIPs: 1, Items: 5000, Mailboxes: 6}
	a.Signals = []analytics.Signal{{Code: "access.scripting_agent", Weight: 50, Detail: "python-requests/2.31"}}
	a.Techniques = []analytics.Technique{{ID: "T1114.002", Name: "Remote Email Collection", TacticID: "TA0009", TacticName: "Collection"}}
	if subject != "alice@contoso.com" {
		a.User, a.Context = nil, nil
	}
	return a
}

// phases are all that a message can tell, with the place it has in a row.
var phases = []struct {
	name     string
	sequence int
}{
	{analytics.PhaseOpened, 1}, {analytics.PhaseEscalated, 2}, {analytics.PhaseChanged, 3}, {analytics.PhaseGrown, 4},
	{analytics.PhaseQuiet, 5}, {analytics.PhaseQuiet, 1},
}

var severities = []analytics.Severity{analytics.Low, analytics.Medium, analytics.High, analytics.Critical}

// everyMessage calls f for every kind of message in every phase and severity,
// with all fields, and with the least of them.
func everyMessage(f func(name string, a *analytics.Alert)) {
	for name, kind := range kindsOfAlert() {
		for _, phase := range phases {
			for _, severity := range severities {
				a := *kind
				a.Phase, a.Sequence, a.Severity = phase.name, phase.sequence, severity
				a.Confidence = float64(severity) / 4
				f(name+" "+phase.name+" "+severity.String(), &a)
			}
		}
		f(name+" bare", &analytics.Alert{ID: kind.ID, Sequence: 1, Rule: kind.Rule, Class: kind.Class, Time: kind.Time,
			Start: kind.Start, End: kind.End, Source: kind.Source, User: kind.User, Subject: kind.Subject})
	}
	f("empty", &analytics.Alert{})
}

// fullAlert has every field set, so that every field of the document is seen.
func fullAlert() *analytics.Alert {
	at := time.Date(2026, 3, 2, 8, 15, 4, 250e6, time.UTC)
	client := netip.MustParseAddr("203.0.113.7")
	return &analytics.Alert{
		ID: "AN1269-20260302-5f0c2a", Sequence: 2, Phase: analytics.PhaseEscalated,
		Rule:  analytics.Rule{ID: "AN1269", Name: "Leaked credentials tried against mail", Version: "1"},
		Class: "password_spraying", Severity: analytics.Critical, Confidence: 0.9,
		Message: "203.0.113.7 knows the password of alice@contoso.com",
		Time:    at, Start: at.Add(-time.Hour), End: at,
		Source: client,
		Geo:    analytics.Geo{CountryISO: "NL", City: "Utrecht", Lat: 52.1, Lon: 5.1, Located: true},
		AS:     analytics.AS{Number: 64500, Organization: "Example Hosting"},
		User:   &analytics.User{Name: "alice", Domain: "contoso.com", ID: "S-1-5-21-1"},
		IPs:    []netip.Addr{client, netip.MustParseAddr("2001:db8::7")},
		Users: []analytics.UserCount{{Name: "alice@contoso.com", Failures: 3, LastReason: "wrong_password", Privileged: true, Leaked: true},
			{Name: `FABRIKAM\bob`, Failures: 2}},
		Hosts:  []string{"EX01"},
		Valid:  []analytics.Credential{{User: "alice@contoso.com", At: at, How: "success over owa"}},
		AtHome: []analytics.Credential{{User: "bob@contoso.com", At: at, How: "success over eas"}},

		Services: []string{"owa", "smtp"}, Agents: []string{"python-requests/2.31"}, Apps: []string{"1fec8e78-bce4-4aaf-ab1b-5451cc387264"},
		AppNames: []string{"Teams"},
		Counts: analytics.Counts{Failures: 40, DistinctUsers: 12, DistinctIPs: 1, UnknownUsers: 2, Locked: 1,
			Accepted: 1, Succeeded: 1, Leaked: 3, Items: 5, Mailboxes: 6},
		Window: "burst", Signals: []analytics.Signal{{Code: "rounds", Weight: 10, Detail: "3 rounds"}},
		Evidence: []string{"0d3e"}, Labels: []string{"hosting"}, Baseline: "ripe", Suppressed: 4,
		Techniques: []analytics.Technique{
			{ID: "T1110.003", Name: "Password Spraying", TacticID: "TA0006", TacticName: "Credential Access"},
			{ID: "T1078", Name: "Valid Accounts", TacticID: "TA0001", TacticName: "Initial Access"}},
		Context: []analytics.Context{{
			Account: "alice@contoso.com", Marks: []string{analytics.MarkPrivileged}, Groups: []string{"finance"},
			SignIns: []analytics.SignIn{{At: at, IP: client, Country: "NL", Network: "AS64500 Example Hosting", Labels: []string{"hosting"},
				Service: "owa", Client: "script"}, {At: at.Add(-24 * time.Hour), Usual: true, Service: "eas"}},
			Networks: []string{"192.0.2.0/24"}, Countries: []string{"DE"}, Devices: []string{"LAPTOP-7"}, Apps: []string{"Outlook"},
			Clients: []string{"browser"}, Baseline: "ripe since 2026-02-01: 20 days, 40 sign-ins",
			Since: []analytics.Deed{{Code: "rule.forwards", Detail: "to x@example.com", First: at, Last: at, IP: client}},
			Items: 12, Mailboxes: 1,
		}},
	}
}
