package campaign

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/stuffing/evidence"
)

// nature is what tells one campaign from another.
type nature struct {
	tenant    bool     // opened by the tenant's level
	only      []uint32 // of the tenant's level: the tools or agents of the campaign; none: any
	parted    bool     // split off from another one by its origin
	origin    origin
	elsewhere []uint32 // owners of the networks of the other, if these are few
}

// claims reports whether an attempt with a tool from the network of an owner is one of a
// campaign that was split off by its origin.
func (n *nature) claims(tool, owner uint32) bool {
	return n.parted && slices.Contains(n.origin.Tools, tool) &&
		(slices.Contains(n.origin.Owners, owner) || len(n.elsewhere) > 0 && !slices.Contains(n.elsewhere, owner))
}

// OfTenant reports whether a campaign opened because the tenant had more failures than it
// is used to: they have nothing rare in common.
func (n *nature) OfTenant() bool { return n.tenant }

// Wide reports whether a campaign takes in all failures that nothing explains, whatever
// they are made with.
func (n *nature) Wide() bool { return n.tenant && len(n.only) == 0 }

// ConsistsOf reports whether a campaign has only the failures of a few tools or agents, and
// the one given is among them.
func (n *nature) ConsistsOf(of uint32) bool { return slices.Contains(n.only, of) }

// Owners returns the owners of the networks from which a campaign opened, at most 64.
func (n *nature) Owners() []uint32 { return n.origin.Owners }

// maxOrigin bounds the owners and the tools of an origin.
const maxOrigin = 64

// origin is where the failures came from that opened a campaign, and what they were
// made with. Two attacks that go on at the same time differ in it.
type origin struct {
	Owners, Tools []uint32
	Scattered     bool // hardly two clients are known to have the same owner, as in a botnet
}

// originOf returns the origin of failures. client returns the client of one, owner the owner
// of its network, 0 if it is not known.
func originOf(members []*evidence.Failure, client func(*evidence.Failure) event.ClientKey, owner func(*evidence.Failure) uint32) (o origin) {
	clients, unknown := make(map[event.ClientKey]struct{}, len(members)), 0
	for _, f := range members {
		o.Tools = addBounded(o.Tools, f.Tool)
		key := client(f)
		if _, seen := clients[key]; seen {
			continue
		}
		clients[key] = struct{}{}
		of := owner(f)
		if of == 0 {
			unknown++
		}
		o.Owners = addBounded(o.Owners, of)
	}
	o.Scattered = 2*(len(o.Owners)+unknown) >= len(clients)
	return o
}

func addBounded(list []uint32, v uint32) []uint32 {
	if v != 0 && len(list) < maxOrigin && !slices.Contains(list, v) {
		list = append(list, v)
	}
	return list
}

// add makes the tools and owners of failures that share a rare trait part of o.
func (o *origin) add(other *origin) {
	for _, v := range other.Owners {
		o.Owners = addBounded(o.Owners, v)
	}
	for _, v := range other.Tools {
		o.Tools = addBounded(o.Tools, v)
	}
}

// alike reports whether failures of another origin may be of the same attack: a quarter
// of them share a tool or an owner with it, or both are scattered, so that their owners
// say nothing.
func (o *origin) alike(other *origin, members []*evidence.Failure, owner func(*evidence.Failure) uint32) bool {
	if o.Scattered && other.Scattered {
		return true
	}
	shared := 0
	for _, f := range members {
		if slices.Contains(o.Tools, f.Tool) || slices.Contains(o.Owners, owner(f)) {
			shared++
		}
	}
	return 4*shared >= len(members)
}
