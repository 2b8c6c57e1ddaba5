package collection

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/tinylib/msgp/msgp"
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// The saved state of AN0131. Database look-ups and learnMarks are not saved.

type savedProfile struct {
	Protected    bool
	Kind         subjectKind
	Subject      string
	Baseline     baseline.Saved
	Mail         *savedVolume
	Taken        *savedVolume
	Requests     []byte
	Observations []savedObservation
	Mailboxes    state.Attempts
	Boxes        savedBoxes
	Failed       [4]int64
	Points       []savedPoint
	SignIns      []savedSignIn
	Accounts     accountsOf
	Incident     string
	Idle         bool // without behaviour
	Networks     int
	Take         [4]int64 // box, hour, items, requests
}

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
}

type savedBoxes struct {
	Day   int64
	Today []byte
	Usual int
}

type savedPoint struct {
	At       int64
	Client   event.ClientKey
	Network  uint64
	Lat, Lon float32
	Located  bool
}

type savedSignIn struct {
	At      int64
	Client  event.ClientKey
	Service event.Service
	Family  event.Family
}

type savedSite struct {
	Turn    uint64
	Network []uint64
	First   []int64
	Client  []event.ClientKey
	Usual   []bool
	Last    []int64
	Read    []int64
}

type savedName struct {
	Turn, Profile uint64
}

type savedFeatureName struct {
	Turn uint64
	Kind baseline.Kind
	Text string
}

// Tables implements analytics.Analytic.
func (c *Detector) Tables() []state.Table {
	return []state.Table{
		{Name: "groups", Changes: c.saveGroups, Restore: c.restoreGroup},
		{Name: "profiles", Track: c.profiles.Track, Changes: c.saveProfiles, Restore: c.restoreProfile},
		{Name: "sessions", Track: c.sessions.Track, Restore: c.restoreSession, Loaded: c.sessions.Loaded, Changes: func(w *state.Writer) {
			c.sessions.Changes(func(d window.Dated[session], present bool) {
				w.Encode("sessions", savedSession(&d))
				w.Put("sessions", w.Number(d.Key), present)
			})
		}},
		{Name: "names", Track: c.names.Track, Restore: c.restoreName, Loaded: c.names.Loaded, Changes: func(w *state.Writer) {
			c.names.Changes(func(d window.Dated[uint64], present bool) {
				w.Value = msgp.AppendUint64(msgp.AppendUint64(msgp.AppendArrayHeader(w.Value[:0], 2), d.At), d.Value)
				w.Put("names", w.Number(d.Key), present)
			})
		}},
		{Name: "features", Track: c.featureNames.Track, Restore: c.restoreFeature, Loaded: c.featureNames.Loaded, Changes: func(w *state.Writer) {
			c.featureNames.Changes(func(d window.Dated[baseline.Name], present bool) {
				w.Encode("features", &savedFeatureName{d.At, d.Value.Kind, d.Value.Text})
				w.Put("features", w.Number(d.Key), present)
			})
		}},
		state.SeenTable("requests", c.requests),
		{Name: "rarity", Track: c.population.Track, Restore: c.restorePopulation, Changes: func(w *state.Writer) {
			w.Fail(c.population.Changes(func(key uint64, value []byte, ok bool) {
				w.Value = append(w.Value[:0], value...)
				w.Put("rarity", w.Number(key), ok)
			}))
		}},
	}
}

func (c *Detector) saveGroups(w *state.Writer) {
	for name, g := range c.groups {
		if g.Changed {
			w.Value = g.Saved(w.Value[:0])
			w.Put("groups", []byte(name), true)
			g.Changed = false
		}
	}
}

func (c *Detector) saveProfiles(w *state.Writer) {
	c.profiles.Changes(func(k uint64, d *profile, present, protected bool) {
		if present {
			b, err := d.saved(w.Value[:0], protected, d.behaviour == c.emptyBehaviour)
			w.Fail(err)
			w.Value = b
		}
		w.Put("profiles", w.Number(k), present)
	})
}

