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

// company is the organisation of a world and the writer of its logs.
type company struct {
	land
	org *org
	log *lines.Writer
}

// org is the organisation.
type org struct {
	domain, netbios string
	tenant          string
	local           *time.Location
	offices         []*office
	vpn             []netip.Addr // exits of its own VPN
	sase            []netip.Addr // exits of a security service; nil for none
	people          []*person
	admins          []*person // of people
	machines        []netip.Addr
	cloudShare      float64 // of mailboxes that are in the cloud
	typos           float64 // share of passwords typed that are wrong at first
	build           int     // of Outlook
	leaked          []string
}

// office is a site behind one address, seen from outside. Some sites reach the
// Exchange server from inside, with an address for each desk.
type office struct {
	address netip.Addr
	inside  bool
	number  int
}

var (
	domainHeads = []string{"contoso", "fabrikam", "northwind", "litware", "proseware", "adatum", "tailspin", "wingtip", "woodgrove", "lucerne", "relecloud", "vanarsdel", "fourthcoffee", "margies", "munson"}
	domainTails = []string{"", "-group", "-holding", "-works", "-energy", "-health", "-school", "-law", "-logistics"}
)

func (c *company) organisation() *org {
	head := dice.One(c, domainHeads)
	o := &org{
		domain: head + dice.One(c, domainTails) + ".example", netbios: strings.ToUpper(head), tenant: c.UUID(),
		local:      time.FixedZone("local", zones[c.nets.home.Country]*3600),
		cloudShare: 0.35 + 0.4*c.Rand.Float64(), typos: 0.03 + 0.05*c.Rand.Float64(), build: 17000 + c.Rand.IntN(1500),
	}
	for i := range c.Number(2, 4) {
		o.offices = append(o.offices, &office{dice.One(c, c.nets.business).V4(c.Rand.Uint64()), i == 0, i})
	}
	for range c.Number(1, 2) {
		o.vpn = append(o.vpn, network.Near(o.offices[0].address, c.Rand.Uint64()))
	}
	if c.Chance(0.5) {
		for range c.Number(4, 10) {
			o.sase = append(o.sase, c.nets.sase.V4(c.Rand.Uint64()))
		}
	}
	for i := range 6 {
		o.machines = append(o.machines, netip.AddrFrom4([4]byte{10, 20, 1, byte(31 + i)}))
	}
	c.org = o
	c.hire(o)
	for _, p := range dice.Some(c, o.people, max(4, len(o.people)/25)) {
		o.leaked = append(o.leaked, p.upn())
	}
	return o
}

func (c *company) hire(o *org) {
	first, last := dice.Some(c, firstNames, len(firstNames)), dice.Some(c, lastNames, len(lastNames))
	style := c.Rand.IntN(3)
	for i := range c.People {
		f, l := first[i%len(first)], last[(i/len(first))%len(last)]
		name := f + "." + l
		switch {
		case style == 1:
			name = f[:1] + l
		case style == 2:
			name = l + "." + f[:1]
		}
		if i >= len(first)*len(last) || style > 0 && c.taken(o, name) {
			name += fmt.Sprint(i)
		}
		o.people = append(o.people, c.person(o, i, name))
	}
	o.admins = dice.Some(c, o.people, 5)
	for _, p := range o.admins {
		p.admin = true
	}
}

func (c *company) taken(o *org, name string) bool {
	for _, p := range o.people {
		if p.name == name {
			return true
		}
	}
	return false
}

// setup is how the organisation logs.
func (c *company) setup() lines.Setup {
	s := lines.Setup{
		Domain: c.org.domain, NetBIOS: c.org.netbios, Tenant: c.org.tenant, Local: c.org.local,
		Balancer: c.Chance(0.3), Bytes: c.Chance(0.5), BackEnd: c.Chance(0.5), Proxy: c.Chance(0.8), Security: c.Chance(0.8), Entra: c.Chance(0.8),
	}
	prefix := dice.One(c, []string{"EX", "MBX", "MAIL", "EXCH"})
	for i := range c.Number(1, 3) {
		s.Servers = append(s.Servers, fmt.Sprintf("%s%02d", prefix, i+1))
	}
	return s
}

// Policy is what the organisation's analysts have set up: which names belong
// together, who is privileged, which backup is known. Offices are left out:
// they have to be recognised as shared. With databases the policy names
// asn.mmdb and city.mmdb beside it, and leaked.txt with leaked.
func (c *company) Policy(databases, leaked bool) string {
	o, b := c.org, &strings.Builder{}
	fmt.Fprintf(b, "version: 1\ndomains:\n  default: %s\n  netbios: {%s: %s}\n", o.domain, o.netbios, o.domain)
	fmt.Fprintf(b, "  aliases: {%s.onmicrosoft.com: %s}\n", strings.ToLower(o.netbios), o.domain)
	if c.log.Balancer {
		fmt.Fprintf(b, "networks:\n  trusted_proxies: [10.20.0.5/32]\n")
	}
	b.WriteString("accounts:\n  privileged: [")
	for i, p := range o.admins {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.upn())
	}
	b.WriteString("]\n")
	fmt.Fprintf(b, "automation:\n  - {name: backup, app: %s}\n", declaredBackup.ID)
	if databases {
		b.WriteString("databases: {asn: asn.mmdb, city: city.mmdb}\n")
	}
	if leaked {
		b.WriteString("leaked_accounts:\n  - {file: leaked.txt}\n")
	}
	return b.String()
}

// Leaked returns the accounts that are on a leaked list: some of the people,
// and many who have left.
func (c *company) Leaked() []string {
	list := c.org.leaked
	for i := range 60 {
		list = append(list, c.former(i))
	}
	return list
}

// former returns the account of a former employee.
func (c *company) former(i int) string {
	return fmt.Sprintf("%s.%s%d@%s", firstNames[i%len(firstNames)], lastNames[(i*7+3)%len(lastNames)], 70+i/7, c.org.domain)
}
