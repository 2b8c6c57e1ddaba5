package theft

import (
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/alert"
	"redshank/analytics/state"
)

// savedTheft is the saved form of a theft.
type savedTheft struct {
	Mailboxes              []byte
	Privileged, AppSubject bool
	Confidence             float64
	Baseline               string
	Signals                []alert.Signal
	Mails                  []alert.Mail
	Accounts               []string
	Unfounded              bool
	Items                  map[uint64]int
	OwnDevice              bool
}

// Save implements incident.Detail.
func (i *Theft) Save() ([]byte, error) {
	s := savedTheft{Privileged: i.Privileged, AppSubject: i.AppSubject, Confidence: i.Confidence, Baseline: i.Baseline, Signals: i.Signals, Mails: i.mails,
		Accounts: i.accounts, Unfounded: i.Unfounded, Items: i.items, OwnDevice: i.OwnDevice}
	var err error
	if s.Mailboxes, err = i.mailboxes.MarshalBinary(); err != nil {
		return nil, err
	}
	return state.Marshal(&s)
}

// Restore implements incident.Detail.
func (i *Theft) Restore(b []byte) error {
	var s savedTheft
	if err := msgpack.Unmarshal(b, &s); err != nil {
		return err
	}
	i.Privileged, i.AppSubject, i.Confidence, i.Baseline, i.Signals = s.Privileged, s.AppSubject, s.Confidence, s.Baseline, s.Signals
	i.mails, i.accounts, i.Unfounded, i.items = s.Mails, s.Accounts, s.Unfounded, s.Items
	i.OwnDevice = s.OwnDevice
	for _, items := range s.Items {
		i.sum += items
	}
	return i.mailboxes.UnmarshalBinary(s.Mailboxes)
}
