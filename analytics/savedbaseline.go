package analytics

import (
	"encoding/binary"
	"fmt"

	"github.com/tinylib/msgp/msgp"
)

// What is usual for an account, as it is put down: see saved.go.

// savedBaseline has its places as numbers: key, first, last, days.
type savedBaseline struct {
	Features              []byte
	Hours                 []byte
	Days, SignIns         int
	Began, Newest, Mature int64
}

type savedVolume struct {
	Hours        []byte
	Last, Newest int64
	Mean         float64
	MeanDays     int
}

func (b *baseline) saved(to []byte) []byte {
	to, start := beginBytes(msgp.AppendArrayHeader(to, 7))
	for i := range b.features {
		p := &b.features[i]
		to = appendPacked(to, []int64{int64(p.key), p.first, p.last, int64(p.days)})
	}
	to = savedNumbers(endBytes(to, start), b.hours[:])
	for _, n := range [...]int64{int64(b.days), int64(b.signIns), b.began, b.newest, b.mature} {
		to = msgp.AppendInt64(to, n)
	}
	return to
}

func (s *savedBaseline) restored() (baseline, error) {
	b := baseline{days: s.Days, signIns: s.SignIns, began: s.Began, newest: s.Newest, mature: s.Mature}
	var p [4]int64
	for rest := s.Features; len(rest) > 0; {
		n, err := unpack(rest, p[:])
		if err != nil {
			return b, err
		}
		b.features, rest = append(b.features, feature{uint64(p[0]), p[1], p[2], int32(p[3])}), rest[n:]
	}
	_, err := unpack(s.Hours, b.hours[:])
	return b, err
}

// savedNumbers are numbers as bytes. Most are small or none; the encoder would
// take a multiple of the time and look at each by itself.
func savedNumbers[T int32 | int64](b []byte, numbers []T) []byte {
	b, start := beginBytes(b)
	return endBytes(appendPacked(b, numbers), start)
}

func appendPacked[T int32 | int64](b []byte, numbers []T) []byte {
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

func (v *volume) saved(b []byte) []byte {
	if v == nil {
		return msgp.AppendNil(b)
	}
	b = savedNumbers(msgp.AppendArrayHeader(b, 5), v.hours[:])
	b = msgp.AppendInt64(msgp.AppendInt64(b, v.last), v.newest)
	return msgp.AppendInt(msgp.AppendFloat64(b, v.mean), v.meanDays)
}

func (s *savedVolume) restored() (*volume, error) {
	if s == nil {
		return nil, nil
	}
	v := &volume{last: s.Last, newest: s.Newest, mean: s.Mean, meanDays: s.MeanDays}
	_, err := unpack(s.Hours, v.hours[:])
	return v, err
}

func (r *beacon) saved(b []byte) []byte {
	if r == nil {
		return msgp.AppendNil(b)
	}
	return savedNumbers(b, r.times[:r.count])
}

func beaconOf(times []byte) (*beacon, error) {
	if len(times) == 0 {
		return nil, nil
	}
	r := &beacon{}
	for ; len(times) > 0 && r.count < len(r.times); r.count++ {
		n, err := unpack(times, r.times[r.count:r.count+1])
		if err != nil {
			return nil, err
		}
		times = times[n:]
	}
	return r, nil
}
