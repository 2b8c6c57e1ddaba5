package incident

import (
	"net/netip"
	"slices"

	"redshank/analytics/alert"
)

// Bounds of the full lists of an incident. An address takes 24 bytes, a valid
// credential a few hundred.
const (
	maxKeptIPs         = 1024    // addresses of one incident: the number up to which a Distinct is exact
	maxAllKeptIPs      = 100_000 // addresses of all incidents beyond the MaxListed of each
	maxKeptCredentials = 200
	// MaxAccounts bounds the accounts that the detail of an incident keeps by name.
	MaxAccounts = 512
)

// ipBudget counts the addresses that all incidents of a tracker keep beyond the
// MaxListed of each.
type ipBudget struct{ kept int }

// take reports whether one more address may be kept, and counts the address.
func (b *ipBudget) take() bool {
	if b == nil || b.kept >= maxAllKeptIPs {
		return false
	}
	b.kept++
	return true
}

func (b *ipBudget) claim(i *Incident)   { b.kept += max(len(i.ips)-MaxListed, 0) }
func (b *ipBudget) release(i *Incident) { b.kept -= max(len(i.ips)-MaxListed, 0) }

// accountLister is a Detail that keeps the names of accounts.
type accountLister interface {
	// Accounts returns the names of the accounts that are kept, sorted, and reports
	// whether they are all accounts of the incident.
	Accounts() (names []string, all bool)
}

// listSizes are the sizes of the lists of indicators.
type listSizes struct{ tried, valid int }

// grown reports whether lists have grown by half.
func (s *listSizes) grown(last *listSizes) bool {
	return 2*s.tried >= 3*last.tried || s.valid > MaxListed && 2*s.valid >= 3*last.valid
}

// indicators returns the full lists of an incident that has more addresses,
// accounts or credentials than an alert lists, and nil for a smaller one. The
// lists leave again when one of them has grown by half, and with the last message:
// full ones are not sent again only because the incident goes on.
func (i *Incident) indicators(a *alert.Alert) *alert.Indicators {
	size := max(a.Counts.DistinctIPs, a.Counts.DistinctUsers, i.Valid.Count())
	if size <= MaxListed {
		return nil
	}
	x := &alert.Indicators{Complete: a.Counts.DistinctIPs <= len(i.ips) && i.Valid.Count() <= len(i.Valid.list)}
	kept := listSizes{max(len(i.ips), min(a.Counts.DistinctUsers, MaxAccounts)), len(i.Valid.list)}
	if !kept.grown(&i.indexed) && a.Phase != alert.PhaseQuiet {
		return x
	}
	i.indexed = kept
	x.IPs, x.Valid = slices.Clone(i.ips), slices.Clone(i.Valid.list)
	slices.SortFunc(x.IPs, netip.Addr.Compare)
	if l, ok := i.Detail.(accountLister); ok {
		var all bool
		x.Users, all = l.Accounts()
		x.Complete = x.Complete && all
	}
	return x
}
