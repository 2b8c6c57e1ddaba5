package policy

import (
	"errors"
	"slices"
)

// Refresh reads the list files that have changed since they were last read
// and puts them in force at once, while Normalise goes on. A file that cannot
// be read, or has an error, leaves its old version in force and is reported in err.
// changed are the paths of the new versions in force. Refresh does file I/O and
// should be called in a separate goroutine; concurrent calls wait for one another.
func (p *Policy) Refresh() (changed []string, err error) {
	p.refreshing.Lock()
	defer p.refreshing.Unlock()
	networks, err1 := refreshAll(p.spec.networks.lists())
	if len(networks) > 0 {
		p.networks.Store(p.spec.networks.table())
	}
	accounts, err2 := refreshAll(p.spec.accounts.lists())
	if len(accounts) > 0 {
		p.accounts.Store(p.spec.accounts.table())
	}
	leaked, err3 := p.spec.leaked.refresh(p.domains)
	if len(leaked) > 0 {
		p.leaked.Store(p.spec.leaked.table())
	}
	databases, err4 := p.spec.databases.refresh()
	changed = slices.Concat(networks, accounts, leaked, databases)
	return changed, errors.Join(err1, err2, err3, err4)
}

// refreshAll refreshes lists.
func refreshAll[T any](lists []*list[T]) (changed []string, err error) {
	for _, l := range lists {
		again, e := l.refresh()
		changed, err = append(changed, again...), errors.Join(err, e)
	}
	return changed, err
}
