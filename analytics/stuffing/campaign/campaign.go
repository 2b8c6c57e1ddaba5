// Package campaign is the distributed form of AN1269: an attack from many clients that act
// as one.
//
// A Finder finds the failures that make a campaign: those with something rare in common
// (cluster.go), or more than the tenant is used to (excess.go). They are a Candidate. A Set
// keeps the campaigns: it tells with which of them a candidate goes on (same.go), of which
// one a failure is (set.go), and which of its failures are those of another attack
// (split.go). A Campaign knows when it is over, and what its attempts are like.
//
// The package decides from plain values: failures, times, tools and owners. Package
// stuffing, which keeps the profiles of clients and accounts, makes clients members and
// names the valid credentials.
package campaign

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

const (
	minute = event.Minute // in milliseconds, as all times here
	hour   = event.Hour
)

// Bounds of what one campaign keeps.
const (
	maxClients = 4096
	maxTools   = 64
	maxSample  = 512
	maxKeys    = 8
)

// leastPause is the shortest time, in milliseconds, without failures after which a
// campaign is over; attack.MaxPause is the longest.
const leastPause = 2 * hour

// Campaign is an attack from many clients while it lasts.
type Campaign struct {
	Incident   *attack.Attack
	Began, End int64   // of its failures: Unix milliseconds
	SignIns    SignIns // of the week before it
	nature
	keys     []uint64 // rare traits of its failures; none: the tenant's level
	opened   int64    // End when it opened
	pause    int64    // without failures for so long it is over
	searched [2]int64 // Began and End when the successes before were last searched
	clients  map[event.ClientKey]struct{}
	tools    []uint32
	sample   map[uint64]struct{} // accounts that failed when it opened
	examined int64               // when it was last searched for another one
	recent   []int64             // times of the latest failures without a rare trait, in order
	tried    uint32              // services, when they were last counted
	counted  int                 // failures at that time
}

// SignIns is what the week before a campaign shows about honest sign-ins that are like the
// attacker's. They are counted when a valid credential is first looked for.
type SignIns struct {
	Like      int            // with a program and from networks as the attacker's, and 1; 0: not counted
	Elsewhere int            // from where nobody of the tenant is, and 1; 0: not counted
	Countries map[string]int // those from new networks, by country; nil: not counted
}

// newCampaign returns a campaign of a candidate. Its members are not counted yet.
func newCampaign(c *Candidate) *Campaign {
	k := &Campaign{nature: c.nature, Began: c.Began(), End: c.end(), opened: c.end(),
		clients: map[event.ClientKey]struct{}{}, sample: map[uint64]struct{}{}}
	k.pause = min(max(12*(k.End-k.Began)/int64(len(c.Members)), leastPause), attack.MaxPause)
	k.WaitForRounds(betweenRounds(c.Members))
	for _, f := range c.Members {
		if f.Key != 0 && len(k.sample) < maxSample {
			k.sample[f.Key] = struct{}{}
		}
	}
	return k
}

// LeastRound is the least number of failures in a round.
const LeastRound = 8

// betweenRounds returns the longest pause between failures after which half of the accounts
// are those from before it.
func betweenRounds(members []*evidence.Failure) (longest int64) {
	tried := map[uint64]struct{}{}
	for n := 1; n <= len(members)-LeastRound; n++ {
		tried[members[n-1].Key] = struct{}{}
		pause, again := members[n].At-members[n-1].At, 0
		if n < LeastRound || pause <= max(longest, hour) {
			continue
		}
		for _, f := range members[n:] {
			if _, ok := tried[f.Key]; ok {
				again++
			}
		}
		if 2*again >= len(members)-n {
			longest = pause
		}
	}
	return longest
}

// Covers reports whether a time lies within a campaign.
func (k *Campaign) Covers(at int64) bool { return at >= k.Began-k.pause && at <= k.End+k.pause }

// WaitForRounds makes the pause of a campaign half as long again as another pause in it, in
// milliseconds: the next round comes after as long.
func (k *Campaign) WaitForRounds(pause int64) {
	k.pause = min(max(k.pause, 3*pause/2), attack.MaxPause)
}

// reach is the longest time, in milliseconds, from a success of a campaign to its
// closest failure: twelve times the mean interval, at least ten minutes and at most two
// hours. One who tries accounts one after the other gets in between two failures.
func (k *Campaign) reach() int64 {
	return min(max(12*(k.End-k.Began)/int64(max(k.Incident.Counts.Failures, 1)), 10*minute), 2*hour)
}

