package campaign

import (
	"strconv"

	"redshank/analytics/stuffing/evidence"
)

// Candidate is failures that make a campaign: one that is known, or a new one.
type Candidate struct {
	Members []*evidence.Failure // in order of time, at least one
	key     uint64              // the rare trait that they share; 0: none
	nature
}

// WithTool returns the failures with a tool, in order of time, as a campaign of the tool
// alone.
func WithTool(tool uint32, members []*evidence.Failure) *Candidate {
	return ofTenant(members, []uint32{tool})
}

// ofTenant returns failures of the tenant's level, made with some tools or agents, or with
// any, as a campaign.
func ofTenant(members []*evidence.Failure, only []uint32) *Candidate {
	return &Candidate{Members: members, nature: nature{tenant: true, only: only}}
}

// Began returns the time of the first failure, in Unix milliseconds.
func (c *Candidate) Began() int64 { return c.Members[0].At }

func (c *Candidate) end() int64 { return c.Members[len(c.Members)-1].At }

// Subject returns the subject of the incident of a new campaign. Several may begin in one
// hour.
func (c *Candidate) Subject() string {
	subject := "tenant"
	switch {
	case c.key != 0:
		subject = strconv.FormatUint(c.key, 16)
	case c.parted:
		subject = "part " + strconv.FormatInt(c.end(), 10)
	case len(c.only) > 0:
		subject += " " + strconv.FormatUint(uint64(c.only[0]), 16)
	}
	return "campaign " + subject + " " + strconv.FormatInt(c.Began()/hour, 10)
}
