package stuffing

import (
	"redshank/analytics/event"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/evidence"
)

// Bounds of campaigns: how many are kept, and what one of them keeps.
const (
	maxCampaigns       = 64
	maxCampaignClients = 4096
	maxCampaignTools   = 32
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
	incident   *attack.Attack
	keys       []uint64 // rare traits of its failures; none: the tenant's level
	tenant     bool     // opened by the tenant's level
	began, end int64    // of its failures
	opened     int64    // end when it opened
	pause      int64    // without failures for so long it is over
	clients    map[event.ClientKey]struct{}
	tools      []uint32
	sample     map[uint64]struct{} // accounts that failed when it opened
	origin     origin
	only       []uint32           // of the tenant's level: the tools or agents of the campaign; none: any
	latest     []evidence.Failure // of a campaign without: the failures that it took in last
	divided    int64              // when another campaign was last split off from these
	recent     []int64            // times of the latest failures without a rare trait, in order
}

// quorum is how many failures must come within a third of a pause for a
// campaign to go on that has nothing rare about it.
const quorum = 3

// covers reports whether a time lies within a campaign.
func (k *campaign) covers(at int64) bool { return at >= k.began-k.pause && at <= k.end+k.pause }

// latestFailures is how many failures a campaign that takes in any keeps, to
// see whether another attack began in its shadow.
const latestFailures = 32

func (k *campaign) has(c event.ClientKey) bool {
	_, ok := k.clients[c]
	return ok
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
