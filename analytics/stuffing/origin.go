package stuffing

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/stuffing/evidence"
)

// maxOrigin bounds the owners and the tools of an origin.
const maxOrigin = 64

// origin is where the failures came from that opened a campaign, and what they were
// made with. Two attacks that go on at the same time differ in it.
type origin struct {
	Owners, Tools []uint32
	Scattered     bool // hardly two clients are known to have the same owner, as in a botnet
}

// originOf returns the origin of failures.
func (s *profiles) originOf(members []*evidence.Failure) (o origin) {
	clients, unknown := make(map[event.ClientKey]struct{}, len(members)), 0
	for _, f := range members {
		o.Tools = addBounded(o.Tools, f.Tool)
		key := s.cut(f.Client)
		if _, seen := clients[key]; seen {
			continue
		}
		clients[key] = struct{}{}
		owner := s.ownerOf(f)
		if owner == 0 {
			unknown++
		}
		o.Owners = addBounded(o.Owners, owner)
	}
	o.Scattered = 2*(len(o.Owners)+unknown) >= len(clients)
	return o
}

// ownerOf returns the owner of the network of a failure, 0 if it is not known.
func (s *profiles) ownerOf(f *evidence.Failure) uint32 {
	if c, ok := s.clients.Peek(s.cut(f.Client)); ok {
		return c.owner
	}
	return 0
}

func addBounded(list []uint32, v uint32) []uint32 {
	if v != 0 && len(list) < maxOrigin && !slices.Contains(list, v) {
		list = append(list, v)
	}
	return list
}

// alike reports whether failures of another origin may be of the same attack: a quarter
// of them share a tool or an owner with it, or both are scattered, so that their owners
// say nothing.
func (s *profiles) alike(o, other *origin, members []*evidence.Failure) bool {
	if o.Scattered && other.Scattered {
		return true
	}
	shared := 0
	for _, f := range members {
		if slices.Contains(o.Tools, f.Tool) || slices.Contains(o.Owners, s.ownerOf(f)) {
			shared++
		}
	}
	return 4*shared >= len(members)
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
