package analytics

import (
	"math/bits"
	"net/netip"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/event"
)

// pairs are the fields of a msgpack map without its header, which needs their
// number. Empty values make no field.
type pairs struct {
	b []byte
	n int
}

func (p *pairs) key(key string) {
	p.n++
	p.b = msgp.AppendString(p.b, key)
}

// word appends a trusted text, for instance the name of a service.
func (p *pairs) word(key, value string) {
	if value != "" {
		p.key(key)
		p.b = msgp.AppendString(p.b, value)
	}
}

// text appends a text from a log, capped.
func (p *pairs) text(key string, value []byte) {
	if len(value) > 0 {
		p.key(key)
		p.b = msgp.AppendStringFromBytes(p.b, value[:min(len(value), event.MaxText)])
	}
}

func (p *pairs) number(key string, n int64) {
	p.key(key)
	p.b = msgp.AppendInt64(p.b, n)
}

func (p *pairs) list(key string, members int) {
	p.key(key)
	p.b = msgp.AppendArrayHeader(p.b, uint32(members))
}

func (p *pairs) address(key string, ip netip.Addr) {
	if ip.IsValid() {
		var b [64]byte
		p.text(key, ip.AppendTo(b[:0]))
	}
}

// markNames are the names of the marks in enriched records, by bit.
var markNames = [...]string{
	"allowed_network", "corporate_egress", "ignored_account", "privileged", "service_account",
	"leaked", "known_automation", "microsoft_range", "known_location",
}

func (p *pairs) marks(m event.Marks) {
	m &= 1<<len(markNames) - 1
	if m == 0 {
		return
	}
	p.list("marks", bits.OnesCount16(uint16(m)))
	for i, name := range markNames {
		if m.Has(1 << i) {
			p.b = msgp.AppendString(p.b, name)
		}
	}
}
