package policy

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/gaissmai/bart"
	"go.yaml.in/yaml/v3"

	"redshank/analytics/event"
	"redshank/analytics/policy/strict"
)

// networkLists are the lists of networks of a policy.
type networkLists struct {
	allowed, egress, proxies, microsoft, locations policyList[netip.Prefix]
	labels                                         []*label
	headers                                        []string
}

// label is a name for networks: a branch, a VPN, a block list.
type label struct {
	name     string
	prefixes policyList[netip.Prefix]
}

// maxLabels bounds the labels of a policy: one bit of a 64-bit word for each.
const maxLabels = 64

// place is what a policy knows about an address: one word each, so that a
// block list of a million prefixes stays small.
type place struct {
	marks  event.Marks
	labels uint64 // bit i: the label of that index
}

// trustedProxy is a mark of the table only; it never leaves this package.
const trustedProxy event.Marks = 1 << 15

// networkTable answers with one lookup what all lists say about an address:
// every prefix carries also what the prefixes around it say.
type networkTable struct {
	places bart.Table[place]
	labels []string
}

func (s *networkLists) fields() strict.Fields {
	return strict.Fields{
		"allowed":          elements(&s.allowed),
		"corporate_egress": elements(&s.egress),
		"trusted_proxies":  elements(&s.proxies),
		"microsoft":        elements(&s.microsoft),
		"client_headers":   s.readHeaders,
		"labels":           s.readLabels,
	}
}

// maxHeaders bounds the client headers of a policy.
const maxHeaders = 4

// readHeaders reads the names of headers, the best first.
func (s *networkLists) readHeaders(r *strict.Reader, at string, n *yaml.Node) {
	s.headers = nil
	r.Items(at, n, func(item *yaml.Node) {
		name, ok := r.Value(item, at, "the name of a header")
		switch {
		case !ok:
		case name == "" || len(name) > 32 || strings.ContainsAny(name, " :,"):
			r.Fail(item, at, "%q: not the name of a header (want X-Forwarded-For)", strict.Clip(name))
		case len(s.headers) == maxHeaders:
			r.Fail(item, at, "%q: too many headers (want at most %d)", strict.Clip(name), maxHeaders)
		default:
			s.headers = append(s.headers, name)
		}
	})
}

// readLabels reads [{name, prefixes, files}].
func (s *networkLists) readLabels(r *strict.Reader, at string, n *yaml.Node) {
	s.labels = nil
	r.Items(at, n, func(item *yaml.Node) {
		l := &label{}
		var files policyList[netip.Prefix]
		strict.Section(strict.Fields{
			"name":     strict.Text(&l.name),
			"prefixes": elements(&l.prefixes),
			"files":    elements(&files),
		})(r, at, item)
		for _, e := range files.pending {
			e.file = true
			l.prefixes.pending = append(l.prefixes.pending, e)
		}
		switch {
		case l.name == "":
			r.Fail(item, strict.Join(at, "name"), "missing")
		case len(s.labels) == maxLabels:
			r.Fail(item, at, "%q: one label too many (at most %d)", strict.Clip(l.name), maxLabels)
		default:
			s.labels = append(s.labels, l)
		}
	})
}

// finish parses the lists.
func (s *networkLists) finish(r *strict.Reader) {
	for _, l := range s.lists() {
		l.finish(r, strict.ParsePrefix)
	}
}

// lists are all lists, for what is to be done to each.
func (s *networkLists) lists() []*policyList[netip.Prefix] {
	all := []*policyList[netip.Prefix]{&s.allowed, &s.egress, &s.proxies, &s.microsoft, &s.locations}
	for _, l := range s.labels {
		all = append(all, &l.prefixes)
	}
	return all
}

// table builds the lookup table.
func (s *networkLists) table() *networkTable {
	own := map[netip.Prefix]place{}
	add := func(l *policyList[netip.Prefix], p place) {
		l.all(func(prefix netip.Prefix) {
			old := own[prefix]
			own[prefix] = place{old.marks | p.marks, old.labels | p.labels}
		})
	}
	add(&s.allowed, place{marks: event.AllowedNetwork})
	add(&s.egress, place{marks: event.CorporateEgress})
	add(&s.proxies, place{marks: trustedProxy})
	add(&s.microsoft, place{marks: event.MicrosoftRange})
	add(&s.locations, place{marks: event.KnownLocation})
	t := &networkTable{}
	for i, l := range s.labels {
		add(&l.prefixes, place{labels: 1 << i})
		t.labels = append(t.labels, l.name)
	}
	t.insert(own)
	return t
}

// insert puts prefixes in from the widest to the narrowest, so that each finds
// already there what it inherits.
func (t *networkTable) insert(own map[netip.Prefix]place) {
	order := make([]netip.Prefix, 0, len(own))
	for prefix := range own {
		order = append(order, prefix)
	}
	slices.SortFunc(order, func(a, b netip.Prefix) int { return cmp.Compare(a.Bits(), b.Bits()) })
	for _, prefix := range order {
		around, _ := t.places.Lookup(prefix.Addr())
		p := own[prefix]
		t.places.Insert(prefix, place{p.marks | around.marks, p.labels | around.labels})
	}
}

// find is what the policy knows about an address.
func (t *networkTable) find(a netip.Addr) place {
	if !a.IsValid() {
		return place{}
	}
	p, _ := t.places.Lookup(a)
	return p
}

// trusted reports whether an address is one of the policy's own proxies.
func (t *networkTable) trusted(a netip.Addr) bool { return t.find(a).marks.Has(trustedProxy) }

// names are the labels of a place, in the order of the policy.
func (t *networkTable) names(p place) []string {
	var names []string
	for i, name := range t.labels {
		if p.labels&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}
