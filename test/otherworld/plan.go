package otherworld

import (
	"strings"

	"redshank/test/world/network"
)

// attacks plans the attacks: kinds in turn, so that successive seeds have all of them.
func (w *World) attacks() {
	var first []assault
	for _, x := range assaults {
		if w.has(x.needs) && strings.Contains(x.name, w.Only) {
			first = append(first, x)
		}
	}
	chosen := turn(first, w.org.attacks[0]*w.Days/10, w.Seed, w.Only != "")
	for i, slot := range w.Rand.Perm(len(chosen)) {
		w.assail(chosen[i], float64(slot)/float64(len(chosen)))
	}
	var second []theft
	for _, x := range thefts {
		if w.has(x.needs) && strings.Contains(x.name, w.Only) {
			second = append(second, x)
		}
	}
	for _, x := range turn(second, w.org.attacks[1]*w.Days/10, w.Seed, w.Only != "") {
		w.rob(x)
	}
}

// turn returns n of list: with seed 1 the first, with seed 2 those that follow, and so
// on, after a shuffle that is always the same.
func turn[T any](list []T, n int, seed uint64, all bool) (out []T) {
	order := network.Mix(42)
	list = append([]T(nil), list...)
	for i := len(list) - 1; i > 0; i-- {
		order = network.Mix(order)
		k := int(order % uint64(i+1))
		list[i], list[k] = list[k], list[i]
	}
	if all {
		return list
	}
	for i := range min(n, len(list)) {
		out = append(out, list[(int(seed-1)*n+i)%len(list)])
	}
	return out
}
