package otherworld

import (
	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// functional are mailboxes that nobody owns, several times.
func functional(w *World) (list []lines.Account) {
	for range w.Number(5, 9) {
		for _, name := range []string{"info", "scan", "reception", "invoices", "jobs", "press", "svc-erp", "noreply"} {
			list = append(list, lines.Account{UPN: name + "@" + w.domain, Down: w.netbios + `\` + name})
		}
	}
	return list
}

// accounts returns n accounts: people, a share of them replaced by former employees.
// An organisation with fewer people has more of the latter.
func (c *company) accounts(n int, left float64) (list []lines.Account) {
	for i := range n {
		list = append(list, lines.Account{UPN: c.former(i + c.Number(0, 3)*n)})
	}
	for i, p := range dice.Some(c, c.people, n) {
		if !c.Chance(left) {
			list[i] = p.aim()
		}
	}
	return list
}

func pairs(low, high int, left float64) func(*World) []lines.Account {
	return func(w *World) (list []lines.Account) {
		for _, t := range w.accounts(w.Number(low, high), left) {
			for range 1 + w.Rand.IntN(3)/2 {
				list = append(list, t)
			}
		}
		return list
	}
}

func rounds(low, high, fewest, most int) func(*World) []lines.Account {
	return func(w *World) (list []lines.Account) {
		accounts := w.accounts(w.Number(low, high), 0.05)
		for range w.Number(fewest, most) {
			list = append(list, accounts...)
		}
		return list
	}
}

func administrators(n, low, high int) func(*World) []lines.Account {
	return func(w *World) (list []lines.Account) {
		who := dice.Some(w, w.admins, n)
		for i := range w.Number(low, high) / n * len(who) {
			list = append(list, who[i%len(who)].aim())
		}
		return list
	}
}

func (c *company) leakedFew() (list []lines.Account) {
	for _, p := range c.people {
		for _, l := range c.leaked {
			if l == p.upn() && len(list) < 6 {
				list = append(list, p.aim())
			}
		}
	}
	for i := 0; len(list) < 6; i++ {
		list = append(list, lines.Account{UPN: c.former(i)})
	}
	return list
}
