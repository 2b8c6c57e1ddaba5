package otherworld

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// organisation is a kind of organisation. Shares are of people or of worlds.
type organisation struct {
	name      string
	people    int
	countries int
	sites     span    // number of sites
	exits     span    // addresses of a site, seen from outside
	cloud     span    // share of mailboxes in the cloud
	inside    float64 // worlds in which people at a site reach the server with an address of their own
	vpn       float64 // worlds with a VPN of the company
	declared  float64 // worlds whose policy declares sites and VPN
	roles     []role
	attacks   [2]int // of AN1269 and of AN0131, in ten days
}

// role is how a group of people works; the figures are the shares of its people that
// have the habit.
type role struct {
	share   float64 // of the organisation's people
	name    string
	shifts  bool    // works at any hour, on shared computers
	outlook float64 // has Outlook on a computer
	web     float64 // reads in the browser
	native  float64 // reads on a telephone, with its own program
	app     float64 // reads on a telephone, with Outlook
	imap    float64 // has a program that speaks IMAP and SMTP
	remote  float64 // of the days, works at home
	travels float64 // of the days, travels
	private float64 // uses a VPN service of their own
}

var organisations = []organisation{
	{name: "hospital", people: 900, countries: 1, sites: span{2, 4}, exits: span{1, 2}, inside: 0.7, vpn: 0.6, declared: 0.5, attacks: [2]int{14, 7}, roles: []role{
		{share: 0.62, name: "ward", shifts: true, web: 0.95, native: 0.55, imap: 0.01, private: 0.02},
		{share: 0.18, name: "physician", shifts: true, web: 0.8, outlook: 0.4, native: 0.9, remote: 0.1, travels: 0.03, private: 0.03},
		{share: 0.2, name: "administration", outlook: 0.95, web: 0.3, native: 0.35, remote: 0.25, private: 0.01},
	}},
	{name: "multinational", people: 1500, countries: 3, sites: span{5, 9}, exits: span{1, 3}, cloud: span{1, 1}, vpn: 1, declared: 0.5, attacks: [2]int{14, 14}, roles: []role{
		{share: 0.5, name: "staff", outlook: 0.9, web: 0.35, app: 0.7, native: 0.1, remote: 0.45, travels: 0.01, private: 0.02},
		{share: 0.2, name: "field", outlook: 0.5, web: 0.6, app: 0.95, remote: 0.3, travels: 0.25, private: 0.03},
		{share: 0.15, name: "contractor", web: 1, app: 0.3, remote: 0.95, private: 0.12},
		{share: 0.15, name: "plant", shifts: true, web: 0.9, app: 0.5},
	}},
	{name: "university", people: 2500, countries: 1, sites: span{1, 2}, exits: span{2, 4}, cloud: span{0, 0.6}, vpn: 0.5, declared: 0.5, attacks: [2]int{16, 10}, roles: []role{
		{share: 0.85, name: "student", web: 0.8, native: 0.4, app: 0.1, imap: 0.12, remote: 0.5, travels: 0.01, private: 0.05},
		{share: 0.15, name: "teacher", outlook: 0.5, web: 0.7, native: 0.5, imap: 0.25, remote: 0.4, travels: 0.04, private: 0.03},
	}},
	{name: "lawfirm", people: 45, countries: 1, sites: span{1, 2}, exits: span{1, 1}, cloud: span{0.4, 0.8}, inside: 0.5, vpn: 0.5, declared: 0.5, attacks: [2]int{5, 5}, roles: []role{
		{share: 0.6, name: "lawyer", outlook: 1, web: 0.4, app: 0.6, native: 0.4, remote: 0.4, travels: 0.2, private: 0.05},
		{share: 0.4, name: "assistant", outlook: 1, web: 0.2, app: 0.4, remote: 0.3},
	}},
	{name: "workshop", people: 12, countries: 1, sites: span{1, 1}, exits: span{1, 1}, cloud: span{1, 1}, declared: 0.3, attacks: [2]int{3, 3}, roles: []role{
		{share: 1, name: "staff", outlook: 0.6, web: 0.6, app: 0.6, native: 0.2, remote: 0.2, travels: 0.04, private: 0.04},
	}},
}

// Names returns the names of the organisations.
func Names() (names []string) {
	for _, o := range organisations {
		names = append(names, o.name)
	}
	return names
}

// site is a place of work.
type site struct {
	*country
	number int
	exits  []netip.Addr
	inside bool // people reach the server with addresses of the site's own network
}

// company is the organisation of a world, with its places and its people.
type company struct {
	land
	org             *organisation
	domain, netbios string
	sites           []*site
	vpn             []netip.Addr // exits of the company's own VPN
	people, admins  []*person
	leaked          []string
	declared        bool // exits and offices are declared in the policy
	build           int  // of browsers, at the start
	log             *lines.Writer
	usual           struct{ trips, private, stale, internet *situation } // what happens on ordinary days
}

