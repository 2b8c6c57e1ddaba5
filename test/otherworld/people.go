package otherworld

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
	"redshank/test/world/network"
)

// person is somebody who works or studies at the organisation.
type person struct {
	number       int
	name, domain string
	netbios      string
	object       string // id in the directory
	role         *role
	site         *site
	cloud, admin bool
	line         *network.Network // at home
	carrier      *network.Network
	lease        int64 // days for which the line has an address; 0: a prefix of IPv6
	private      *network.Network
	system       int // of the computer
	outlook, web bool
	native, app  bool // programs of the telephone
	imap         bool
	phone        string
	device       string
	handset      string
	session      string
	entered      time.Time // of the session
	comes        float64
	reads        int // items in a record of the audit log
	spelling     int
	from, until  time.Time // employed; zero for always
	stale        time.Time // until then the telephone has an old password
	relaunched   time.Time // of the browser: a new session since
	boss         *person
	away         map[int]spot // days elsewhere
	spots        map[int]spot // where the person is by day, of days at work
}

func (p *person) upn() string { return p.name + "@" + p.domain }

// typed is the account as the person types it.
func (p *person) typed() string {
	switch p.spelling {
	case 0, 1:
		return p.netbios + `\` + p.name
	case 2:
		return p.name
	case 3:
		return strings.ToUpper(p.name[:1]) + p.name[1:] + "@" + p.domain
	}
	return p.upn()
}

// down is the account as programs on the premises send it.
func (p *person) down() string { return p.netbios + `\` + p.name }

func (p *person) works(at time.Time) bool {
	return !at.Before(p.from) && (p.until.IsZero() || at.Before(p.until))
}

var (
	givenNames  = strings.Fields("aiko bela chidi dana ewa femi gina hana imre juno kenji lola mina niko olga pavel rami sana tomas uma viktor wei yara zane abel bria cyril dora enzo fleur")
	familyNames = strings.Fields("abe bianchi cole diaz eze fontaine grant hara idris joshi kim lopez mori nunez osei park quist ross sato tran urbano vega wong yilmaz zhou achebe brandt costa dubois evans")
	phones      = strings.Fields("Apple-iPhone16C1/2208.64 Apple-iPhone13C2/2104.101 Apple-iPad11C3/2104.101 Android-SM-A546B/13.2 Android-Pixel-8/14.1 Outlook/1.0")
)

func (c *company) hire(i int, cloud bool) *person {
	r := c.roleOf(i)
	g, f := givenNames[i%len(givenNames)], familyNames[(i/len(givenNames))%len(familyNames)]
	p := &person{
		number: i, name: g + "." + f, domain: c.domain, netbios: c.netbios, object: c.UUID(), role: r, site: dice.OneOf(c, c.sites...), cloud: cloud,
		system: c.Rand.IntN(10), outlook: c.Chance(r.outlook), web: c.Chance(r.web), native: c.Chance(r.native), imap: c.Chance(r.imap),
		away: map[int]spot{}, spots: map[int]spot{}, phone: dice.OneOf(c, phones...), device: c.UUID(), handset: c.token(), session: c.UUID(), comes: 7.5 + 2.5*c.Rand.Float64(), reads: c.Number(1, 9), spelling: c.Rand.IntN(6),
	}
	if n := len(givenNames) * len(familyNames); i >= n {
		p.name = fmt.Sprintf("%s%d", p.name, i/n+1)
	}
	if r.name == "student" {
		p.name = fmt.Sprintf("s%07d", 1204000+i*7)
	}
	p.app = !p.native && c.Chance(r.app)
	p.web = p.web || !p.outlook
	p.line, p.carrier = p.site.broadband[min(c.Rand.IntN(3), c.Rand.IntN(3))], dice.OneOf(c, p.site.mobile...)
	if c.Chance(0.65) {
		p.lease = dice.OneOf[int64](c, 1, 2, 7, 30, 90)
	}
	if c.Chance(r.private) {
		p.private = dice.OneOf(c, c.privacy...)
	}
	if i > 20 && c.Chance(0.03) {
		p.boss = dice.OneOf(c, c.people[:i]...)
	}
	return p
}

// roleOf deals out roles in proportion.
func (c *company) roleOf(i int) *role {
	at := float64(i*37%100) / 100
	for k := range c.org.roles {
		if at -= c.org.roles[k].share; at < 0 {
			return &c.org.roles[k]
		}
	}
	return &c.org.roles[0]
}

// home is the address of the person's line at a time.
func (p *person) home(at time.Time) netip.Addr {
	day := at.Unix() / 86400
	id := network.Mix(uint64(p.number) ^ network.Mix(uint64(len(p.domain))<<20|uint64(p.object[0])<<8|uint64(p.object[1])))
	if p.lease > 0 {
		return p.line.V4(id ^ network.Mix(uint64((day+int64(p.number))/p.lease)))
	}
	return p.line.V6(id, id^uint64(day))
}

// cellular is the address of the person's telephone: one of 120 addresses that all
// customers of the carrier share.
func (c *company) cellular(p *person, at time.Time) netip.Addr {
	slot := int64(c.Hash(1, int64(p.number), at.Unix()/5400) % 120)
	return p.carrier.V4(c.Hash(2, slot))
}

// systems are the names of computers in user agents, and how common they are in
// tenths.
var systems = [10]string{0: "Windows NT 10.0; Win64; x64", 7: "Macintosh; Intel Mac OS X 10_15_7", 8: "X11; CrOS x86_64 14541.0.0", 9: "X11; Linux x86_64"}

// browser is the agent of the person's browser: people get updates within days.
func (c *company) browser(p *person, at time.Time) string {
	version := c.build + int(at.Sub(c.Start)/(24*time.Hour)+time.Duration(p.number%9))/14
	return agentOf(p.system, version, p.number%5)
}

func agentOf(system, version, kind int) string {
	name := systems[system]
	if name == "" {
		name = systems[0]
	}
	switch {
	case system == 7 && kind > 1:
		return fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/%d.%d Safari/605.1.15", name, 18+version%2, kind)
	case kind == 0:
		return fmt.Sprintf("Mozilla/5.0 (%s; rv:%d.0) Gecko/20100101 Firefox/%d.0", name, version, version)
	case kind < 3 && system < 7:
		return fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36 Edg/%d.0.0.0", name, version, version)
	}
	return fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", name, version)
}

// current is the commonest browser of the day.
func (c *company) current(at time.Time) string {
	return agentOf(0, c.build+int(at.Sub(c.Start)/(24*time.Hour))/14, 3)
}

// spot is where somebody is: the address towards the tenant and the one towards the
// server.
type spot func(at time.Time) (out, in netip.Addr)

func everywhere(from func(time.Time) netip.Addr) spot {
	return func(at time.Time) (netip.Addr, netip.Addr) { a := from(at); return a, a }
}

func fixed(a netip.Addr) spot { return everywhere(func(time.Time) netip.Addr { return a }) }

// work is the person's desk, or a shared computer: inside, it has an address of
// its own.
func (c *company) work(p *person, day int) spot {
	s, desk := p.site, uint64(p.number)
	out := s.exits[desk%uint64(len(s.exits))]
	if !s.inside {
		return fixed(out)
	}
	if p.role.shifts {
		desk = c.Hash(3, int64(p.number), int64(day)) % uint64(1+len(c.people)/12)
	}
	in := netip.AddrFrom4([4]byte{10, byte(40 + s.number), byte(desk / 200), byte(10 + desk%200)})
	return func(time.Time) (netip.Addr, netip.Addr) { return out, in }
}

// where draws a person's place for a day.
func (c *company) where(p *person, day int) spot {
	if at := p.away[day]; at != nil {
		return at
	}
	if !c.Chance(p.role.remote) {
		return c.work(p, day)
	}
	if p.private != nil && c.Chance(0.4) {
		exit := p.private.V4(c.Hash(4, int64(p.number%9), int64(c.Rand.IntN(2))))
		c.usual.private.Saw(exit, p.upn())
		return fixed(exit)
	}
	if len(c.vpn) > 0 && c.Chance(0.5) && p.role.name != "contractor" {
		return fixed(dice.OneOf(c, c.vpn...))
	}
	return everywhere(p.home)
}

// mayTravel begins a trip now and then: a day at a customer, a hotel or in a train at
// home, or some days abroad with a day of nothing before and after.
func (c *company) mayTravel(p *person, day int) {
	if p.away[day] != nil || !c.Chance(p.role.travels/1.5) {
		return
	}
	mobile := everywhere(func(at time.Time) netip.Addr { return c.cellular(p, at) })
	hotel := dice.OneOf(c, p.site.business...).V4(c.Hash(6, int64(c.Rand.IntN(60))))
	switch c.Rand.IntN(5) {
	case 0:
		hotel = dice.OneOf(c, c.foreign...).V4(c.Hash(5, int64(c.Rand.IntN(40))))
		p.travel(day, c.Number(2, 4), fixed(hotel))
	case 1:
		p.away[day] = mobile
		return
	default:
		p.away[day] = fixed(hotel)
	}
	c.usual.trips.Saw(hotel, p.upn())
}

// travel has the person work elsewhere for days, and not at all on the way.
func (p *person) travel(day, days int, at spot) {
	p.away[day] = nowhere
	for d := range days {
		p.away[day+1+d] = at
	}
	p.away[day+1+days] = nowhere
}

// stay keeps a person at the desk on a day, who is not away then.
func (c *company) stay(p *person, day int) spot {
	if p.away[day] == nil {
		p.away[day] = c.work(p, day)
	}
	return p.away[day]
}

// nowhere is a day without a connection.
var nowhere spot = func(time.Time) (netip.Addr, netip.Addr) { return netip.Addr{}, netip.Addr{} }

func (p *person) isNowhere(day int) bool {
	at := p.away[day]
	if at == nil {
		return false
	}
	a, _ := at(time.Time{})
	return !a.IsValid()
}

// client is a browser at an address.
func client(ip netip.Addr, agent string) lines.Client { return lines.Client{IP: ip, Agent: agent} }
