package world

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
	"redshank/test/world/network"
)

// person is one employee, with habits.
type person struct {
	id      int
	name    string
	org     *org
	object  string // object id in the directory
	cloud   bool   // the mailbox is in the cloud
	admin   bool
	office  *office
	provide *network.Network // of the line at home
	carrier *network.Network // of the telephone
	redials int              // days after which the line at home gets a new IPv4 address; 0: it is IPv6
	remote  float64          // share of days at home
	tunnel  bool             // works through the VPN when at home
	browser string
	outlook bool // has Outlook on a computer
	web     bool // reads in a browser
	phone   string
	mobile  bool // reads on a telephone
	native  bool // of the telephone: its own mail program (ActiveSync), else Outlook
	relay   bool // of the telephone: uses private relay
	imap    bool
	device  string // id of the computer
	handset string // id of the telephone
	session string // of the browser: lasts for days
	renewed time.Time
	items   int // mail items read in a record
	comes   float64
	stays   float64
	away    time.Time // travelling until then
	spelled int       // how the name is spelled when typed
}

func (p *person) upn() string  { return p.name + "@" + p.org.domain }
func (p *person) down() string { return p.org.netbios + `\` + p.name }

// typed is the account as this person types it.
func (p *person) typed() string {
	switch p.spelled {
	case 0:
		return p.down()
	case 1:
		return p.upn()
	case 2:
		return strings.ToLower(p.org.netbios) + `\` + strings.ToUpper(p.name[:1]) + p.name[1:]
	case 3:
		return strings.ToUpper(p.upn())
	}
	return p.name
}

var (
	firstNames = []string{
		"anna", "bruno", "carla", "dmitri", "elena", "farid", "greta", "hugo", "ines", "jonas", "karin", "liam", "maria",
		"nadia", "oskar", "paula", "quentin", "rosa", "samir", "tessa", "ulf", "vera", "wanda", "xenia", "yusuf", "zoe",
		"adele", "boris", "clara", "david", "emil", "fiona", "gustav", "helena", "ivan", "julia", "kofi", "lara", "milan", "nora",
	}
	lastNames = []string{
		"adler", "berg", "castro", "dahl", "ekman", "fischer", "garnier", "holm", "ivanov", "jansen", "keller", "lund", "moreau",
		"novak", "olsen", "petit", "quinn", "rossi", "silva", "tanaka", "ueda", "vogel", "weber", "xu", "young", "zeller",
		"arnold", "bauer", "conti", "duarte", "engel", "ferrari", "gruber", "haas", "ibarra", "jung",
	}
	phones = []string{"Apple-iPhone15C2/2107.102", "Apple-iPhone17C1/2301.44", "Apple-iPhone14C5/2209.81", "Android-SAMSUNG-SM-S928B/101.15", "Android-Mail/2026.02.11"}
)

// browser draws a user agent of a browser in common use.
func (c *company) browser() string {
	v := 140 + c.Number(0, 2)
	switch n := c.Rand.IntN(10); {
	case n < 4:
		return fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", v)
	case n < 8:
		return fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36 Edg/%d.0.0.0", v, v)
	case n < 9:
		return fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:%d.0) Gecko/20100101 Firefox/%d.0", v, v)
	}
	return "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15"
}

func (c *company) person(o *org, i int, name string) *person {
	p := &person{
		id: i, name: name, org: o, object: c.UUID(), cloud: c.Chance(o.cloudShare), office: o.offices[c.Rand.IntN(len(o.offices))],
		provide: c.provider(), carrier: dice.One(c, c.nets.carriers), remote: dice.One(c, []float64{0, 0.2, 0.4, 0.6, 0.9}), tunnel: c.Chance(0.35),
		browser: c.browser(), outlook: c.Chance(0.7), mobile: c.Chance(0.75), native: c.Chance(0.45), relay: c.Chance(0.08), imap: c.Chance(0.02),
		phone: dice.One(c, phones), device: c.UUID(), handset: c.Hex(16) + c.Hex(10), session: c.UUID(),
		items: c.Number(1, 6), comes: 7.3 + 2*c.Rand.Float64(), stays: 7.5 + 2*c.Rand.Float64(), spelled: c.Rand.IntN(5),
	}
	p.web = !p.outlook || c.Chance(0.3)
	if c.Chance(0.6) {
		p.redials = dice.One(c, []int{1, 1, 3, 14, 60})
	}
	return p
}

// provider draws one for a home: most people have the largest.
func (c *company) provider() *network.Network {
	return c.nets.consumers[min(c.Rand.IntN(4), c.Rand.IntN(4))]
}

// spot is where a person is.
type spot int

const (
	atOffice spot = iota
	atHome
	travelling
)

// line is a connection to the internet: the address changes over the day, and
// is always the same for the same time.
type line func(at time.Time) netip.Addr

// fixed is a line with one address.
func fixed(a netip.Addr) line { return func(time.Time) netip.Addr { return a } }

// home is the person's own line: an address of IPv4 that changes at each
// redial, or a prefix of IPv6 in which the computer has a new address a day.
func (c *company) home(p *person) line {
	return func(at time.Time) netip.Addr {
		day := at.Unix() / 86400
		if p.redials > 0 {
			return p.provide.V4(c.Hash(11, int64(p.id), (day+int64(p.id))/int64(p.redials)))
		}
		return p.provide.V6(c.Hash(12, int64(p.id)), c.Hash(13, int64(p.id), day))
	}
}

// cellular is the person's telephone on the carrier's network.
func (c *company) cellular(p *person) line {
	if p.relay {
		return func(at time.Time) netip.Addr {
			slot := int64(c.Hash(14, int64(p.id), at.Unix()/7200))
			return c.nets.relay[slot&1].V4(c.Hash(15, slot&0x3f))
		}
	}
	return func(at time.Time) netip.Addr { return c.mobile(p, at) }
}

// out is how the computer reaches the cloud.
func (c *company) out(p *person, s spot, trip netip.Addr) line {
	switch {
	case c.org.sase != nil && p.id%4 != 0:
		exits := c.org.sase
		return func(at time.Time) netip.Addr {
			return exits[c.Hash(16, int64(p.id), at.Unix()/10800)%uint64(len(exits))]
		}
	case s == atOffice:
		return fixed(p.office.address)
	case p.tunnel:
		return fixed(c.org.vpn[p.id%len(c.org.vpn)])
	case s == travelling:
		return fixed(trip)
	}
	return c.home(p)
}

// toServer is how the computer reaches the Exchange server.
func (c *company) toServer(p *person, s spot, trip netip.Addr) line {
	switch {
	case s == atOffice && p.office.inside, s != atOffice && p.tunnel:
		return fixed(netip.AddrFrom4([4]byte{10, 20, byte(8 + p.id/200), byte(20 + p.id%200)}))
	case s == atOffice:
		return fixed(p.office.address)
	case s == travelling:
		return fixed(trip)
	}
	return c.home(p)
}

func (c *company) outlookAgent() string {
	return fmt.Sprintf("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.%d; Pro)", c.org.build)
}

func (p *person) client(at time.Time, l line) lines.Client {
	return lines.Client{IP: l(at), Agent: p.browser}
}
