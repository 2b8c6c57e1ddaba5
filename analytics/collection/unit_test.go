package collection

import (
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
)

// newDetector returns a Detector by itself, with the built-in policy.
func newDetector() *Detector {
	p := policy.Default()
	return New(p, incident.NewTracker(p), policy.NewGeoCache(p), 100)
}

const tuesday = 20522 * int64(event.Day) // 2026-03-10
