package collection

import (
	"math"
	"strconv"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/state"
)

// The constants of the rarity scale.
const (
	// leastTenant is the number of accounts below which rarity is unknown and every
	// signal keeps its whole weight.
	leastTenant = 10
	// learningDays is how long a tenant is observed before an account in two networks
	// is significant. Until then such a signal counts half.
	learningDays = 2
	// A feature is common, and has no weight, when commonShare of all accounts use
	// it, and at least commonLeast accounts, or commonSmall in a small tenant.
	commonSmall, commonLeast, commonShare = 4, 8, 0.02
	// A feature that is usual for no account yet, such as a new product, is common
	// when adoptedBy times as many accounts use it.
	adoptedBy = 3
)

// usersPerFeature bounds the features of the population: one for this many
// accounts of the account table.
const usersPerFeature = 4

// rarityOf are the signals whose weight depends on how many other accounts of the
// tenant use the same feature: the network, country, application or reader that
// is new to the account.
var rarityOf = setOf(newNetwork, newCountry, newFamily, newApp, impossibleTravel, signInScript, signInROPC, signInDeviceCode, signInLegacy,
	signInAfterFailures, signInFromAttack, signInRented, sessionMoved, mailConsent, accessScript, accessNoAgent, accessForeignApp, accessNewApp, accessOrdinary, accessMany, accessSync, accessGraph)

// appSignals are the signals about the use of an application. Each account that
// adopts an application counts at once.
var appSignals = setOf(newApp, mailConsent, accessForeignApp, accessNewApp, accessGraph)

// usualOf returns the feature under which the accounts are counted for which a
// feature is usual.
func usualOf(feature uint64) baseline.Feature { return baseline.NewFeature('u', feature) }

// weights computes what observations weigh.
type weights struct {
	policy     *policy.Policy
	networks   *networks
	signals    [signalKinds]policy.Signal // with the weights of the policy
	population *baseline.Population       // how many accounts of the tenant use a feature
}

// seen counts the account of an event as a user of a feature. An account that is
// known by its object id alone is not counted, since it is counted by its name.
func (c *weights) seen(d *profile, ev *event.Event, feature uint64) {
	c.seenAs(d, ev, feature, feature)
}

// seenAs counts the account of an event, which has used a feature, as a user of shared.
func (c *weights) seenAs(d *profile, ev *event.Event, feature, shared uint64) {
	if d.kind != aUser || ev.UserKind != event.UserPerson {
		return
	}
	at := ev.Time.UnixMilli()
	c.population.Add(baseline.Feature(shared), d.key, at)
	if d.Baseline.Knows(feature, at, c.policy.Collection.Baseline) {
		c.population.Add(usualOf(shared), d.key, at)
	}
}

// forget takes back that an account was seen as a user of a feature.
func (c *weights) forget(d *profile, feature uint64) {
	c.population.Forget(baseline.Feature(feature), d.key)
	c.population.Forget(usualOf(feature), d.key)
}

// others returns how many accounts of the tenant share the feature of a signal,
// besides the subject or the account behind an application. An account for which the
// feature is not usual yet counts as a third, so that a few victims of a thief do not
// make the thief's network common. For applications every account counts from its first
// use. client is the address of the signal, near which the users of rented servers count.
func (c *weights) others(d *profile, kind signalKind, feature uint64, client event.ClientKey, at int64) int {
	account := d.key
	if d.kind == anApp {
		account = d.Accounts[0]
	}
	if appSignals.has(kind) {
		return c.population.UsersBesides(baseline.Feature(feature), account, at)
	}
	users := c.users(feature, account, at)
	if nearby := c.networks.serversOf(client); nearby != 0 && feature == c.networks.networkOf(client) {
		users = max(users, c.users(nearby, account, at))
	}
	return users
}

// users returns for how many accounts besides one a feature is usual, with a third of the
// other users.
func (c *weights) users(feature, besides uint64, at int64) int {
	usual := c.population.UsersBesides(usualOf(feature), besides, at)
	users := c.population.UsersBesides(baseline.Feature(feature), besides, at)
	return usual + max(users-usual, 0)/adoptedBy
}