// IsNear reports whether a time is near to a failure of a campaign. Of the time before
// the latest failures, only the limits of the campaign are known.
func (k *Campaign) IsNear(at int64) bool {
	reach, all := k.reach(), k.Incident.Attempts()
	if k.Incident.Counts.Failures > len(all) && len(all) > 0 && at < all[0].At {
		return at >= k.Began-reach
	}
	for n := len(all) - 1; n >= 0; n-- {
		if max(all[n].At-at, at-all[n].At) <= reach {
			return true
		}
	}
	return false
}

// services returns the services of a tenth of the latest failures of a campaign or more, as
// a set of bits. The others may be of honest failures at the same time.
func (k *Campaign) services() uint32 {
	if k.counted == k.Incident.Counts.Failures {
		return k.tried
	}
	var with [event.Windows + 1]int
	all := k.Incident.Attempts()
	for n := range all {
		with[all[n].Service]++
	}
	k.tried, k.counted = 0, k.Incident.Counts.Failures
	for s, n := range with {
		if n > 0 && 10*n >= len(all)-with[event.Windows] {
			k.tried |= 1 << s
		}
	}
	return k.tried
}

// Tries reports whether at least a tenth of the latest failures of a campaign are those
// of a service.
func (k *Campaign) Tries(service event.Service) bool { return k.services()>>service&1 != 0 }

// MailOnly reports whether the failures of a campaign are those of IMAP, POP and SMTP.
func (k *Campaign) MailOnly() bool {
	return k.Incident.Services&^(1<<event.IMAPService|1<<event.POPService|1<<event.SMTPService) == 0
}

// HasTool reports whether a campaign has failures with a tool.
func (k *Campaign) HasTool(tool uint32) bool { return slices.Contains(k.tools, tool) }

// Tools returns how many tools a campaign has failures with, at most 64.
func (k *Campaign) Tools() int { return len(k.tools) }

// Uses reports whether a campaign has failures with a tool or an agent.
func (k *Campaign) Uses(tool, agent uint32) bool {
	return k.HasTool(tool) || k.Incident.UsesAgent(agent) ||
		slices.ContainsFunc(k.Incident.Attempts(), func(t window.Attempt) bool { return t.Agent == agent })
}

// MadeWith reports whether most of the latest failures of a campaign are made with a tool
// or an agent.
func (k *Campaign) MadeWith(tool, agent uint32) bool {
	with, all := 0, k.Incident.Attempts()
	for n := range all {
		if all[n].Tool == tool || all[n].Agent == agent {
			with++
		}
	}
	return 2*with > len(all)
}

// Has reports whether a client is a member of a campaign.
func (k *Campaign) Has(c event.ClientKey) bool {
	_, ok := k.clients[c]
	return ok
}

// Full reports whether a campaign takes in no more clients.
func (k *Campaign) Full() bool { return len(k.clients) >= maxClients }

// Count counts a failure in a campaign.
func (k *Campaign) Count(t *window.Attempt) {
	k.Began, k.End = min(k.Began, t.At), max(k.End, t.At)
	k.Incident.AddFailure(*t, nil)
}

// Add counts a failure of a client in a campaign, and reports whether it makes the client
// a member.
func (k *Campaign) Add(f *evidence.Failure, client event.ClientKey) (isNew bool) {
	k.Count(&f.Attempt)
	if isNew = !k.Has(client) && !k.Full(); isNew {
		k.clients[client] = struct{}{}
	}
	if len(k.tools) < maxTools && !k.HasTool(f.Tool) {
		k.tools = append(k.tools, f.Tool)
	}
	return isNew
}

// searchGrain is how much longer, in milliseconds, a campaign has to be than at the last
// search for its successes before the next one.
const searchGrain = 10 * minute

// Unsearched reports whether a campaign has grown by more than searchGrain into times of
// which successes have come already, the latest of them at a time: where records come
// late.
func (k *Campaign) Unsearched(latest int64) bool {
	return k.Began < k.searched[0]-searchGrain || k.End > k.searched[1]+searchGrain && latest > k.searched[1]+k.pause
}

// Search returns the times between which the successes of a campaign may lie, from some
// milliseconds before its failures on, and notes that they are searched.
func (k *Campaign) Search(before int64) (from, to int64) {
	k.searched = [...]int64{k.Began, k.End}
	return k.Began - before, k.End + k.pause
}
