package iis

import (
	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// memory is the state of one file between its lines.
type memory struct {
	clock  w3cClock // supplies the date of lines without one
	line   w3cLine  // the last line
	logins []*login // forms logins posted here, oldest first, decided ones among them
	quoted bool     // written by Advanced Logging, which puts texts in quotes
}

// memoryOf returns the memory of a stream, and creates it on the first call.
func memoryOf(s *format.Stream) *memory {
	m, _ := s.Memory[event.IIS].(*memory)
	if m == nil {
		m = new(memory)
		s.Memory[event.IIS] = m
	}
	return m
}
