package stuffing

import (
	"math"
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// Bounds of campaigns: how many are kept, and what one of them keeps.
const (
	maxCampaigns       = 64
	maxCampaignClients = 4096
	maxCampaignTools   = 64
	maxCampaignSample  = 512
	maxCampaignKeys    = 8
)

// campaignPause is the shortest time, in milliseconds, without failures after
// which a campaign is over, maxCampaignPause the longest.
const (
	campaignPause    = 2 * 60 * 60 * 1000
	maxCampaignPause = 8 * 60 * 60 * 1000
)

// campaign is an attack from many clients while it lasts.
type campaign struct {
	incident       *attack.Attack
	keys           []uint64 // rare traits of its failures; none: the tenant's level
	tenant         bool     // opened by the tenant's level
	began, end     int64    // of its failures
	opened         int64    // end when it opened
	pause          int64    // without failures for so long it is over
	searched       [2]int64 // began and end when the successes before were last searched
	clients        map[event.ClientKey]struct{}
	tools          []uint32
	sample         map[uint64]struct{} // accounts that failed when it opened
	origin         origin
	only           []uint32       // of the tenant's level: the tools or agents of the campaign; none: any
	examined       int64          // when it was last searched for another one
	parted         bool           // split off from another one by its origin
	elsewhere      []uint32       // owners of the networks of the other, if these are few
	usualLike      int            // sign-ins like the attacker's in the week before, and 1; 0: not counted
	countries      map[string]int // sign-ins from new networks in the week before; nil: not counted
	usualElsewhere int            // those from elsewhere
	recent         []int64        // times of the latest failures without a rare trait, in order
	tried          uint32         // services, when they were last counted
	counted        int            // failures at that time
}

// quorum is how many failures must come within a third of a pause for a
// campaign to go on that has nothing rare about it.
const quorum = 3

// covers reports whether a time lies within a campaign.
func (k *campaign) covers(at int64) bool { return at >= k.began-k.pause && at <= k.end+k.pause }

// waitForRounds makes the pause of a campaign half as long again as another pause in it: the
// next round comes after as long.
func (k *campaign) waitForRounds(pause int64) {
	k.pause = min(max(k.pause, 3*pause/2), maxCampaignPause)
}

// apart returns the time between a campaign and failures, in order, that are all after
// or all before it, in milliseconds; otherwise a negative number.
func (k *campaign) apart(members []*evidence.Failure) int64 {
	return max(members[0].At-k.end, k.began-members[len(members)-1].At)
}

// betweenRounds returns the longest pause between failures after which half of the accounts
// are those from before it.
func betweenRounds(members []*evidence.Failure) (longest int64) {
	tried := map[uint64]struct{}{}
	for n := 1; n <= len(members)-leastRound; n++ {
		tried[members[n-1].Key] = struct{}{}
		pause, again := members[n].At-members[n-1].At, 0
		if n < leastRound || pause <= max(longest, hour) {
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

// reach is the longest time, in milliseconds, from a success of a campaign to its
// closest failure: twelve times the mean interval, at least ten minutes and at most two
// hours. One who tries accounts one after the other gets in between two failures.
func (k *campaign) reach() int64 {
	return min(max(12*(k.end-k.began)/int64(max(k.incident.Counts.Failures, 1)), 10*minute), 2*hour)
}

// isNear reports whether a time is near to a failure of a campaign. Of the time before
// the latest failures, only the limits of the campaign are known.
func (k *campaign) isNear(at int64) bool {
	reach, all := k.reach(), k.incident.Attempts()
	if k.incident.Counts.Failures > len(all) && len(all) > 0 && at < all[0].At {
		return at >= k.began-reach
	}
	for n := len(all) - 1; n >= 0; n-- {
		if abs(all[n].At-at) <= reach {
			return true
		}
	}
	return false
}

// services returns the services of a tenth of the latest failures of a campaign or more, as
// a set of bits. The others may be of honest failures at the same time.
func (k *campaign) services() uint32 {
	if k.counted == k.incident.Counts.Failures {
		return k.tried
	}
	var with [event.Windows + 1]int
	all := k.incident.Attempts()
	for n := range all {
		with[all[n].Service]++
	}
	k.tried, k.counted = 0, k.incident.Counts.Failures
	for s, n := range with {
		if n > 0 && 10*n >= len(all)-with[event.Windows] {
			k.tried |= 1 << s
		}
	}
	return k.tried
}

// tries reports whether at least a tenth of the latest failures of a campaign are those
// of a service.
func (k *campaign) tries(service event.Service) bool { return k.services()>>service&1 != 0 }

// uses reports whether a campaign has failures with the tool or the agent of a success.
func (k *campaign) uses(got *signIn) bool {
	return slices.Contains(k.tools, got.tool) || k.incident.UsesAgent(got.agent) ||
		slices.ContainsFunc(k.incident.Attempts(), func(t window.Attempt) bool { return t.Agent == got.agent })
}

// madeWith reports whether most of the latest failures of a campaign are made with the tool or the
// agent of a success.
func (k *campaign) madeWith(got *signIn) bool {
	with, all := 0, k.incident.Attempts()
	for n := range all {
		if all[n].Tool == got.tool || all[n].Agent == got.agent {
			with++
		}
	}
	return 2*with > len(all)
}

// mailOnly reports whether the failures of a campaign are those of IMAP, POP and SMTP.
func (k *campaign) mailOnly() bool {
	return k.incident.Services&^(1<<event.IMAPService|1<<event.POPService|1<<event.SMTPService) == 0
}

// searchGrain is how much longer, in milliseconds, a campaign has to be than at the last
// search for its successes before the next one.
const searchGrain = 10 * 60 * 1000

// unsearched reports whether a campaign has grown by more than searchGrain into times of
// which successes have come already, the latest of them at a time: where records come
// late.
func (k *campaign) unsearched(latest int64) bool {
	return k.began < k.searched[0]-searchGrain || k.end > k.searched[1]+searchGrain && latest > k.searched[1]+k.pause
}

func (k *campaign) has(c event.ClientKey) bool {
	_, ok := k.clients[c]
	return ok
}

// sharedAccounts returns how many accounts fail, and how many of these failed when the
// campaign opened.
func (k *campaign) sharedAccounts(members []*evidence.Failure) (shared, named int) {
	seen := make(map[uint64]struct{}, len(members))
	for _, f := range members {
		if _, ok := seen[f.Key]; ok || f.Key == 0 {
			continue
		}
		seen[f.Key] = struct{}{}
		named++
		if _, ok := k.sample[f.Key]; ok {
			shared++
		}
	}
	return shared, named
}

// sameAccounts reports whether at least half of the accounts that fail did so when a
// campaign opened, and more than by chance: three standard deviations more than if the
// accounts of both were drawn from the tenant's. Attacks on everybody share most accounts,
// so that a campaign that opened with more than a quarter of the tenant's does not count.
func (s *campaigns) sameAccounts(k *campaign, members []*evidence.Failure) bool {
	shared, named := k.sharedAccounts(members)
	share := min(1, float64(len(k.sample))/float64(max(s.rarity.population.Accounts(), 1)))
	byChance := share * float64(named)
	return named > 0 && 2*shared >= named && share <= 0.25 && float64(shared) > byChance+3*math.Sqrt(byChance*(1-share))
}

// nextRound reports whether failures are the next round of a campaign, or the one before: within
// hours, with the same tool, from similar networks, and four fifths of them of accounts that
// failed in it.
func (s *campaigns) nextRound(k *campaign, made *campaign, members []*evidence.Failure) bool {
	tools := slices.ContainsFunc(k.tools, func(t uint32) bool { return slices.Contains(made.origin.Tools, t) })
	apart, again := k.apart(members), 0
	for _, f := range members {
		if k.incident.HasFailed(f.Key) {
			again++
		}
	}
	return tools && apart > 0 && apart <= maxCampaignPause/2 && 5*again >= 4*len(members) && s.profiles.alike(&k.origin, &made.origin, members)
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// How many failures a campaign compares with the others that it keeps, to see whether another
// attack began in its shadow: by the tools that stand out, and by all differences.
const (
	toolFailures   = 32
	latestFailures = 24
)

// split opens a campaign of the latest failures of another one that are those of another attack,
// begun in its shadow: in a campaign without tools of its own, most were made with the same few;
// in any, they come at another rate and with other tools or from networks of other owners. Their
// accounts are others, too: rounds are part of one attack. split compares every eighth failure.
func (s *campaigns) split(k *campaign, f *evidence.Failure, ev *event.Event) {
	if k.incident.Counts.Failures%8 != 0 || abs(f.At-k.examined) < minute {
		return // looking back over all sign-ins costs too much for every few failures
	}
	k.examined = f.At
	all := s.profiles.failuresOf(k)
	if latest, _ := evidence.Nearest(all, f.At, toolFailures); k.tenant && len(k.only) == 0 && len(latest) == toolFailures {
		if of, only := evidence.Characteristic(latest); only != nil && s.level.several(of) && of[0].At > k.opened {
			s.open(campaign{tenant: true, only: only}, of, ev)
			return
		}
	}
	latest, others := evidence.Nearest(all, f.At, latestFailures)
	if made, of := s.profiles.otherOrigin(k, latest, others); made != nil && s.level.several(of) && !evidence.SameAccounts(of, others) {
		s.open(*made, s.profiles.part(k, made, all, of), ev)
	}
}

// goesOn reports whether a failure without a rare trait belongs to the
// campaign: it is not after the campaign's end, or at least quorum recent
// failures arrive at no less than the usual rate. The caller checks the tools.
func (s *campaigns) goesOn(k *campaign, f *evidence.Failure) bool {
	if f.At <= k.end || f.Repeated {
		return f.At <= k.end
	}
	window := k.pause / 3
	if place, seen := slices.BinarySearch(k.recent, f.At); !seen { // or another log reported it before
		k.recent = slices.Insert(k.recent, place, f.At)
	}
	k.recent = slices.DeleteFunc(k.recent, func(at int64) bool { return at < f.At-window })
	if over := len(k.recent) - maxPairs; over > 0 {
		k.recent = slices.Delete(k.recent, 0, over)
	}
	now := int32(f.At / hour)
	usual := s.evidence.Level(f.Service).Usual(now, s.clusters.prior()) * float64(window) / hour
	if len(k.recent) >= quorum && float64(len(k.recent)) >= usual {
		s.confirm(k, f.At)
		return true
	}
	return false
}

// confirm makes the recent failures of a campaign that were too few to go on part of
// it: those up to a time, and, where records are late, those after it
// that go on at the same rate.
func (s *campaigns) confirm(k *campaign, now int64) {
	later := s.evidence.Unexplained(min(k.end+1, k.recent[0]), func(e *evidence.Failure) bool {
		of := !k.parted || k.claims(e.Tool, s.profiles.ownerOf(e))
		return of && !e.Single && !e.Repeated && (len(k.only) == 0 && !evidence.MailProtocol(e.Service) || e.MadeWith(k.only))
	})
	n := 0
	for ; n < len(later); n++ {
		if enough := n + quorum - 1; later[n].At > now && (enough >= len(later) || later[enough].At-k.end > k.pause/3) {
			break
		}
		if c, ok := s.profiles.clients.Peek(s.profiles.cut(later[n].Client)); ok {
			s.member(k, later[n], c)
		}
	}
	s.evidence.Take(later[:n])
}

// revise withdraws the campaign of an incident if the failures that no success explains
// are too few for one.
func (s *campaigns) revise(i *attack.Attack) {
	var rest []*evidence.Failure
	for _, t := range i.Attempts() {
		if !t.Succeeded {
			rest = append(rest, &evidence.Failure{Attempt: t})
		}
	}
	if !s.level.several(rest) {
		s.withdraw(i)
	}
}

// withdraw closes the campaign of an incident, if it has one, and withdraws the incident.
func (s *campaigns) withdraw(i *attack.Attack) {
	if n := slices.IndexFunc(s.list, func(k *campaign) bool { return k.incident == i }); n >= 0 {
		s.retire(s.list[n])
		s.incidents.tracker.Withdraw(i.Incident)
	}
}

// telephones reports whether failures may be those of people's telephones, which keep the
// old password after a reset: they come from networks of owners that people come from. The
// latest of the failures arrived some milliseconds ago.
func (s *campaigns) telephones(members []*evidence.Failure, ago int64) bool {
	return s.evidence.Telephones(members, members[len(members)-1].At+ago, func(f *evidence.Failure) bool {
		c, ok := s.profiles.clients.Peek(s.profiles.cut(f.Client))
		return ok && isMail(&f.Attempt) && !s.rarity.oddOwner(c, f.At)
	}, s.profiles.cut)
}

// concurrent returns the failures with the tool of a failure, from an hour before a time to
// an hour after the failure, of clients that have incidents of their own or fail for a
// quarter of the accounts that a campaign needs, and where nobody else gets in.
func (s *campaigns) concurrent(f *evidence.Failure, start int64) []*evidence.Failure {
	all := s.evidence.Unexplained(start-hour, func(o *evidence.Failure) bool { return o.Tool == f.Tool && o.At <= f.At+hour })
	at := map[event.ClientKey]map[uint64]struct{}{}
	for _, o := range all {
		key := s.profiles.cut(o.Client)
		if at[key] == nil {
			at[key] = map[uint64]struct{}{}
		}
		at[key][o.Key] = struct{}{}
	}
	least := max(2, (s.level.policy.Stuffing.Campaign.Accounts+3)/4)
	for key, accounts := range at {
		if c, ok := s.profiles.clients.Peek(key); len(accounts) < least || !ok || c.succeeded(start-hour, f.At+hour) > maxUsersBeside {
			delete(at, key)
		}
	}
	return slices.DeleteFunc(all, func(o *evidence.Failure) bool { return !o.Single && at[s.profiles.cut(o.Client)] == nil })
}

// The keys of undecided failures of the tenant's level. Those of traits are odd.
const (
	levelKeyWeb  = 2
	levelKeyMail = 4
)

func levelKey(t *window.Attempt) uint64 {
	if evidence.MailProtocol(t.Service) {
		return levelKeyMail
	}
	return levelKeyWeb
}

// postpone makes a decision about a campaign wait until typos are corrected.
func (s *campaigns) postpone(key uint64, f *evidence.Failure, ev *event.Event) {
	evidence.Postpone(s.undecided, key, s.incidents.tracker.Newest(), s.clusters.settling(f), f, ev)
}

// decide opens the campaign of an undecided failure if it is one now. What may still be
// telephones waits until they would have tried again.
func (s *campaigns) decide(key uint64, u evidence.Undecided) {
	f, made := &u.Failure, campaign{}
	var members []*evidence.Failure
	if key == levelKey(&f.Attempt) {
		made.tenant = true
		members, made.only, _ = s.level.members(&f.Attempt)
	} else if trait := slices.Index(f.Traits[:], key); trait >= 0 { // always, except in a damaged state
		made.keys = []uint64{key}
		members = s.clusters.members(trait, key, f.At)
	}
	switch {
	case members != nil && !s.telephones(members, s.incidents.tracker.Newest()-u.Since):
		s.open(made, members, u.Event)
	case !u.Again:
		u.Again = true
		s.undecided.Set(key, u.Since+evidence.RetriesWithin, u)
	}
}
