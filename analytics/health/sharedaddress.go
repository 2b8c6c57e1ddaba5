package health

import (
	"net/netip"

	"redshank/analytics/event"
)

const (
	sharedBatch    = 100
	sharedShare    = 80 // per cent of sign-ins
	sharedAccounts = 20
)

// sharedAddress looks for one address that nearly all sign-ins come from. It keeps
// one candidate: an address with more than half of the sign-ins becomes the
// candidate (majority vote by Boyer and Moore) and is then counted over a whole
// batch.
type sharedAddress struct {
	candidate   netip.Addr
	declared    bool
	votes       int
	signIns     int // of the batch
	ofCandidate int // sign-ins of the candidate since it became one
	accounts    [sharedAccounts]uint64
	distinct    int
}

func (c *sharedAddress) add(ev *event.Event) {
	if !ev.IP.IsValid() {
		return
	}
	c.signIns++
	switch {
	case ev.IP == c.candidate:
		c.votes++
	case c.votes > 0:
		c.votes--
		return
	default:
		c.candidate, c.votes, c.ofCandidate, c.distinct = ev.IP, 1, 0, 0
	}
	const declared = event.AllowedNetwork | event.CorporateEgress | event.KnownLocation | event.MicrosoftRange
	c.declared = ev.Marks&declared != 0
	c.ofCandidate++
	c.account(ev.UserHash())
}

func (c *sharedAddress) account(key uint64) {
	if c.distinct == len(c.accounts) {
		return
	}
	for _, have := range c.accounts[:c.distinct] {
		if have == key {
			return
		}
	}
	c.accounts[c.distinct] = key
	c.distinct++
}

// check returns the shared address, or "", with the number of accounts and the
// share of sign-ins in per cent after a complete batch, and begins a new batch with
// the same candidate.
func (c *sharedAddress) check() (who string, accounts, share int, ok bool) {
	if c.signIns < sharedBatch {
		return "", 0, 0, false
	}
	share, accounts = c.ofCandidate*100/c.signIns, c.distinct
	if share > sharedShare && c.distinct == len(c.accounts) && !c.declared {
		who = c.candidate.String()
	}
	*c = sharedAddress{candidate: c.candidate, votes: min(c.votes, 1)}
	return who, accounts, share, true
}