// common returns the number of accounts that makes a feature common.
func (c *weights) common() float64 {
	all := float64(c.population.Accounts())
	return max(commonSmall, min(commonLeast, all/10), commonShare*all)
}

// rarity returns the share, 0 to 1, of a signal's weight that remains if others use
// the same feature. Weights are log-odds, so the share falls with the
// logarithm of the number of users: 1 for none, 0 for a common feature.
func rarity(others int, common float64) float64 {
	return max(0, 1-math.Log1p(float64(others))/math.Log1p(common))
}

// dependsOnRarity reports whether the weight of an observation depends on how many
// others share its feature. The networks of people say nothing about those of an
// application.
func (c *weights) dependsOnRarity(d *profile, n *observation) bool {
	return n.feature != 0 && rarityOf.has(n.kind) && (d.kind != anApp || !setOf(newNetwork, newCountry).has(n.kind) || n.grant)
}

// rareShare returns the rarity of the feature of an observation.
func (c *weights) rareShare(d *profile, n *observation) float64 {
	if !c.dependsOnRarity(d, n) || c.population.Accounts() < leastTenant {
		return 1
	}
	share := rarity(c.others(d, n.kind, n.feature, n.client, n.last), c.common())
	if (setOf(sessionMoved, impossibleTravel).has(n.kind) || ofOwnScript.has(n.kind) && c.inUsualNetwork(n.client)) && !c.population.Learned(n.first, learningDays) {
		share /= 2
	}
	return share
}

// ofOwnScript are the signals of a script of the tenant's own, which runs in a network that
// the policy calls usual for everybody. On the first days nothing else tells them from
// those of a theft.
var ofOwnScript = setOf(signInROPC, signInLegacy, accessForeignApp)

// inUsualNetwork reports whether the policy calls the network of a client usual for
// everybody.
func (c *weights) inUsualNetwork(k event.ClientKey) bool {
	return k != (event.ClientKey{}) && c.policy.AddressMarks(k.Addr())&usualNetwork != 0
}

// of returns the current weight of an observation: 0 if its feature has turned out
// to be usual for the account, half if only a group's baseline was compared, and the
// less the more other accounts use the same feature.
func (c *weights) of(d *profile, n *observation) int {
	weight := c.signals[n.kind].Weight
	switch {
	case d.kind == anApp && d.Accounts.Full() && ofAdopters(n), n.kind == mailConsent && n.grant:
		return 0
	case n.feature != 0 && d.Baseline.KnewBefore(n.feature, n.first, c.policy.Collection.Baseline):
		return 0
	case n.half:
		weight /= 2
	}
	return int(math.Round(float64(weight) * c.rareShare(d, n)))
}

// ofAdopters reports whether an observation of an application is about one of the
// accounts that use it. Among those of an application that many have adopted some
// travel, and its servers change.
func ofAdopters(n *observation) bool { return n.grant || n.kind == sessionMoved }

// seenBy returns how rare the feature of an observation is, for an analyst: "3 of
// 412 accounts"; "" for a signal that does not depend on rarity.
func (c *weights) seenBy(d *profile, n *observation) string {
	if !c.dependsOnRarity(d, n) {
		return ""
	}
	users, all := c.others(d, n.kind, n.feature, n.client, n.last), c.population.Accounts()
	if d.kind == aUser {
		users++
	}
	return strconv.Itoa(users) + " of " + strconv.Itoa(max(all, users)) + " accounts"
}

// rareAddress reports whether few accounts have signed in from a client.
func (c *weights) rareAddress(d *profile, k event.ClientKey, at int64) bool {
	return float64(c.population.UsersBesides(baseline.Feature(linkOf(c.policy, k)), d.key, at)) < c.common()
}

// table returns the table of the population.
func (c *weights) table() state.Table {
	return state.Table{
		Name: "rarity", Track: c.population.Track,
		Changes: func(w *state.Writer) {
			w.Fail(c.population.Changes(func(key uint64, value []byte, ok bool) {
				w.Value = append(w.Value[:0], value...)
				w.Put("rarity", w.Number(key), ok)
			}))
		},
		Restore: func(key, value []byte) error {
			k, err := state.Number(key)
			if err != nil {
				return err
			}
			return c.population.Load(k, value)
		},
	}
}
