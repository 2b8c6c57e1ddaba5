package baseline

import (
	"math"
	"math/bits"
	"slices"

	"redshank/analytics/window"
)

// Feature is a hash of one thing that accounts have in common: a kind and a
// value, or a conjunction of two such features. The zero Feature stands for
// "not known" and is never counted.
type Feature uint64

// NewFeature returns the feature of a kind and a value, given as a 64-bit hash or
// number. Features of different kinds are equal only by a hash collision.
func NewFeature(kind byte, value uint64) Feature {
	h := value ^ uint64(kind)*0x9e3779b97f4a7c15
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	return Feature(h ^ h>>32 | 1)
}

// And returns the conjunction of two features, for which an account counts only if
// it used both in the same sign-in. The order of the two matters. The conjunction
// with the zero Feature is the zero Feature.
func (f Feature) And(g Feature) Feature {
	if f == 0 || g == 0 {
		return 0
	}
	return NewFeature('&', uint64(f)*31+bits.RotateLeft64(uint64(g), 27))
}

const (
	dayMillis = 24 * 60 * 60 * 1000
	// exactAccounts is the number of accounts up to which the tenant is counted at
	// every sign-in.
	exactAccounts = 1000
	// exactUsers is the number of accounts of a feature that are stored
	// individually.
	exactUsers = 24
	// forgetDays is the number of days for which an account counts after its last
	// use.
	forgetDays = 90
	// sketchDays is the number of days after which the newer of the two sketches of
	// a feature becomes the older one.
	sketchDays = forgetDays / 2
	sketchBits = 1024
)

// Population counts, for each feature, the distinct accounts that have signed in
// with it: exactly up to 24, by linear counting above (standard error about 3 % at
// 500 accounts, saturated at about 5,000). An account that has not used a feature
// for 90 days no longer counts. The least recently used of size features are
// evicted. Features of a single account, which one stolen password can produce in
// any number, never evict those of several accounts.
//
// A Population is not safe for concurrent use.
type Population struct {
	features      *window.Table[Feature, feature] // those of several accounts are protected
	tenant        window.Distinct
	accounts      int   // of tenant; above exactAccounts as of countedHour
	countedHour   int64 // since 1970
	began         int64
	tenantChanged bool
}

// feature is what the table keeps of a feature. Most features have a single account,
// which is in the table itself: an input of ever new addresses makes several of them
// with each sign-in.
type feature struct {
	one     [1]user // while several is nil; account 0: none
	several *users
}

// users returns the accounts of a feature, in room if there is at most one. Such a list
// is valid until the next Add.
func (f *feature) users(room *users) *users {
	if f.several != nil {
		return f.several
	}
	n := 0
	if f.one[0].account != 0 {
		n = 1
	}
	*room = users{exact: f.one[:n]}
	return room
}

// users are the accounts of one feature.
type users struct {
	exact    []user
	sketches *[2][sketchBits / 64]uint64 // nil up to exactUsers accounts; the newer one first
	since    int32                       // day on which the newer sketch began
	counted  int32                       // the accounts of the sketches, and one; 0: changed since they were counted
}

type user struct {
	account    uint64
	first, day int32 // days of the first and the last use, from 1970
}

// NewPopulation returns an empty population of at most size features (at
// least 2). A feature takes about 60 bytes for one account and 700 for many.
func NewPopulation(size int) *Population {
	return &Population{features: window.NewTable[Feature, feature](size, func(f Feature) uint64 { return window.Spread(uint64(f)) })}
}

