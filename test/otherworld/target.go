package otherworld

// functional are mailboxes that nobody owns, several times.
func functional(w *World) (list []aim) {
	for range w.count(5, 9) {
		for _, name := range []string{"info", "scan", "reception", "invoices", "jobs", "press", "svc-erp", "noreply"} {
			list = append(list, aim{upn: name + "@" + w.domain, down: w.netbios + `\` + name})
		}
	}
	return list
}

// accounts returns n accounts: people, a share of them replaced by former employees.
// An organisation with fewer people has more of the latter.
func (c *company) accounts(n int, left float64) (list []aim) {
	for i := range n {
		list = append(list, aim{upn: c.former(i + c.count(0, 3)*n)})
	}
	for i, p := range some(c, c.people, n) {
		if !c.chance(left) {
			list[i] = p.aim()
		}
	}
	return list
}

func pairs(low, high int, left float64) func(*World) []aim {
	return func(w *World) (list []aim) {
		for _, t := range w.accounts(w.count(low, high), left) {
			for range 1 + w.rng.IntN(3)/2 {
				list = append(list, t)
			}
		}
		return list
	}
}

func rounds(low, high, fewest, most int) func(*World) []aim {
	return func(w *World) (list []aim) {
		accounts := w.accounts(w.count(low, high), 0.05)
		for range w.count(fewest, most) {
			list = append(list, accounts...)
		}
		return list
	}
}

func administrators(n, low, high int) func(*World) []aim {
	return func(w *World) (list []aim) {
		who := some(w, w.admins, n)
		for i := range w.count(low, high) / n * len(who) {
			list = append(list, who[i%len(who)].aim())
		}
		return list
	}
}

func (c *company) leakedFew() (list []aim) {
	for _, p := range c.people {
		for _, l := range c.leaked {
			if l == p.upn() && len(list) < 6 {
				list = append(list, p.aim())
			}
		}
	}
	for i := 0; len(list) < 6; i++ {
		list = append(list, aim{upn: c.former(i)})
	}
	return list
}
