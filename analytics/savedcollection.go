package analytics

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tinylib/msgp/msgp"
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// The state of AN0131 as it is put down, under the rules of saved.go. What is
// not put down: the answers of the databases, and the marks by which a request
// like the last one is recognised at less cost.

type savedDossier struct {
	Proven    bool
	Kind      subjectKind
	Subject   string
	Baseline  savedBaseline
	Mail      *savedVolume
	Taken     *savedVolume
	Requests  []byte
	Notes     []savedNote
	Mailboxes savedTries
	Boxes     savedBoxes
	Failed    [4]int64
	Visits    []savedVisit
	Came      []savedCame
	Granter   uint64
	Incident  string
	Idle      bool // without habits
}

type savedNote struct {
	Kind        signalKind
	Half, In    bool
	First, Last int64
	Links       links
	Client      clientKey
	Place       uint64
	Detail      string
}

type savedBoxes struct {
	Day   int64
	Today []byte
	Usual int
}

type savedVisit struct {
	At       int64
	Client   clientKey
	Network  uint64
	Lat, Lon float32
	Located  bool
}

type savedCame struct {
	At      int64
	Client  clientKey
	Service event.Service
	Family  event.Family
}

type savedSite struct {
	Turn    uint64
	Network [2]uint64
	At      [2]int64
	Client  [2]clientKey
	Usual   [2]bool
}

type savedName struct {
	Turn, Dossier uint64
}

type savedPlaceName struct {
	Turn uint64
	Kind placeKind
	Text string
}

func (c *collection) track() {
	c.dossiers.Track()
	c.sessions.Track()
	c.names.Track()
	c.placeNames.Track()
	c.requests.Track()
}

func (c *collection) changes(w *writer) {
	for name, g := range c.groups {
		if g.changed {
			w.value = g.saved(w.value[:0])
			w.entry(tableGroups, []byte(name), true)
			g.changed = false
		}
	}
	c.dossiers.Changes(func(k uint64, d *dossier, there, proven bool) {
		if there {
			b, err := d.saved(w.value[:0], proven, d.habits == c.nobody)
			w.fail(err)
			w.value = b
		}
		w.entry(tableDossiers, w.number(k), there)
	})
	c.sessions.Changes(func(d window.Dated[session], there bool) {
		a, b := d.Value[0], d.Value[1]
		w.encode(tableSessions, &savedSite{d.At, [2]uint64{a.network, b.network}, [2]int64{a.at, b.at},
			[2]clientKey{a.client, b.client}, [2]bool{a.usual, b.usual}})
		w.entry(tableSessions, w.number(d.Key), there)
	})
	c.names.Changes(func(d window.Dated[uint64], there bool) {
		w.value = msgp.AppendUint64(msgp.AppendUint64(msgp.AppendArrayHeader(w.value[:0], 2), d.At), d.Value)
		w.entry(tableNames, w.number(d.Key), there)
	})
	c.placeNames.Changes(func(d window.Dated[placeName], there bool) {
		w.encode(tablePlaces, &savedPlaceName{d.At, d.Value.kind, d.Value.text})
		w.entry(tablePlaces, w.number(d.Key), there)
	})
	seen(c.requests, tableRequests, w)
}

func (d *dossier) saved(b []byte, proven, idle bool) ([]byte, error) {
	b = msgp.AppendBool(msgp.AppendArrayHeader(b, 16), proven)
	b = msgp.AppendString(msgp.AppendUint8(b, uint8(d.kind)), d.subject)
	b = d.taken.saved(d.mail.saved(d.baseline.saved(b)))
	b = d.requests.saved(b)
	b = msgp.AppendArrayHeader(b, uint32(len(d.notes)))
	for i := range d.notes {
		b = d.notes[i].saved(b)
	}
	b = appendTries(b, d.mailboxes.All())
	b, err := d.boxes.saved(b)
	b = msgp.AppendArrayHeader(b, uint32(len(d.failed)))
	for _, at := range d.failed {
		b = msgp.AppendInt64(b, at)
	}
	b = savedVisits(b, d.visits[:])
	b = savedComes(b, d.came[:])
	b = msgp.AppendString(msgp.AppendUint64(b, d.granter), idOf(d.incident))
	return msgp.AppendBool(b, idle), err
}