// settle draws the organisation itself: names, sites, people, first day.
func (c *company) settle() {
	head := dice.OneOf(c, "bluebell", "copperfield", "dunmore", "eastgate", "foxglove", "greyfriars", "hawthorn", "ironbridge", "kingsley", "larkspur", "mistral", "northgate")
	c.domain, c.netbios = head+dice.OneOf(c, "", "-online", "-intl", "-one")+".example", strings.ToUpper(head)
	c.build = c.Number(130, 150)
	for i := range c.Number(int(c.org.sites.low), int(c.org.sites.high)) {
		s := &site{country: c.countries[i%len(c.countries)], number: i, inside: i == 0 && c.Chance(c.org.inside)}
		s.exits = c.addresses(c.Number(int(c.org.exits.low), int(c.org.exits.high)), s.business[:1])
		c.sites = append(c.sites, s)
	}
	if c.Chance(c.org.vpn) {
		c.vpn = c.addresses(c.Number(1, 4), c.countries[0].business[1:])
	}
	c.declared = c.Chance(c.org.declared)
	c.Start = time.Date(2026, time.Month(c.Number(1, 9)), c.Number(1, 28), 0, 0, 0, 0, time.FixedZone("headquarters", c.countries[0].zone*3600))
	cloud := c.draw(c.org.cloud)
	for i := range c.People {
		c.people = append(c.people, c.hire(i, c.Chance(cloud)))
	}
	c.admins = dice.Some(c, c.people, min(8, 1+len(c.people)/40))
	for _, p := range c.admins {
		p.admin = true
	}
	for _, p := range dice.Some(c, c.people, max(1, len(c.people)/c.Number(15, 40))) {
		c.leaked = append(c.leaked, p.upn())
	}
}

func (c *company) hasServer() bool { return c.org.cloud.low < 1 }
func (c *company) hasTenant() bool { return c.org.cloud.high > 0 }

// needs is which logs something needs to be seen.
type needs int

const (
	anywhere needs = iota
	onServer
	inTenant
	inBoth
)

func (c *company) has(n needs) bool {
	return (n != onServer && n != inBoth || c.hasServer()) && (n != inTenant && n != inBoth || c.hasTenant())
}

// setup draws which logs there are.
func (c *company) setup() lines.Setup {
	s := lines.Setup{
		Domain: c.domain, NetBIOS: c.netbios, Tenant: c.UUID(), Local: c.Start.Location(),
		Balancer: c.Chance(0.4), Bytes: c.Chance(0.5), BackEnd: c.Chance(0.3), Proxy: c.Chance(0.7), Security: c.Chance(0.6), Entra: c.Chance(0.75),
	}
	for i := range c.Number(1, 4) {
		s.Servers = append(s.Servers, fmt.Sprintf("%s-MX%d", c.netbios[:3], i+1))
	}
	return s
}

// Policy returns what the organisation's analysts have configured. With databases
// the policy names asn.mmdb and city.mmdb beside it, and leaked.txt with leaked.
func (c *company) Policy(databases, leaked bool) string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "version: 1\ndomains:\n  default: %s\n  netbios: {%s: %s}\n", c.domain, c.netbios, c.domain)
	var networks []string
	if c.log.Balancer {
		networks = append(networks, "trusted_proxies: [10.20.0.5/32]")
	}
	if exits := c.exits(); c.declared {
		networks = append(networks, "corporate_egress: "+yamlList(exits))
	}
	if len(networks) > 0 {
		fmt.Fprintf(b, "networks:\n  %s\n", strings.Join(networks, "\n  "))
	}
	var admins []string
	for _, p := range c.admins {
		admins = append(admins, p.upn())
	}
	fmt.Fprintf(b, "accounts:\n  privileged: %s\n", yamlList(admins))
	if databases {
		b.WriteString("databases: {asn: asn.mmdb, city: city.mmdb}\n")
	}
	if leaked {
		b.WriteString("leaked_accounts:\n  - {file: leaked.txt}\n")
	}
	return b.String()
}

// exits are the prefixes of sites and VPN.
func (c *company) exits() (prefixes []string) {
	all := slices.Clone(c.vpn)
	for _, s := range c.sites {
		all = append(all, s.exits...)
	}
	for _, a := range all {
		prefixes = append(prefixes, a.String()+"/32")
	}
	return prefixes
}

func yamlList(values []string) string { return "[" + strings.Join(values, ", ") + "]" }

// Leaked returns the accounts of a leaked list: some people, and more who have left.
func (c *company) Leaked() []string {
	all := slices.Clone(c.leaked)
	for i := range 40 {
		all = append(all, c.former(i))
	}
	return all
}

// former returns the account of a former employee.
func (c *company) former(i int) string {
	return fmt.Sprintf("%s.%s%d@%s", givenNames[i%len(givenNames)], familyNames[(i*5+1)%len(familyNames)], i/9+3, c.domain)
}
