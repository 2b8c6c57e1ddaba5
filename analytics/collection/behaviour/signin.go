package behaviour

import (
	"math"
	"slices"

	"github.com/tinylib/msgp/msgp"
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
)

// SignIn is one successful sign-in. It takes 32 bytes.
type SignIn struct {
	At      int64           // Unix milliseconds
	Client  event.ClientKey // zero: not known
	Service event.Service
	Family  event.Family
}

// SignIns are the last sign-ins of each kind, newest first. An unused entry has no
// time.
type SignIns [4]SignIn

// Add stores a sign-in among the newest, replacing an older one of the same client,
// service and family, so that a busy mail client does not evict a sign-in from
// elsewhere.
func (s *SignIns) Add(v SignIn) {
	at := len(s) - 1
	for i := range s {
		if o := &s[i]; o.Client == v.Client && o.Service == v.Service && o.Family == v.Family {
			at = i
			break
		}
	}
	if v.At <= s[at].At {
		return
	}
	for ; at > 0 && s[at-1].At < v.At; at-- {
		s[at] = s[at-1]
	}
	s[at] = v
}

// Before reports whether a sign-in of the same client, service and family as v is stored
// from at least a second before or after v.
func (s *SignIns) Before(v SignIn) bool {
	return slices.ContainsFunc(s[:], func(o SignIn) bool {
		return o.At != 0 && o.Client == v.Client && o.Service == v.Service && o.Family == v.Family && max(o.At-v.At, v.At-o.At) >= 1000
	})
}

// Append appends the saved form: the entries in use, which come first.
func (s *SignIns) Append(b []byte) []byte {
	list := used(s[:], func(v SignIn) bool { return v.At == 0 })
	b = msgp.AppendArrayHeader(b, uint32(len(list)))
	for i := range list {
		v := &list[i]
		b = msgp.AppendBytes(msgp.AppendInt64(msgp.AppendArrayHeader(b, 4), v.At), v.Client[:])
		b = msgp.AppendUint8(msgp.AppendUint8(b, uint8(v.Service)), uint8(v.Family))
	}
	return b
}

// DecodeMsgpack implements msgpack.CustomDecoder.
func (s *SignIns) DecodeMsgpack(dec *msgpack.Decoder) error { return decode(dec, s[:]) }

// Opened is when mail was last opened, precise to ten minutes, and from where.
type Opened struct {
	At     int64 // Unix milliseconds; 0: never
	Client event.ClientKey
}

// Add records that mail was opened at a time.
func (o *Opened) Add(at int64, client event.ClientKey) {
	if at-o.At >= baseline.SignInSpan {
		*o = Opened{at, client}
	}
}

// Append appends the saved form.
func (o *Opened) Append(b []byte) []byte {
	return msgp.AppendBytes(msgp.AppendInt64(msgp.AppendArrayHeader(b, 2), o.At), o.Client[:])
}

// Point is one sign-in, for the travel check.
type Point struct {
	At       int64 // Unix milliseconds
	Client   event.ClientKey
	Network  uint64 // feature of the network; 0: none
	Lat, Lon float32
	Located  bool // Lat and Lon are known
}

// Points are the latest sign-ins, newest first. An unused entry has no time.
type Points [4]Point

// Add stores a sign-in and calls f for the others. Sign-ins of one client
// within ten minutes are merged at the earlier time. Add returns the stored point,
// or nil if later ones leave no room.
func (p *Points) Add(v Point, f func(other *Point)) *Point {
	for i := range p {
		o := &p[i]
		if o.At == 0 {
			break
		}
		if o.Client == v.Client && max(o.At-v.At, v.At-o.At) <= baseline.SignInSpan {
			o.At = min(o.At, v.At)
			for ; i+1 < len(p) && p[i+1].At > p[i].At; i++ {
				p[i], p[i+1] = p[i+1], p[i]
			}
			return &p[i]
		}
		f(o)
	}
	place := 0
	for place < len(p) && p[place].At > v.At {
		place++
	}
	if place == len(p) {
		return nil
	}
	copy(p[place+1:], p[place:])
	p[place] = v
	return &p[place]
}

// Append appends the saved form: the entries in use, which come first.
func (p *Points) Append(b []byte) []byte {
	list := used(p[:], func(v Point) bool { return v.At == 0 })
	b = msgp.AppendArrayHeader(b, uint32(len(list)))
	for i := range list {
		v := &list[i]
		b = msgp.AppendInt64(msgp.AppendArrayHeader(b, 6), v.At)
		b = msgp.AppendUint64(msgp.AppendBytes(b, v.Client[:]), v.Network)
		b = msgp.AppendBool(msgp.AppendFloat32(msgp.AppendFloat32(b, v.Lat), v.Lon), v.Located)
	}
	return b
}

// DecodeMsgpack implements msgpack.CustomDecoder.
func (p *Points) DecodeMsgpack(dec *msgpack.Decoder) error { return decode(dec, p[:]) }

// Kilometres returns the great-circle distance between two points.
func (v *Point) Kilometres(o *Point) float64 {
	const radius, degree = 6371, math.Pi / 180
	lat1, lat2 := float64(v.Lat)*degree, float64(o.Lat)*degree
	s1, s2 := math.Sin((lat2-lat1)/2), math.Sin(float64(o.Lon-v.Lon)*degree/2)
	return 2 * radius * math.Asin(math.Sqrt(min(1, s1*s1+math.Cos(lat1)*math.Cos(lat2)*s2*s2)))
}

// used returns the entries before the first empty one.
func used[T any](list []T, empty func(T) bool) []T {
	if n := slices.IndexFunc(list, empty); n >= 0 {
		return list[:n]
	}
	return list
}

// decode decodes a list into to and drops what does not fit.
func decode[T any](dec *msgpack.Decoder, to []T) error {
	var list []T
	if err := dec.Decode(&list); err != nil {
		return err
	}
	copy(to, list)
	return nil
}
