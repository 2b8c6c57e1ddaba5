package collection

import "redshank/analytics/explain"

// OpensAt is the sum of weights, of both halves together, at which an incident
// opens.
const OpensAt = opensAt

// Explain makes the detector report every signal that an event gives to o.
func (c *Detector) Explain(o explain.Observer) { c.explain = o }