func (d *profile) saved(b []byte, proven, idle bool) ([]byte, error) {
	b = msgp.AppendBool(msgp.AppendArrayHeader(b, 18), proven)
	b = msgp.AppendString(msgp.AppendUint8(b, uint8(d.kind)), d.subject)
	b = d.taken.saved(d.mail.saved(d.baseline.Saved(b)))
	b = d.requests.saved(b)
	b = msgp.AppendArrayHeader(b, uint32(len(d.observations)))
	for i := range d.observations {
		b = d.observations[i].saved(b)
	}
	b = state.AppendAttempts(b, d.mailboxes.All())
	b, err := d.boxes.saved(b)
	b = msgp.AppendArrayHeader(b, uint32(len(d.failed)))
	for _, at := range d.failed {
		b = msgp.AppendInt64(b, at)
	}
	b = appendPoints(b, d.points[:])
	b = appendSignIns(b, d.recentSignIns[:])
	b = msgp.AppendArrayHeader(b, uint32(len(d.accounts)))
	for _, account := range d.accounts {
		b = msgp.AppendUint64(b, account)
	}
	b = msgp.AppendString(b, incidentID(d.incident))
	b = msgp.AppendInt(msgp.AppendBool(b, idle), d.networks)
	b = msgp.AppendArrayHeader(b, 4)
	for _, n := range [...]int64{int64(d.takes.box), d.takes.hour, int64(d.takes.items), int64(d.takes.requests)} {
		b = msgp.AppendInt64(b, n)
	}
	return b, err
}

func (n *observation) saved(b []byte) []byte {
	b = msgp.AppendUint8(msgp.AppendArrayHeader(b, 11), uint8(n.kind))
	b = msgp.AppendBool(msgp.AppendBool(b, n.half), n.inIncident)
	b = msgp.AppendInt64(msgp.AppendInt64(b, n.first), n.last)
	b = msgp.AppendArrayHeader(b, uint32(len(n.links)))
	for _, link := range n.links {
		b = msgp.AppendUint64(b, link)
	}
	b = msgp.AppendBytes(b, n.client[:])
	b = msgp.AppendString(msgp.AppendUint64(b, n.feature), n.detail)
	return msgp.AppendString(msgp.AppendBool(b, n.grant), n.record)
}

func (b *mailboxCount) saved(to []byte) ([]byte, error) {
	today, err := b.today.MarshalBinary()
	to = msgp.AppendBytes(msgp.AppendInt64(msgp.AppendArrayHeader(to, 3), b.day), today)
	return msgp.AppendInt(to, b.usual), err
}

// appendPoints appends the sign-in points in use, which come first.
func appendPoints(b []byte, visits []signInPoint) []byte {
	n := slices.IndexFunc(visits, func(v signInPoint) bool { return v.at == 0 })
	if n >= 0 {
		visits = visits[:n]
	}
	b = msgp.AppendArrayHeader(b, uint32(len(visits)))
	for i := range visits {
		v := &visits[i]
		b = msgp.AppendInt64(msgp.AppendArrayHeader(b, 6), v.at)
		b = msgp.AppendUint64(msgp.AppendBytes(b, v.client[:]), v.network)
		b = msgp.AppendBool(msgp.AppendFloat32(msgp.AppendFloat32(b, v.lat), v.lon), v.located)
	}
	return b
}

func appendSignIns(b []byte, comes []recentSignIn) []byte {
	n := slices.IndexFunc(comes, func(v recentSignIn) bool { return v.at == 0 })
	if n >= 0 {
		comes = comes[:n]
	}
	b = msgp.AppendArrayHeader(b, uint32(len(comes)))
	for i := range comes {
		v := &comes[i]
		b = msgp.AppendBytes(msgp.AppendInt64(msgp.AppendArrayHeader(b, 4), v.at), v.client[:])
		b = msgp.AppendUint8(msgp.AppendUint8(b, uint8(v.service)), uint8(v.family))
	}
	return b
}

