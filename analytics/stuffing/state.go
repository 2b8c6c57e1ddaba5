package stuffing

import (
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/state"
)

// The names of the tables.
const (
	tableLateness           = "lateness"
	tableUndecidedClients   = "undecided_clients"
	tableUndecidedCampaigns = "undecided_campaigns"
)

func (s *statistics) saveLateness(w *state.Writer) {
	if s.late != s.saved {
		s.saved = s.late
		w.Encode(tableLateness, [...]int32{s.late.Minutes, s.late.Ends})
		w.Put(tableLateness, []byte(tableLateness), true)
	}
}

func (s *statistics) restoreLateness(_, value []byte) error {
	var in [2]int32
	err := msgpack.Unmarshal(value, &in)
	s.late.Minutes, s.late.Ends = in[0], in[1]
	s.saved = s.late
	return err
}
