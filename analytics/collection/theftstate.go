package collection

import (
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/alert"
	"redshank/analytics/state"
)

type savedTheft struct {
	Mailboxes              []byte
	Privileged, AppSubject bool
	Confidence             float64
	Baseline               string
	Signals                []alert.Signal
}

// Save implements incident.Detail.
func (i *theft) Save() ([]byte, error) {
	s := savedTheft{Privileged: i.privileged, AppSubject: i.appSubject, Confidence: i.confidence, Baseline: i.baseline, Signals: i.signals}
	var err error
	if s.Mailboxes, err = i.mailboxes.MarshalBinary(); err != nil {
		return nil, err
	}
	return state.Marshal(&s)
}

// Restore implements incident.Detail.
func (i *theft) Restore(b []byte) error {
	var s savedTheft
	if err := msgpack.Unmarshal(b, &s); err != nil {
		return err
	}
	i.privileged, i.appSubject, i.confidence, i.baseline, i.signals = s.Privileged, s.AppSubject, s.Confidence, s.Baseline, s.Signals
	return i.mailboxes.UnmarshalBinary(s.Mailboxes)
}
