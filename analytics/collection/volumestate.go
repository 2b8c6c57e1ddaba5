package collection

import (
	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/state"
)

type savedVolume struct {
	Hours        []byte
	Last, Newest int64
	Mean         float64
	MeanDays     int
}

func (v *volume) saved(b []byte) []byte {
	if v == nil {
		return msgp.AppendNil(b)
	}
	b = state.AppendNumbers(msgp.AppendArrayHeader(b, 5), v.hours[:])
	b = msgp.AppendInt64(msgp.AppendInt64(b, v.last), v.newest)
	return msgp.AppendInt(msgp.AppendFloat64(b, v.mean), v.meanDays)
}

func (s *savedVolume) restored() (*volume, error) {
	if s == nil {
		return nil, nil
	}
	v := &volume{last: s.Last, newest: s.Newest, mean: s.Mean, meanDays: s.MeanDays}
	_, err := state.Unpack(s.Hours, v.hours[:])
	return v, err
}

func (r *beacon) saved(b []byte) []byte {
	if r == nil {
		return msgp.AppendNil(b)
	}
	return state.AppendNumbers(b, r.times[:r.count])
}

func beaconOf(times []byte) (*beacon, error) {
	if len(times) == 0 {
		return nil, nil
	}
	r := &beacon{}
	for ; len(times) > 0 && r.count < len(r.times); r.count++ {
		n, err := state.Unpack(times, r.times[r.count:r.count+1])
		if err != nil {
			return nil, err
		}
		times = times[n:]
	}
	return r, nil
}
