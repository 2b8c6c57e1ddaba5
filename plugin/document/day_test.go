package document

import (
	"testing"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/policy"
	"redshank/test/day"
)

// Every message about the day that the demo plays is valid in both schemas.
func TestEveryMessageOfTheDayIsValid(t *testing.T) {
	alerts := dayAlerts(t, policy.Default())
	if len(alerts) < 10 {
		t.Fatalf("%d messages", len(alerts))
	}
	ecs, ocsf := map[string]schema{"own": ownECS(t)}, map[string]ocsfSchemaFile{"own": ownOCSF(t)}
	t.Run("published", func(t *testing.T) {
		ecs["published"], ocsf["published"] = publishedECS(t), publishedOCSF(t)
	})
	rules, contexts := map[string]int{}, 0
	for _, a := range alerts {
		rules[a.Rule.ID]++
		contexts += len(a.Context)
		for name, s := range ecs {
			for _, m := range s.mistakes(document(t, a)) {
				t.Errorf("ECS, %s: %s: %s", name, a.Message, m)
			}
		}
		for name, s := range ocsf {
			for _, m := range s.mistakes(finding(t, a)) {
				t.Errorf("OCSF, %s: %s: %s", name, a.Message, m)
			}
		}
		readCEF(t, CEF(a, Observer{Version: "1.2.3", Name: "agent-1"}))
	}
	if contexts == 0 {
		t.Error("no alert has a context")
	}
	t.Logf("%d messages, %v, %d contexts", len(alerts), rules, contexts)
}

// TestAlertsOfTheDayAreConsistent reads every message as an analyst does: nothing
// stands twice, nothing contradicts, and what one acts on is there.
func TestAlertsOfTheDayAreConsistent(t *testing.T) {
	p, err := policy.Parse("p.yaml", t.TempDir(), []byte("version: 1\ndomains: {default: contoso.com, netbios: {CONTOSO: contoso.com, FABRIKAM: fabrikam.com}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range dayAlerts(t, p) {
		own := ownFieldsOf(a)
		for name, list := range map[string][]string{"agents": own.Agents, "apps": own.Apps, "actions": own.Actions, "evidence": own.Evidence,
			"accounts": own.Accounts, "related.user": a.RelatedUsers(), "services": own.Services} {
			seen := map[string]bool{}
			for _, one := range list {
				if seen[one] || one == "" {
					t.Errorf("%s: %s has %q twice, or empty", a.Message, name, one)
				}
				seen[one] = true
			}
		}
		for _, v := range own.Valid {
			if v.IP == "" || v.Agent == "" || v.Record == "" {
				t.Errorf("%s: valid credential %+v (want address, agent and record)", a.Message, v)
			}
			for _, h := range own.Familiar {
				if h.User == v.User {
					t.Errorf("%s: %s is at home and stolen", a.Message, v.User)
				}
			}
		}
		for _, c := range own.Context {
			for _, s := range c.SignIns {
				if s.At > stamp(a.Time) || s.Usual && s.IP == addressText(a.Source) {
					t.Errorf("%s: sign-in %+v (want none after the alert, and the attacker's address not usual)", a.Message, s)
				}
			}
		}
		if a.Rule.Kind == alert.Behaviour && len(a.RelatedUsers()) == 0 {
			t.Errorf("%s: no account", a.Message)
		}
	}
}

func dayAlerts(t *testing.T, p *policy.Policy) (alerts []*alert.Alert) {
	t.Helper()
	e, err := analytics.New(analytics.Options{Policy: p, Source: "auto", MaxIPs: 20_000, MaxUsers: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	for tag, chunk := range day.Chunks(day.Arrivals(day.New(day.Options{Records: 20_000}).Streams), 1<<20) {
		alerts = append(alerts, e.Observe(tag, chunk)...)
	}
	return append(alerts, e.Close()...)
}
