package collection

import (
	"fmt"
	"slices"

	"github.com/tinylib/msgp/msgp"
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/collection/behaviour"
	"redshank/analytics/collection/theft"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// savedProfile is the saved form of a profile. Look-ups in databases and learnMarks
// are not saved.
type savedProfile struct {
	Protected    bool
	Kind         subjectKind
	Subject      string
	Baseline     baseline.Saved
	Mail, Taken  *behaviour.Volume
	Requests     *behaviour.Beacon
	Observations []savedObservation
	Mailboxes    state.Attempts
	PerDay       behaviour.MailboxCount
	Failed       [4]int64
	Points       behaviour.Points
	SignIns      behaviour.SignIns
	Accounts     behaviour.Accounts
	Idle         bool // without behaviour
	Networks     int
	Take         behaviour.Take
	Opened       behaviour.Opened
	Thefts       []string // the ids of the incidents
}

// savedObservation is the saved form of an observation.
type savedObservation struct {
	Kind             signalKind
	Half, InIncident bool
	First, Last      int64
	Links            links
	Client           event.ClientKey
	Feature          uint64
	Detail           string
	Grant            bool
	Record           string
	Mails            []alert.Mail
	Agent            uint32
	Theft            int // place in savedProfile.Thefts; -1: none
}

// savedName is the saved form of another name of an account.
type savedName struct {
	Turn, Profile uint64
}

// tables returns the tables of groups, profiles and names.
func (c *subjects) tables() []state.Table {
	return []state.Table{
		{Name: "groups", Changes: c.saveGroups, Restore: c.restoreGroup},
		{Name: "profiles", Track: c.profiles.Track, Changes: c.saveProfiles, Restore: c.restoreProfile},
		{Name: "names", Track: c.names.Track, Restore: c.restoreName, Loaded: c.names.Loaded, Changes: func(w *state.Writer) {
			c.names.Changes(func(d window.Dated[uint64], present bool) {
				w.Value = msgp.AppendUint64(msgp.AppendUint64(msgp.AppendArrayHeader(w.Value[:0], 2), d.At), d.Value)
				w.Put("names", w.Number(d.Key), present)
			})
		}},
	}
}

func (c *subjects) saveGroups(w *state.Writer) {
	for name, g := range c.groups {
		if g.Changed {
			w.Value = g.Saved(w.Value[:0])
			w.Put("groups", []byte(name), true)
			g.Changed = false
		}
	}
}

func (c *subjects) saveProfiles(w *state.Writer) {
	c.profiles.Changes(func(k uint64, d *profile, present, protected bool) {
		if present {
			b, err := d.saved(w.Value[:0], protected, d.Behaviour == c.emptyBehaviour)
			w.Fail(err)
			w.Value = b
		}
		w.Put("profiles", w.Number(k), present)
	})
}

// saved appends the saved form of a profile.
func (d *profile) saved(b []byte, protected, idle bool) ([]byte, error) {
	b = msgp.AppendBool(msgp.AppendArrayHeader(b, 19), protected)
	b = msgp.AppendString(msgp.AppendUint8(b, uint8(d.kind)), d.subject)
	b = d.Taken.Append(d.Mail.Append(d.Baseline.Saved(b)))
	b = d.Requests.Append(b)
	b = msgp.AppendArrayHeader(b, uint32(len(d.observations)))
	for i := range d.observations {
		b = d.observations[i].saved(b, d.thefts)
	}
	b = state.AppendAttempts(b, d.Mailboxes.All())
	b, err := d.PerDay.Append(b)
	b = msgp.AppendArrayHeader(b, uint32(len(d.failed)))
	for _, at := range d.failed {
		b = msgp.AppendInt64(b, at)
	}
	b = d.Accounts.Append(d.SignIns.Append(d.Points.Append(b)))
	b = msgp.AppendInt(msgp.AppendBool(b, idle), d.Networks)
	b = msgp.AppendArrayHeader(d.Opened.Append(d.Take.Append(b)), uint32(len(d.thefts)))
	for _, i := range d.thefts {
		b = msgp.AppendString(b, i.ID)
	}
	return b, err
}

// saved appends the saved form of an observation of a profile with the given incidents.
func (n *observation) saved(b []byte, thefts []*theft.Theft) []byte {
	b = msgp.AppendUint8(msgp.AppendArrayHeader(b, 14), uint8(n.kind))
	b = msgp.AppendBool(msgp.AppendBool(b, n.half), n.theft != nil)
	b = msgp.AppendInt64(msgp.AppendInt64(b, n.first), n.last)
	b = msgp.AppendArrayHeader(b, uint32(len(n.links)))
	for _, link := range n.links {
		b = msgp.AppendUint64(b, link)
	}
	b = msgp.AppendBytes(b, n.client[:])
	b = msgp.AppendString(msgp.AppendUint64(b, n.feature), n.detail)
	b = msgp.AppendString(msgp.AppendBool(b, n.grant), n.record)
	b = msgp.AppendArrayHeader(b, uint32(len(n.mails)))
	for _, m := range n.mails {
		b = msgp.AppendString(msgp.AppendString(msgp.AppendString(msgp.AppendArrayHeader(b, 3), m.ID), m.Subject), m.Folder)
	}
	return msgp.AppendInt(msgp.AppendUint32(b, n.agent), slices.Index(thefts, n.theft))
}

// restored returns the profile that was saved. Incidents that the tracker no longer has
// are dropped.
func (s *savedProfile) restored(key uint64, t *incident.Tracker) (*profile, error) {
	d := &profile{key: key, kind: s.Kind, subject: s.Subject, failed: s.Failed, Behaviour: &behaviour.Behaviour{
		Mail: s.Mail, Taken: s.Taken, Requests: s.Requests, Mailboxes: window.AttemptsOf(s.Mailboxes), PerDay: s.PerDay,
		Points: s.Points, SignIns: s.SignIns, Accounts: s.Accounts, Networks: s.Networks, Take: s.Take, Opened: s.Opened,
	}}
	thefts := make([]*theft.Theft, len(s.Thefts))
	for n, id := range s.Thefts {
		if i := t.ByID(id); i != nil {
			thefts[n] = i.Detail.(*theft.Theft)
			d.thefts = append(d.thefts, thefts[n])
		}
	}
	for _, n := range s.Observations {
		if n.Kind >= signalKinds {
			continue // of a later version
		}
		o := observation{kind: n.Kind, half: n.Half, agent: n.Agent, first: n.First, last: n.Last,
			links: n.Links, client: n.Client, feature: n.Feature, detail: n.Detail, grant: n.Grant, record: n.Record, mails: n.Mails}
		if n.InIncident && n.Theft >= 0 && n.Theft < len(thefts) {
			o.theft = thefts[n.Theft]
		}
		d.observations = append(d.observations, o)
	}
	var err error
	d.Baseline, err = s.Baseline.Restored()
	return d, err
}

func (c *subjects) restoreGroup(key, value []byte) error {
	var in baseline.Saved
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	b, err := in.Restored()
	c.groups[string(key)] = &b
	return err
}

func (c *subjects) restoreProfile(key, value []byte) error {
	var in savedProfile
	k, err := state.Unmarshal(key, value, &in)
	if err != nil {
		return err
	}
	d, err := in.restored(k, c.tracker)
	if err != nil {
		return err
	}
	if d.kind > anAddress {
		return fmt.Errorf("subject of kind %d", d.kind)
	}
	switch {
	case in.Idle:
		d.Behaviour = c.emptyBehaviour
	case d.kind == aUser:
		d.Groups = c.groupsOf([]byte(d.subject)) // as the policy has them now
	}
	d.relateAll(c.policy.Collection.TimeWindow.Milliseconds())
	c.countBaseline(d, 1)
	c.profiles.Load(k, d, in.Protected)
	return nil
}

func (c *subjects) restoreName(key, value []byte) error {
	var in savedName
	k, err := state.Unmarshal(key, value, &in)
	if err == nil {
		c.names.Load(window.Dated[uint64]{Key: k, At: in.Turn, Value: in.Profile})
	}
	return err
}