func (s *savedProfile) restored(key uint64) (*profile, error) {
	d := &profile{key: key, kind: s.Kind, subject: s.Subject, failed: s.Failed, behaviour: &behaviour{mailboxes: window.AttemptsOf(s.Mailboxes),
		boxes: mailboxCount{day: s.Boxes.Day, usual: s.Boxes.Usual}, accounts: s.Accounts, networks: s.Networks,
		takes: take{uint64(s.Take[0]), s.Take[1], int(s.Take[2]), int(s.Take[3])}}}
	var errs [5]error
	d.baseline, errs[0] = s.Baseline.Restored()
	d.mail, errs[1] = s.Mail.restored()
	d.taken, errs[2] = s.Taken.restored()
	d.requests, errs[3] = beaconOf(s.Requests)
	errs[4] = d.boxes.today.UnmarshalBinary(s.Boxes.Today)
	for _, n := range s.Observations {
		if n.Kind >= signalKinds {
			continue // of a version that knew more
		}
		d.observations = append(d.observations, observation{kind: n.Kind, half: n.Half, inIncident: n.InIncident, first: n.First, last: n.Last,
			links: n.Links, client: n.Client, feature: n.Feature, detail: n.Detail, grant: n.Grant, record: n.Record})
	}
	for i, v := range s.Points[:min(len(s.Points), len(d.points))] {
		d.points[i] = signInPoint{v.At, v.Client, v.Network, v.Lat, v.Lon, v.Located}
	}
	for i, v := range s.SignIns[:min(len(s.SignIns), len(d.recentSignIns))] {
		d.recentSignIns[i] = recentSignIn{v.At, v.Client, v.Service, v.Family}
	}
	return d, errors.Join(errs[:]...)
}

func (c *Detector) restoreGroup(key, value []byte) error {
	var in baseline.Saved
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	b, err := in.Restored()
	c.groups[string(key)] = &b
	return err
}

func (c *Detector) restoreProfile(key, value []byte) error {
	var in savedProfile
	k, err := state.Unmarshal(key, value, &in)
	if err != nil {
		return err
	}
	d, err := in.restored(k)
	if err != nil {
		return err
	}
	if d.kind > aHost {
		return fmt.Errorf("subject of kind %d", d.kind)
	}
	if i := c.tracker.ByID(in.Incident); i != nil {
		d.incident = i.Detail.(*theft)
	}
	switch {
	case in.Idle:
		d.behaviour = c.emptyBehaviour
	case d.kind == aUser:
		d.groups = c.groupsOf([]byte(d.subject)) // as the policy has them now
	}
	c.countBaseline(d, 1)
	c.profiles.Load(k, d, in.Protected)
	return nil
}

func (c *Detector) restoreSession(key, value []byte) error {
	var in savedSite
	k, err := state.Unmarshal(key, value, &in)
	if err == nil {
		var s session
		if n := len(in.Network); n > len(s) || len(in.First) != n || len(in.Client) != n || len(in.Usual) != n || len(in.Last) != n || len(in.Read) != n {
			return fmt.Errorf("session of %d networks (want at most %d)", n, len(s))
		}
		for i := range in.Network {
			s[i] = site{in.Network[i], in.First[i], in.Last[i], in.Read[i], in.Client[i], in.Usual[i]}
		}
		c.sessions.Load(window.Dated[session]{Key: k, At: in.Turn, Value: s})
	}
	return err
}

// savedSession returns the networks that a session was used in.
func savedSession(d *window.Dated[session]) *savedSite {
	out := &savedSite{Turn: d.At}
	for _, s := range d.Value {
		if s.network == 0 {
			break
		}
		out.Network, out.First, out.Last = append(out.Network, s.network), append(out.First, s.first), append(out.Last, s.last)
		out.Read, out.Client, out.Usual = append(out.Read, s.read), append(out.Client, s.client), append(out.Usual, s.usual)
	}
	return out
}

func (c *Detector) restorePopulation(key, value []byte) error {
	if len(key) != 8 {
		return fmt.Errorf("key of %d bytes (want 8)", len(key))
	}
	return c.population.Load(binary.BigEndian.Uint64(key), value)
}

func (c *Detector) restoreName(key, value []byte) error {
	var in savedName
	k, err := state.Unmarshal(key, value, &in)
	if err == nil {
		c.names.Load(window.Dated[uint64]{Key: k, At: in.Turn, Value: in.Profile})
	}
	return err
}

func (c *Detector) restoreFeature(key, value []byte) error {
	var in savedFeatureName
	k, err := state.Unmarshal(key, value, &in)
	if err == nil {
		c.featureNames.Load(window.Dated[baseline.Name]{Key: k, At: in.Turn, Value: baseline.Name{Kind: in.Kind, Text: in.Text}})
	}
	return err
}

func incidentID(i *theft) string {
	if i == nil {
		return ""
	}
	return i.ID
}