// Add records that an account, given by its hash, signed in with a feature at
// a time in Unix milliseconds. It reports whether the account is known to be
// new to the feature.
func (p *Population) Add(f Feature, account uint64, at int64) bool {
	if f == 0 || account == 0 {
		return false
	}
	e := p.features.GetRef(f)
	if e == nil {
		p.features.Add(f, feature{one: [1]user{newUser(account, int32(at/dayMillis))}})
		return true
	}
	var room users
	u := e.users(&room)
	fresh, changed := u.add(account, int32(at/dayMillis))
	if e.several == nil && u.several() {
		e.several = &users{exact: u.exact}
	}
	if changed {
		p.features.MarkDirty(f)
		if u.several() {
			p.features.Protect(f)
		}
	}
	return fresh
}

func newUser(account uint64, day int32) user { return user{account, day, day} }

// Forget removes an account from a feature, because its sign-in was an attacker's.
// Forget has no effect on a feature whose accounts are too many to be stored
// individually.
func (p *Population) Forget(f Feature, account uint64) {
	e := p.features.PeekRef(f)
	if e == nil {
		return
	}
	var room users
	u := e.users(&room)
	n := slices.IndexFunc(u.exact, func(o user) bool { return o.account == account })
	switch {
	case n < 0:
		return
	case e.several == nil:
		e.one[0] = user{}
	default:
		u.exact = slices.Delete(u.exact, n, n+1)
	}
	p.features.MarkDirty(f)
}

// AddAccount counts an account of the tenant that signed in at a time, and
// starts the learning period with the first one.
func (p *Population) AddAccount(account uint64, at int64) {
	if p.began == 0 || at < p.began {
		p.began, p.tenantChanged = at, true
	}
	if p.tenant.Add(account) {
		p.tenantChanged = true
	}
	// Counting many accounts takes 150 us, which is too long for every sign-in.
	if hour := at / (60 * 60 * 1000); hour > p.countedHour || p.accounts < exactAccounts {
		p.accounts, p.countedHour = p.tenant.Count(), max(hour, p.countedHour)
	}
}

// Accounts returns the number of accounts of the tenant that have signed in. Above
// 1,000 accounts the number is that of the current hour's first sign-in.
func (p *Population) Accounts() int {
	if p.accounts == 0 {
		p.accounts = p.tenant.Count() // after a restore
	}
	return p.accounts
}

// Learned reports whether at is at least a number of days after the first sign-in.
// Before that, rarity is not meaningful.
func (p *Population) Learned(at int64, days int) bool {
	return p.began != 0 && at-p.began >= int64(days)*dayMillis
}

// FirstDay reports whether a time is on the first day of sign-ins: nobody is known yet, and
// neither is what is rare.
func (p *Population) FirstDay(at int64) bool { return !p.Learned(at, 1) }

// Known returns for how long before a time sign-ins are known, in milliseconds.
func (p *Population) Known(at int64) int64 {
	if p.began == 0 {
		return 0
	}
	return max(0, at-p.began)
}

// Users returns how many accounts have signed in with a feature in the 90 days
// before a time. It returns 0 for the zero Feature.
func (p *Population) Users(f Feature, at int64) int {
	var room users
	u := p.peek(f, &room)
	if u == nil {
		return 0
	}
	return u.count(int32(at / dayMillis))
}

// Established is Users without accounts whose first use was on the day of at or
// later, so that an attack in progress does not make a feature common. Above the
// exact range Established returns the same as Users.
func (p *Population) Established(f Feature, at int64) (n int) {
	var room users
	u, day := p.peek(f, &room), int32(at/dayMillis)
	switch {
	case u == nil:
		return 0
	case u.sketches != nil:
		return u.count(day)
	}
	for _, e := range u.exact {
		if e.first < day && e.day+forgetDays >= day {
			n++
		}
	}
	return n
}

// UsersBesides returns how many accounts other than one have signed in with a
// feature, as Users. Above the exact range it returns one less than Users.
func (p *Population) UsersBesides(f Feature, account uint64, at int64) int {
	var room users
	u := p.peek(f, &room)
	if u == nil {
		return 0
	}
	n := u.count(int32(at / dayMillis))
	if n > 0 && (u.sketches != nil || u.has(account, int32(at/dayMillis))) {
		n--
	}
	return n
}

