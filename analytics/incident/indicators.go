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

// indicators returns the full lists of an incident that has more addresses,
// accounts or credentials than an alert lists, and nil for a smaller one. The
// lists leave again when they have grown by half, and with the last message.
func (i *Incident) indicators(a *alert.Alert) *alert.Indicators {
	size := max(a.Counts.DistinctIPs, a.Counts.DistinctUsers, i.Valid.Count())
	if size <= MaxListed {
		return nil
	}
	x := &alert.Indicators{Complete: a.Counts.DistinctIPs <= len(i.ips) && i.Valid.Count() <= len(i.Valid.list)}
	if 2*size < 3*i.indexed && a.Phase != alert.PhaseQuiet {
		return x
	}
	i.indexed = size
	x.IPs, x.Valid = slices.Clone(i.ips), slices.Clone(i.Valid.list)
	slices.SortFunc(x.IPs, netip.Addr.Compare)
	if l, ok := i.Detail.(accountLister); ok {
		var all bool
		x.Users, all = l.Accounts()
		x.Complete = x.Complete && all
	}
	return x
}
