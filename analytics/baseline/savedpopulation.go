package baseline

import (
	"encoding/binary"
	"errors"
)

// tenantKey is the key under which the accounts of the tenant are saved: no
// feature is zero.
const tenantKey Feature = 0

// populationVersion is the first byte of each saved value.
const populationVersion = 1

var errPopulation = errors.New("population: entry cut short, or of another version")

// Track makes the population remember what changes, for Changes.
func (p *Population) Track() { p.features.Track() }

// Changes calls put for every feature that changed since the last call, in no
// order: with its value, which is valid until put returns, or with ok false for an
// evicted feature.
func (p *Population) Changes(put func(key uint64, value []byte, ok bool)) error {
	var room []byte
	var one users
	p.features.Changes(func(f Feature, e feature, present, _ bool) {
		if present {
			room = e.users(&one).append(room[:0])
		}
		put(uint64(f), room, present)
	})
	if !p.tenantChanged {
		return nil
	}
	p.tenantChanged = false
	accounts, err := p.tenant.MarshalBinary()
	if err != nil {
		return err
	}
	room = binary.AppendVarint(append(room[:0], populationVersion), p.began)
	put(uint64(tenantKey), append(room, accounts...), true)
	return nil
}

// Load adds an entry that Changes saved.
func (p *Population) Load(key uint64, value []byte) error {
	if len(value) == 0 || value[0] != populationVersion {
		return errPopulation
	}
	if Feature(key) == tenantKey {
		began, n := binary.Varint(value[1:])
		if n <= 0 {
			return errPopulation
		}
		p.began = began
		err := p.tenant.UnmarshalBinary(value[1+n:])
		p.accounts = p.tenant.Count()
		return err
	}
	u := &users{}
	if err := u.load(value[1:]); err != nil {
		return err
	}
	if u.several() {
		p.features.Load(Feature(key), feature{several: u}, true)
		return nil
	}
	var e feature
	copy(e.one[:], u.exact)
	p.features.Load(Feature(key), e, false)
	return nil
}

// append encodes the accounts, each with its day, or the two sketches.
func (u *users) append(b []byte) []byte {
	b = append(b, populationVersion)
	b = binary.AppendUvarint(b, uint64(len(u.exact)))
	for _, e := range u.exact {
		b = binary.BigEndian.AppendUint64(b, e.account)
		b = binary.AppendVarint(binary.AppendVarint(b, int64(e.first)), int64(e.day))
	}
	if u.sketches == nil {
		return b
	}
	b = binary.AppendVarint(b, int64(u.since))
	for _, s := range u.sketches {
		for _, word := range s {
			b = binary.BigEndian.AppendUint64(b, word)
		}
	}
	return b
}

func (u *users) load(b []byte) error {
	count, n := binary.Uvarint(b)
	if n <= 0 || count > exactUsers {
		return errPopulation
	}
	b = b[n:]
	for range count {
		if len(b) < 8 {
			return errPopulation
		}
		first, n := binary.Varint(b[8:])
		if n <= 0 {
			return errPopulation
		}
		last, m := binary.Varint(b[8+n:])
		if m <= 0 {
			return errPopulation
		}
		u.exact = append(u.exact, user{binary.BigEndian.Uint64(b), int32(first), int32(last)})
		b = b[8+n+m:]
	}
	if len(b) == 0 {
		return nil
	}
	since, n := binary.Varint(b)
	if n <= 0 || len(b) != n+2*sketchBits/8 {
		return errPopulation
	}
	u.since, u.sketches = int32(since), new([2][sketchBits / 64]uint64)
	b = b[n:]
	for i := range u.sketches {
		for j := range u.sketches[i] {
			u.sketches[i][j], b = binary.BigEndian.Uint64(b), b[8:]
		}
	}
	return nil
}
