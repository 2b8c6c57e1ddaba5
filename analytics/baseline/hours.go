package baseline

import "redshank/analytics/event"

// Hours is how many accounts sign in at a place in each hour of the day, today and on
// the days before.
type Hours [24]hourOfDay

type hourOfDay struct {
	day          int32   // of today
	today, usual float32 // accounts; usual halves the weight of a day with each later day
}

// Add counts an account that signs in during the hour of a time, in Unix milliseconds.
// Records of days before are not counted.
func (h *Hours) Add(at int64) {
	o, today := &h[uint64(at/event.Hour)%24], int32(at/event.Day)
	if today < o.day {
		return
	}
	if today > o.day {
		*o = hourOfDay{day: today, usual: o.before(today)}
	}
	o.today++
}

// before returns the usual number of accounts on the days before a day.
func (o *hourOfDay) before(today int32) float32 {
	if today <= o.day {
		return o.usual
	}
	usual := (o.usual + o.today) / 2
	for n := o.day + 1; n < today && usual > 0.1; n++ {
		usual /= 2
	}
	return usual
}

// Usual returns how many accounts usually sign in during the busiest hour between two
// times in Unix milliseconds, at most a day apart. For a nil h it returns 0.
func (h *Hours) Usual(from, to int64) (most float32) {
	if h == nil {
		return 0
	}
	for at := max(from, to-event.Day+event.Hour); at/event.Hour <= to/event.Hour; at += event.Hour {
		most = max(most, h[uint64(at/event.Hour)%24].before(int32(at/event.Day)))
	}
	return most
}

// Saved returns the hours as a list: day, today and usual of each. For a nil h it returns nil.
func (h *Hours) Saved() (list []float32) {
	if h == nil {
		return nil
	}
	for _, o := range h {
		list = append(list, float32(o.day), o.today, o.usual)
	}
	return list
}

// HoursOf returns the hours that Saved returned as a list.
func HoursOf(list []float32) *Hours {
	h := new(Hours)
	for n := range h {
		if 3*n+2 < len(list) {
			h[n] = hourOfDay{int32(list[3*n]), list[3*n+1], list[3*n+2]}
		}
	}
	return h
}