func (n *note) saved(b []byte) []byte {
	b = msgp.AppendUint8(msgp.AppendArrayHeader(b, 9), uint8(n.kind))
	b = msgp.AppendBool(msgp.AppendBool(b, n.half), n.in)
	b = msgp.AppendInt64(msgp.AppendInt64(b, n.first), n.last)
	b = msgp.AppendArrayHeader(b, uint32(len(n.links)))
	for _, link := range n.links {
		b = msgp.AppendUint64(b, link)
	}
	b = msgp.AppendBytes(b, n.client[:])
	return msgp.AppendString(msgp.AppendUint64(b, n.place), n.detail)
}

func (b *boxCount) saved(to []byte) ([]byte, error) {
	today, err := b.today.MarshalBinary()
	to = msgp.AppendBytes(msgp.AppendInt64(msgp.AppendArrayHeader(to, 3), b.day), today)
	return msgp.AppendInt(to, b.usual), err
}

// savedVisits has those that there are, which come first.
func savedVisits(b []byte, visits []visit) []byte {
	n := slices.IndexFunc(visits, func(v visit) bool { return v.at == 0 })
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

func savedComes(b []byte, comes []came) []byte {
	n := slices.IndexFunc(comes, func(v came) bool { return v.at == 0 })
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

func (s *savedDossier) restored(key uint64) (*dossier, error) {
	d := &dossier{key: key, kind: s.Kind, subject: s.Subject, failed: s.Failed, habits: &habits{mailboxes: window.TriesOf(s.Mailboxes),
		boxes: boxCount{day: s.Boxes.Day, usual: s.Boxes.Usual}, granter: s.Granter}}
	var errs [5]error
	d.baseline, errs[0] = s.Baseline.restored()
	d.mail, errs[1] = s.Mail.restored()
	d.taken, errs[2] = s.Taken.restored()
	d.requests, errs[3] = rhythmOf(s.Requests)
	errs[4] = d.boxes.today.UnmarshalBinary(s.Boxes.Today)
	for _, n := range s.Notes {
		if n.Kind >= signalKinds {
			continue // of a version that knew more
		}
		d.notes = append(d.notes, note{n.Kind, n.Half, n.In, n.First, n.Last, n.Links, n.Client, n.Place, n.Detail})
	}
	for i, v := range s.Visits[:min(len(s.Visits), len(d.visits))] {
		d.visits[i] = visit{v.At, v.Client, v.Network, v.Lat, v.Lon, v.Located}
	}
	for i, v := range s.Came[:min(len(s.Came), len(d.came))] {
		d.came[i] = came{v.At, v.Client, v.Service, v.Family}
	}
	return d, errors.Join(errs[:]...)
}

func (c *collection) restoreGroup(key, value []byte) error {
	var in savedBaseline
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	b, err := in.restored()
	c.groups[string(key)] = &b
	return err
}

func (c *collection) restoreDossier(key, value []byte) error {
	var in savedDossier
	k, err := numbered(key, value, &in)
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
	d.incident, _ = c.desk.incidents.Peek(in.Incident)
	switch {
	case in.Idle:
		d.habits = c.nobody
	case d.kind == aUser:
		d.groups = c.groupsOf([]byte(d.subject)) // as the policy has them now
	}
	c.dossiers.Load(k, d, in.Proven)
	return nil
}

func (c *collection) restoreSession(key, value []byte) error {
	var in savedSite
	k, err := numbered(key, value, &in)
	if err == nil {
		var s session
		for i := range s {
			s[i] = site{in.Network[i], in.At[i], in.Client[i], in.Usual[i]}
		}
		c.sessions.Load(window.Dated[session]{Key: k, At: in.Turn, Value: s})
	}
	return err
}

func (c *collection) restoreName(key, value []byte) error {
	var in savedName
	k, err := numbered(key, value, &in)
	if err == nil {
		c.names.Load(window.Dated[uint64]{Key: k, At: in.Turn, Value: in.Dossier})
	}
	return err
}

func (c *collection) restorePlace(key, value []byte) error {
	var in savedPlaceName
	k, err := numbered(key, value, &in)
	if err == nil {
		c.placeNames.Load(window.Dated[placeName]{Key: k, At: in.Turn, Value: placeName{in.Kind, in.Text}})
	}
	return err
}

// numbered reads an entry under a number.
func numbered(key, value []byte, into any) (uint64, error) {
	k, err := numberOf(key)
	if err == nil {
		err = msgpack.Unmarshal(value, into)
	}
	return k, err
}
