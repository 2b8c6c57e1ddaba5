package incident

import (
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/event"
)

// message returns the alert about the incident as it stands. Nothing in the
// alert that changes is shared with the incident.
func (i *Incident) message(phase string) *alert.Alert {
	a := &alert.Alert{
		ID: i.ID, Sequence: i.last.sequence, Rule: *i.Rule, Phase: phase, Class: i.Class, Severity: i.Severity,
		Time: i.lastTime(), Start: event.UnixTime(i.Start), End: i.lastTime(),
		Source: i.Client, Prefix: i.Prefix, IPs: slices.Clone(i.ips[:min(len(i.ips), MaxListed)]), Hosts: slices.Clone(i.hosts),
		Valid: i.Valid.listed(), Familiar: i.Familiar.without(&i.Valid),
		Services: i.serviceNames(), Agents: slices.Clone(i.agents), Apps: slices.Clone(i.apps),
		Counts: i.Counts, Window: i.Window, Subject: i.Subject, Evidence: slices.Clone(i.evidence),
		Labels: i.Labels, Suppressed: i.suppressed, Campaign: i.Campaign,
	}
	a.Counts.DistinctIPs = i.clients.Count()
	l := &i.Location
	a.Geo = alert.Geo{CountryISO: l.Country, City: l.City, Lat: l.Lat, Lon: l.Lon, Located: l.Located}
	a.AS = alert.AS{Number: l.ASN, Organization: l.Organization}
	if i.Account != "" {
		a.User = alert.NewUser(i.Account)
	}
	i.Detail.Fill(a)
	a.Indicators = i.indicators(a)
	return a
}

// serviceNames returns the services that were reached. Windows is left out where
// another log says which service of the mail system was behind the logon.
func (i *Incident) serviceNames() []string {
	var names []string
	for s := event.OWA; s < event.Windows; s++ {
		if i.Services&(1<<s) != 0 {
			names = append(names, s.String())
		}
	}
	if len(names) == 0 && i.Services&(1<<event.Windows) != 0 {
		return []string{event.Windows.String()}
	}
	return names
}

// Techniques returns the techniques with the ids, each once, and that of the use
// of valid accounts where credentials were found.
func (i *Incident) Techniques(ids ...string) []alert.Technique {
	var list []alert.Technique
	for _, id := range ids {
		if t, ok := alert.TechniqueByID(id); ok && !slices.Contains(list, t) && len(list) < MaxListed {
			list = append(list, t)
		}
	}
	valid := "T1078"
	if i.cloud {
		valid = "T1078.004"
	}
	if t, ok := alert.TechniqueByID(valid); ok && i.Valid.Count() > 0 {
		list = append(list, t)
	}
	return list
}
