package analytics

import (
	"encoding/binary"
	"errors"
	"fmt"

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

// savedBaseline has its places as numbers: key, first, last, days.
type savedBaseline struct {
	Places              []byte
	Hours               []byte
	Days, SignIns       int
	Began, Newest, Ripe int64
}

type savedVolume struct {
	Hours        []byte
	Last, Newest int64
	Mean         float64
	MeanDays     int
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
			w.value(tableGroups, []byte(name), g.saved())
			g.changed = false
		}
	}
	c.dossiers.Changes(func(k uint64, d *dossier, there, proven bool) {
		if !w.gone(tableDossiers, numberKey(k), there) {
			s, err := d.saved(proven)
			w.fail(err)
			s.Idle = d.habits == c.nobody
			w.value(tableDossiers, numberKey(k), &s)
		}
	})
	c.sessions.Changes(func(d window.Dated[session], there bool) {
		if !w.gone(tableSessions, numberKey(d.Key), there) {
			a, b := d.Value[0], d.Value[1]
			w.value(tableSessions, numberKey(d.Key), &savedSite{d.At, [2]uint64{a.network, b.network}, [2]int64{a.at, b.at},
				[2]clientKey{a.client, b.client}, [2]bool{a.usual, b.usual}})
		}
	})
	c.names.Changes(func(d window.Dated[uint64], there bool) {
		if !w.gone(tableNames, numberKey(d.Key), there) {
			w.value(tableNames, numberKey(d.Key), &savedName{d.At, d.Value})
		}
	})
	c.placeNames.Changes(func(d window.Dated[placeName], there bool) {
		if !w.gone(tablePlaces, numberKey(d.Key), there) {
			w.value(tablePlaces, numberKey(d.Key), &savedPlaceName{d.At, d.Value.kind, d.Value.text})
		}
	})
	seen(c.requests, tableRequests, w)
}

func (b *baseline) saved() *savedBaseline {
	s := &savedBaseline{Places: make([]byte, 0, 24*len(b.places)), Hours: packed(b.hours[:]), Days: b.days, SignIns: b.signIns, Began: b.began, Newest: b.newest, Ripe: b.ripe}
	for i := range b.places {
		p := &b.places[i]
		s.Places = append(s.Places, packed([]int64{int64(p.key), p.first, p.last, int64(p.days)})...)
	}
	return s
}

func (s *savedBaseline) restored() (baseline, error) {
	b := baseline{days: s.Days, signIns: s.SignIns, began: s.Began, newest: s.Newest, ripe: s.Ripe}
	var p [4]int64
	for rest := s.Places; len(rest) > 0; {
		n, err := unpack(rest, p[:])
		if err != nil {
			return b, err
		}
		b.places, rest = append(b.places, place{uint64(p[0]), p[1], p[2], int32(p[3])}), rest[n:]
	}
	_, err := unpack(s.Hours, b.hours[:])
	return b, err
}

// packed are numbers as bytes. Most are small or none; the encoder would take
// a multiple of the time and look at each by itself.
func packed[T int32 | int64](numbers []T) []byte {
	b := make([]byte, 0, 2*len(numbers))
	for _, n := range numbers {
		b = binary.AppendVarint(b, int64(n))
	}
	return b
}

// unpack fills numbers and tells how many bytes they were.
func unpack[T int32 | int64](b []byte, numbers []T) (size int, err error) {
	for i := range numbers {
		v, n := binary.Varint(b[size:])
		if n <= 0 {
			return size, fmt.Errorf("%d numbers (want %d)", i, len(numbers))
		}
		numbers[i] = T(v)
		size += n
	}
	return size, nil
}

func (v *volume) saved() *savedVolume {
	if v == nil {
		return nil
	}
	return &savedVolume{packed(v.hours[:]), v.last, v.newest, v.mean, v.meanDays}
}

func (s *savedVolume) restored() (*volume, error) {
	if s == nil {
		return nil, nil
	}
	v := &volume{last: s.Last, newest: s.Newest, mean: s.Mean, meanDays: s.MeanDays}
	_, err := unpack(s.Hours, v.hours[:])
	return v, err
}

func (d *dossier) saved(proven bool) (savedDossier, error) {
	s := savedDossier{Proven: proven, Kind: d.kind, Subject: d.subject, Baseline: *d.baseline.saved(), Mail: d.mail.saved(), Taken: d.taken.saved(),
		Mailboxes: d.mailboxes.All(), Boxes: savedBoxes{Day: d.boxes.day, Usual: d.boxes.usual}, Failed: d.failed, Granter: d.granter, Incident: idOf(d.incident)}
	if d.requests != nil {
		s.Requests = packed(d.requests.times[:d.requests.count])
	}
	for _, n := range d.notes {
		s.Notes = append(s.Notes, savedNote{n.kind, n.half, n.in, n.first, n.last, n.links, n.client, n.place, n.detail})
	}
	for _, v := range d.visits {
		if v.at != 0 {
			s.Visits = append(s.Visits, savedVisit{v.at, v.client, v.network, v.lat, v.lon, v.located})
		}
	}
	for _, v := range d.came {
		if v.at != 0 {
			s.Came = append(s.Came, savedCame{v.at, v.client, v.service, v.family})
		}
	}
	today, err := d.boxes.today.MarshalBinary()
	s.Boxes.Today = today
	return s, err
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

func rhythmOf(times []byte) (*rhythm, error) {
	if len(times) == 0 {
		return nil, nil
	}
	r := &rhythm{}
	for ; len(times) > 0 && r.count < len(r.times); r.count++ {
		n, err := unpack(times, r.times[r.count:r.count+1])
		if err != nil {
			return nil, err
		}
		times = times[n:]
	}
	return r, nil
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
