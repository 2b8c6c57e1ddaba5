package otherworld

import (
	"net/netip"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
	"redshank/test/world/network"
)

// origin is where tries come from.
type origin struct {
	client func(i int) lines.Client
	shared bool // honest people use the addresses
}

func tool(w *World) func(int) string {
	a := dice.OneOf(w, tools...)
	return func(int) string { return a }
}

func common(w *World) func(int) string { a := w.current(w.Start); return func(int) string { return a } }

func rotating(w *World) func(int) string {
	return func(int) string { return dice.OneOf(w, oldBrowsers...) }
}

// pool is a number of addresses that are used in turn or at random.
func (l *land) pool(list []netip.Addr, agent func(int) string) origin {
	shuffled := l.Chance(0.5)
	return origin{client: func(i int) lines.Client {
		if shuffled {
			return client(dice.OneOf(l, list...), agent(i))
		}
		return client(list[i%len(list)], agent(i))
	}}
}

func oneServer(w *World) origin {
	agent := tool(w)
	if w.Chance(0.3) {
		agent = func(int) string { return oldBrowsers[int(w.Seed)%len(oldBrowsers)] }
	}
	return w.pool([]netip.Addr{dice.OneOf(w, w.rented(), w.addresses(1, w.foreign)[0])}, agent)
}

func prefix(w *World) origin {
	n, subscriber, agent := dice.OneOf(w, w.hosting...), w.Rand.Uint64(), tool(w)
	return origin{client: func(i int) lines.Client { return client(n.V6(subscriber, uint64(i)*7919), agent(i)) }}
}

// manyPrefixes gives every try a /64 of its own.
func manyPrefixes(w *World) origin {
	n, agent := dice.OneOf(w, w.hosting...), tool(w)
	return origin{client: func(i int) lines.Client { return client(n.V6(uint64(i)*6151, uint64(i)), agent(i)) }}
}

// sharedVPN is an exit at which people of the organisation are seen, if any use one.
func sharedVPN(w *World) origin {
	o := consumerVPN(w)
	for _, p := range w.people {
		if p.private != nil {
			o = w.pool([]netip.Addr{p.private.V4(w.Hash(4, int64(p.number%9), 0))}, tool(w))
			o.shared = true
		}
	}
	return o
}

func telephones(w *World) func(int) string {
	return func(int) string { return dice.OneOf(w, phones...) }
}

type agents = func(*World) func(int) string

// spreadOver draws addresses of networks; no more than the attack will use.
func spreadOver(low, high int, pick func(*World) []*network.Network, agent agents) func(*World) origin {
	return func(w *World) origin { return w.pool(w.addresses(w.Number(low, high), pick(w)), agent(w)) }
}

func hosts(low, high int) func(*World) origin {
	return spreadOver(low, high, func(w *World) []*network.Network { return w.hosting }, tool)
}

func proxies(low, high int, agent agents) func(*World) origin {
	return spreadOver(low, high, func(w *World) []*network.Network { return w.countries[0].broadband }, agent)
}

func botnet(low, high int, agent agents) func(*World) origin {
	return spreadOver(low, high, func(w *World) []*network.Network { return w.foreign }, agent)
}

func functions(agent agents) func(*World) origin {
	return spreadOver(250, 400, func(w *World) []*network.Network { return w.functions }, agent)
}

func consumerVPN(w *World) origin {
	return w.pool(w.addresses(1, w.privacy), common(w))
}

func behindSite(agent agents) func(*World) origin {
	return func(w *World) origin {
		at, desk, a := dice.OneOf(w, w.sites...), byte(w.Number(10, 60)), agent(w)
		return origin{shared: true, client: func(i int) lines.Client {
			if at.inside && !w.hasTenant() {
				return client(netip.AddrFrom4([4]byte{10, byte(40 + at.number), 0, desk}), a(i))
			}
			return client(at.exits[0], a(i))
		}}
	}
}

func behindVPN(w *World) origin {
	if len(w.vpn) == 0 {
		return behindSite(tool)(w)
	}
	o := w.pool(w.vpn[:1], tool(w))
	o.shared = true
	return o
}

func behindCarrier(w *World) origin {
	a := dice.OneOf(w, w.countries[0].mobile...).V4(w.Hash(2, int64(w.Rand.IntN(120))))
	o := w.pool([]netip.Addr{a}, tool(w))
	o.shared = true
	return o
}
