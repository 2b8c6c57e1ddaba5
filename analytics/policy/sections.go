package policy

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/event"
)

// fields are the sections of a policy.
func (p *Policy) fields(patterns *[]event.Pattern) fields {
	var version int
	return fields{
		"version":         number(&version, 1, 1),
		"state":           section(p.State.fields()),
		"stuffing":        section(p.Stuffing.fields()),
		"collection":      section(p.Collection.fields(patterns, &p.spec.networks)),
		"networks":        section(p.spec.networks.fields()),
		"accounts":        section(p.spec.accounts.fields()),
		"domains":         section(domainFields(p.domains)),
		"leaked_accounts": p.spec.leaked.read,
		"automation":      p.readAutomation,
		"mutes":           p.readMutes,
		"drill":           p.Drill.read,
		"databases":       section(p.spec.databases.fields()),
		"alerts":          section(p.alertFields()),
		"content":         section(p.content.fields()),
	}
}

// The bounds are wide: they are to catch slips (a prefix of 0, a window of a
// nanosecond), not to overrule a SOC.
func (s *State) fields() fields {
	return fields{
		"ipv4_prefix": number(&s.IPv4Prefix, 8, 32),
		"ipv6_prefix": number(&s.IPv6Prefix, 16, 128),
		"lateness":    duration(&s.Lateness, 0),
	}
}

// most bounds thresholds: above it, sets are estimates and a typo is likely.
const most = 1_000_000

func (s *Stuffing) fields() fields {
	login, failures, campaign := &s.MailboxLoginThreshold, &s.FailureThreshold, &s.Campaign
	return fields{
		"mailbox_login_threshold": section(fields{
			"burst":  number(&login.Burst, 1, most),
			"slow":   number(&login.Slow, 1, most),
			"leaked": number(&login.Leaked, 1, most),
		}),
		"failure_threshold": section(fields{
			"burst": number(&failures.Burst, 1, most),
			"slow":  number(&failures.Slow, 1, most),
		}),
		"window": section(fields{
			"burst": duration(&s.Window.Burst, time.Second),
			"slow":  duration(&s.Window.Slow, time.Second),
		}),
		"forgiveness": duration(&s.Forgiveness, 0),
		"campaign": section(fields{
			"addresses":         number(&campaign.Addresses, 2, most),
			"accounts":          number(&campaign.Accounts, 2, most),
			"account_addresses": number(&campaign.AccountAddresses, 2, most),
			"rare_addresses":    number(&campaign.RareAddresses, 2, most),
		}),
		"privileged": section(fields{
			"day":  number(&s.Privileged.Day, 1, most),
			"days": number(&s.Privileged.Days, 1, most),
		}),
		"rare": section(fields{
			"accounts":     number(&s.Rare.Accounts, 0, most),
			"per_thousand": number(&s.Rare.PerThousand, 0, 1000),
		}),
	}
}

// Agents and networks of AN0131 are added to all others, so that one lookup
// answers for both analytics.
func (s *Collection) fields(patterns *[]event.Pattern, n *networks) fields {
	return fields{
		"time_window":        duration(&s.TimeWindow, time.Second),
		"user_agent_pattern": readPatterns(patterns),
		"known_ip_locations": elements(&n.locations),
		"baseline": section(fields{
			"days":     number(&s.Baseline.Days, 1, 366),
			"sign_ins": number(&s.Baseline.SignIns, 1, most),
		}),
		"weights": s.readWeights,
	}
}

// readWeights reads {signal code: weight}. The valid codes are those of the
// content; see checkWeights.
func (s *Collection) readWeights(r *reader, at string, n *yaml.Node) {
	s.Weights = map[string]int{}
	r.each(at, n, func(key *yaml.Node, at string, value *yaml.Node) {
		weight := 0
		number(&weight, 0, 100)(r, at, value)
		s.Weights[key.Value] = weight
	})
}

func (p *Policy) alertFields() fields {
	s := &p.Alerts
	return fields{
		"quiet":            duration(&s.Quiet, time.Minute),
		"cooldown":         duration(&s.Cooldown, 0),
		"per_minute":       number(&s.PerMinute, 1, most),
		"minimum_severity": oneOf(&s.MinimumSeverity, "low", "medium", "high", "critical"),
		"classes":          p.readClasses,
	}
}

// domainFields are domains {default, netbios, aliases}. The two maps are written
// differently but have the same effect.
func domainFields(d *event.Domains) fields {
	names := func(r *reader, at string, n *yaml.Node) {
		r.each(at, n, func(key *yaml.Node, at string, value *yaml.Node) {
			var domain string
			text(&domain)(r, at, value)
			checkDomain(r, at, value, domain)
			d.Names[strings.ToLower(key.Value)] = strings.ToLower(domain)
		})
	}
	return fields{
		"default": func(r *reader, at string, n *yaml.Node) {
			var domain string
			if v, _ := r.value(n, at, "contoso.com"); v == "" {
				return // none
			}
			text(&domain)(r, at, n)
			checkDomain(r, at, n, domain)
			d.Default = strings.ToLower(domain)
		},
		"netbios": names,
		"aliases": names,
	}
}

func checkDomain(r *reader, at string, n *yaml.Node, domain string) {
	if strings.ContainsAny(domain, `\/@ *`) || strings.Trim(domain, ".") != domain || !strings.Contains(domain, ".") {
		r.fail(n, at, "%q: not a domain (want contoso.com)", clip(domain))
	}
}
