package stuffing

import "redshank/analytics/event"

// hours is how many accounts sign in at a shared address in each hour of the day,
// today and on the days before.
type hours [24]hourOfDay

type hourOfDay struct {
	day          int32   // of today
	today, usual float32 // accounts; usual halves the weight of a day with each later day
}

// add counts an account that signs in during an hour. Records of days before are not
// counted.
func (h *hours) add(at int64) {
	o, today := &h[uint64(at/hour)%24], int32(at/day)
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

// usual returns how many accounts usually sign in during the busiest hour between two
// times, at most a day apart. For a nil h it returns 0.
func (h *hours) usual(from, to int64) (most float32) {
	if h == nil {
		return 0
	}
	for at := max(from, to-day+hour); at/hour <= to/hour; at += hour {
		most = max(most, h[uint64(at/hour)%24].before(int32(at/day)))
	}
	return most
}

// noteHour counts a sign-in in the hours of a shared address, if it is the account's
// first in its hour. Mail programs do not count: they sign in at night, too.
func (c *client) noteHour(have, got *signIn) {
	mail := got.agent == mailProtocols || got.family == event.Mobile || got.family == event.Outlook || got.service == event.EAS
	if mail || c.knownUsers() < sharedUsers || have != nil && got.first >= have.first && have.activeInHours(got.first/hour, got.first/hour) {
		return
	}
	if c.users.hours == nil {
		c.users.hours = new(hours)
	}
	c.users.hours.add(got.first)
}

// saved returns the hours as a list: day, today and usual of each.
func (h *hours) saved() (list []float32) {
	if h == nil {
		return nil
	}
	for _, o := range h {
		list = append(list, float32(o.day), o.today, o.usual)
	}
	return list
}

// hoursOf returns the hours that saved returned.
func hoursOf(list []float32) *hours {
	h := new(hours)
	for n := range h {
		if 3*n+2 < len(list) {
			h[n] = hourOfDay{int32(list[3*n]), list[3*n+1], list[3*n+2]}
		}
	}
	return h
}
