package coverage

import "slices"

// Unseen are services without a record, and the parts that are blind on each.
type Unseen struct {
	Services []Service
	Blind    []Part
}

// UnseenGroups returns the services that were not seen, those with the same blind
// parts together.
func (r *Report) UnseenGroups() (groups []Unseen) {
	for _, s := range r.NotSeen {
		blind := blindWithout(s)
		at := slices.IndexFunc(groups, func(g Unseen) bool { return slices.Equal(g.Blind, blind) })
		if at < 0 {
			at = len(groups)
			groups = append(groups, Unseen{Blind: blind})
		}
		groups[at].Services = append(groups[at].Services, s)
	}
	return groups
}

func namesOf(list []Service) (names []string) {
	for _, s := range list {
		names = append(names, s.String())
	}
	return names
}
