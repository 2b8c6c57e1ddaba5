package policy

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/event"
	"redshank/analytics/policy/strict"
)

// fields are the sections of a policy.
func (p *Policy) fields(patterns *[]event.Pattern) strict.Fields {
	var version int
	return strict.Fields{
		"version":         strict.Number(&version, 1, 1),
		"state":           strict.Section(p.State.fields()),
		"stuffing":        strict.Section(p.Stuffing.fields()),
		"collection":      strict.Section(p.Collection.fields(patterns, &p.spec.networks)),
		"networks":        strict.Section(p.spec.networks.fields()),
		"accounts":        strict.Section(p.spec.accounts.fields()),
		"domains":         strict.Section(domainFields(p.domains)),
		"leaked_accounts": p.spec.leaked.read,
		"automation":      p.automation.read,
		"mutes":           p.readMutes,
		"drill":           p.Drill.read,
		"databases":       strict.Section(p.geoDatabases.fields()),
		"alerts":          strict.Section(p.alertFields()),
		"content":         strict.Section(p.contentTables.fields()),
	}
}

// The bounds are wide: they are to catch slips (a prefix of 0, a window of a
// nanosecond), not to overrule a SOC.
func (s *State) fields() strict.Fields {
	return strict.Fields{
		"ipv4_prefix": strict.Number(&s.IPv4Prefix, 8, 32),
		"ipv6_prefix": strict.Number(&s.IPv6Prefix, 16, 128),
		"lateness":    strict.Duration(&s.Lateness, 0),
	}
}

// most bounds thresholds: above it, sets are estimates and a typo is likely.
const most = 1_000_000

func (s *Stuffing) fields() strict.Fields {
	login, failures, campaign := &s.MailboxLoginThreshold, &s.FailureThreshold, &s.Campaign
	return strict.Fields{
		"mailbox_login_threshold": strict.Section(strict.Fields{
			"burst":  strict.Number(&login.Burst, 1, most),
			"slow":   strict.Number(&login.Slow, 1, most),
			"leaked": strict.Number(&login.Leaked, 1, most),
		}),
		"failure_threshold": strict.Section(strict.Fields{
			"burst": strict.Number(&failures.Burst, 1, most),
			"slow":  strict.Number(&failures.Slow, 1, most),
		}),
		"window": strict.Section(strict.Fields{
			"burst": strict.Duration(&s.Window.Burst, time.Second),
			"slow":  strict.Duration(&s.Window.Slow, time.Second),
		}),
		"forgiveness": strict.Duration(&s.Forgiveness, 0),
		"campaign": strict.Section(strict.Fields{
			"addresses":         strict.Number(&campaign.Addresses, 2, most),
			"accounts":          strict.Number(&campaign.Accounts, 2, most),
			"account_addresses": strict.Number(&campaign.AccountAddresses, 2, most),
			"rare_addresses":    strict.Number(&campaign.RareAddresses, 2, most),
		}),
		"privileged": strict.Section(strict.Fields{
			"day":  strict.Number(&s.Privileged.Day, 1, most),
			"days": strict.Number(&s.Privileged.Days, 1, most),
		}),
		"rare": strict.Section(strict.Fields{
			"accounts":     strict.Number(&s.Rare.Accounts, 0, most),
			"per_thousand": strict.Number(&s.Rare.PerThousand, 0, 1000),
		}),
	}
}

// Agents and networks of AN0131 are added to all others, so that one lookup
// answers for both analytics.
func (s *Collection) fields(patterns *[]event.Pattern, n *networkLists) strict.Fields {
	return strict.Fields{
		"time_window":        strict.Duration(&s.TimeWindow, time.Second),
		"user_agent_pattern": readPatterns(patterns),
		"known_ip_locations": elements(&n.locations),
		"baseline": strict.Section(strict.Fields{
			"days":     strict.Number(&s.Baseline.Days, 1, 366),
			"sign_ins": strict.Number(&s.Baseline.SignIns, 1, most),
		}),
		"weights": s.readWeights,
	}
}

// readWeights reads {signal code: weight}. The valid codes are those of the
// content; see checkWeights.
func (s *Collection) readWeights(r *strict.Reader, at string, n *yaml.Node) {
	s.Weights = map[string]int{}
	r.Each(at, n, func(key *yaml.Node, at string, value *yaml.Node) {
		weight := 0
		strict.Number(&weight, 0, 100)(r, at, value)
		s.Weights[key.Value] = weight
	})
}

func (p *Policy) alertFields() strict.Fields {
	s := &p.Alerts
	return strict.Fields{
		"quiet":            strict.Duration(&s.Quiet, time.Minute),
		"cooldown":         strict.Duration(&s.Cooldown, 0),
		"per_minute":       strict.Number(&s.PerMinute, 1, most),
		"minimum_severity": strict.OneOf(&s.MinimumSeverity, "low", "medium", "high", "critical"),
		"classes":          p.readClasses,
	}
}

// domainFields are domains {default, netbios, aliases}. The two maps are written
// differently but have the same effect.
func domainFields(d *event.Domains) strict.Fields {
	names := func(r *strict.Reader, at string, n *yaml.Node) {
		r.Each(at, n, func(key *yaml.Node, at string, value *yaml.Node) {
			var domain string
			strict.Text(&domain)(r, at, value)
			checkDomain(r, at, value, domain)
			d.Names[strings.ToLower(key.Value)] = strings.ToLower(domain)
		})
	}
	return strict.Fields{
		"default": func(r *strict.Reader, at string, n *yaml.Node) {
			var domain string
			if v, _ := r.Value(n, at, "contoso.com"); v == "" {
				return // none
			}
			strict.Text(&domain)(r, at, n)
			checkDomain(r, at, n, domain)
			d.Default = strings.ToLower(domain)
		},
		"netbios": names,
		"aliases": names,
	}
}

func checkDomain(r *strict.Reader, at string, n *yaml.Node, domain string) {
	if strings.ContainsAny(domain, `\/@ *`) || strings.Trim(domain, ".") != domain || !strings.Contains(domain, ".") {
		r.Fail(n, at, "%q: not a domain (want contoso.com)", strict.Clip(domain))
	}
}