// Has reports whether an account is known to have signed in with a feature. Has
// reports false for a feature whose accounts are too many to be stored individually.
func (p *Population) Has(f Feature, account uint64, at int64) bool {
	var room users
	u := p.peek(f, &room)
	return u != nil && u.has(account, int32(at/dayMillis))
}

// Rare reports whether few accounts of the tenant had used a feature before
// the day of at: at most least, or at most a share of the accounts, given in
// thousandths.
func (p *Population) Rare(f Feature, at int64, least, thousandths int) bool {
	return p.Established(f, at) <= max(least, p.Accounts()*thousandths/1000)
}

// Len returns the number of features kept.
func (p *Population) Len() int { return p.features.Len() }

// peek returns the accounts of a feature as feature.users does, or nil if it is not kept.
func (p *Population) peek(f Feature, room *users) *users {
	if e := p.features.PeekRef(f); e != nil {
		return e.users(room)
	}
	return nil
}

// several reports whether more than one account has used the feature.
func (u *users) several() bool { return u.sketches != nil || len(u.exact) > 1 }

// add adds an account, and reports whether it is new and whether anything changed
// that must be saved.
func (u *users) add(account uint64, day int32) (fresh, changed bool) {
	if u.sketches != nil {
		return u.sketch(account, day)
	}
	oldest := -1
	for i := range u.exact {
		if e := &u.exact[i]; e.account == account {
			fresh = e.day+forgetDays < day
			changed = e.day < day || day < e.first
			if fresh {
				e.first = day
			}
			e.first, e.day = min(e.first, day), max(e.day, day)
			return fresh, changed
		} else if e.day+forgetDays < day {
			oldest = i
		}
	}
	switch {
	case oldest >= 0:
		u.exact[oldest] = newUser(account, day)
	case len(u.exact) < exactUsers:
		u.exact = append(u.exact, newUser(account, day))
	default:
		u.sketches, u.since = new([2][sketchBits / 64]uint64), day
		for _, e := range u.exact {
			u.sketch(e.account, day)
		}
		u.exact = nil
		u.sketch(account, day)
	}
	return true, true
}

// sketch counts an account in the newer of two sketches.
func (u *users) sketch(account uint64, day int32) (fresh, changed bool) {
	if day-u.since >= sketchDays {
		if day-u.since >= 2*sketchDays {
			u.sketches[0] = [sketchBits / 64]uint64{}
		}
		u.sketches[1], u.sketches[0] = u.sketches[0], [sketchBits / 64]uint64{}
		u.since, u.counted, changed = day, 0, true
	}
	bit := (account * 0x9e3779b97f4a7c15) >> (64 - 10) // log2(sketchBits)
	word, mask := bit/64, uint64(1)<<(bit%64)
	if u.sketches[0][word]&mask != 0 {
		return false, changed
	}
	fresh = u.sketches[1][word]&mask == 0
	u.sketches[0][word] |= mask
	if fresh {
		u.counted = 0
	}
	return fresh, true
}

func (u *users) has(account uint64, day int32) bool {
	for _, e := range u.exact {
		if e.account == account {
			return e.day+forgetDays >= day
		}
	}
	return false
}

func (u *users) count(day int32) (n int) {
	if u.sketches == nil {
		for _, e := range u.exact {
			if e.day+forgetDays >= day {
				n++
			}
		}
		return n
	}
	if u.counted > 0 {
		return int(u.counted) - 1
	}
	set := 0
	for i, word := range u.sketches[0] {
		set += bits.OnesCount64(word | u.sketches[1][i])
	}
	// Whang et al., "A linear-time probabilistic counting algorithm", TODS 1990.
	n = int(math.Round(-sketchBits * math.Log(float64(max(sketchBits-set, 1))/sketchBits)))
	u.counted = int32(n) + 1
	return n
}
