package evidence

import (
	"slices"

	"redshank/analytics/event"
)

// RetriesWithin is the time, in milliseconds, in which a telephone tries its password
// again, deviceClients from how many clients at most it does: at home and on its way.
const (
	RetriesWithin = 30 * 60 * 1000
	deviceClients = 3
)

// device is an account as one telephone with an old password would fail for it.
type device struct {
	tool        uint32
	first, last int64
	clients     []event.ClientKey
	other       bool // the account also fails with another tool, or from too many clients
}

func (d *device) add(f *Failure, client event.ClientKey) {
	if !slices.Contains(d.clients, client) {
		d.clients = append(d.clients, client)
	}
	d.other = d.other || f.Tool != d.tool || len(d.clients) > deviceClients
	d.first, d.last = min(d.first, f.At), max(d.last, f.At)
}

// Telephones reports whether failures up to a time, in Unix milliseconds, are or may turn
// out to be those of telephones that keep an old password, as after a reset of many: nine
// in ten are made by such programs, nine in ten clients fail for one account, and hardly an
// account is given up after one try. phone reports whether a failure may be a telephone's,
// cut returns the client that an address belongs to.
func (e *List) Telephones(members []*Failure, at int64, phone func(*Failure) bool, cut func(event.ClientKey) event.ClientKey) bool {
	devices := make(map[uint64]*device, len(members))
	clients, several := make(map[event.ClientKey]uint64, len(members)), map[event.ClientKey]struct{}{}
	others := 0
	for _, f := range members {
		if f.Key == 0 || !phone(f) {
			others++
			continue
		}
		if devices[f.Key] == nil {
			devices[f.Key] = &device{tool: f.Tool, first: f.At, last: f.At}
		}
		client := cut(f.Client)
		if account, ok := clients[client]; ok && account != f.Key {
			several[client] = struct{}{}
		}
		clients[client] = f.Key
	}
	if 10*others > len(members) || 10*len(several) > len(clients) {
		return false
	}
	for f := range e.Since(members[0].At) {
		if d := devices[f.Key]; d != nil && f.At >= members[0].At {
			d.add(f, cut(f.Client))
		}
	}
	once := 0
	for _, d := range devices {
		if d.other || d.first == d.last && d.first <= at-RetriesWithin {
			once++
		}
	}
	return 2*once <= len(devices)
}
