package world

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"redshank/test/world/lines"
	"redshank/test/world/network"
)

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

func (w *World) organisation() *org {
	head := one(w, domainHeads)
	o := &org{
		domain: head + one(w, domainTails) + ".example", netbios: strings.ToUpper(head), tenant: w.uuid(),
		local:      time.FixedZone("local", zones[w.nets.home.Country]*3600),
		cloudShare: 0.35 + 0.4*w.rng.Float64(), typos: 0.03 + 0.05*w.rng.Float64(), build: 17000 + w.rng.IntN(1500),
	}
	for i := range w.number(2, 4) {
		o.offices = append(o.offices, &office{one(w, w.nets.business).V4(w.rng.Uint64()), i == 0, i})
	}
	for range w.number(1, 2) {
		o.vpn = append(o.vpn, network.Near(o.offices[0].address, w.rng.Uint64()))
	}
	if w.chance(0.5) {
		for range w.number(4, 10) {
			o.sase = append(o.sase, w.nets.sase.V4(w.rng.Uint64()))
		}
	}
	for i := range 6 {
		o.machines = append(o.machines, netip.AddrFrom4([4]byte{10, 20, 1, byte(31 + i)}))
	}
	w.org = o
	w.hire(o)
	for _, p := range some(w, o.people, max(4, len(o.people)/25)) {
		o.leaked = append(o.leaked, p.upn())
	}
	return o
}

func (w *World) hire(o *org) {
	first, last := some(w, firstNames, len(firstNames)), some(w, lastNames, len(lastNames))
	style := w.rng.IntN(3)
	for i := range w.People {
		f, l := first[i%len(first)], last[(i/len(first))%len(last)]
		name := f + "." + l
		switch {
		case style == 1:
			name = f[:1] + l
		case style == 2:
			name = l + "." + f[:1]
		}
		if i >= len(first)*len(last) || style > 0 && w.taken(o, name) {
			name += fmt.Sprint(i)
		}
		o.people = append(o.people, w.person(o, i, name))
	}
	o.admins = some(w, o.people, 5)
	for _, p := range o.admins {
		p.admin = true
	}
}

func (w *World) taken(o *org, name string) bool {
	for _, p := range o.people {
		if p.name == name {
			return true
		}
	}
	return false
}

// setup is how the organisation logs.
func (w *World) setup() lines.Setup {
	s := lines.Setup{
		Domain: w.org.domain, NetBIOS: w.org.netbios, Tenant: w.org.tenant, Local: w.org.local,
		Balancer: w.chance(0.3), Bytes: w.chance(0.5), BackEnd: w.chance(0.5), Proxy: w.chance(0.8), Security: w.chance(0.8), Entra: w.chance(0.8),
	}
	prefix := one(w, []string{"EX", "MBX", "MAIL", "EXCH"})
	for i := range w.number(1, 3) {
		s.Servers = append(s.Servers, fmt.Sprintf("%s%02d", prefix, i+1))
	}
	return s
}

// Policy is what the organisation's analysts have set up: which names belong
// together, who is privileged, which backup is known. Offices are left out:
// they have to be recognised as shared. With databases the policy names
// asn.mmdb and city.mmdb beside it, and leaked.txt with leaked.
func (w *World) Policy(databases, leaked bool) string {
	o, b := w.org, &strings.Builder{}
	fmt.Fprintf(b, "version: 1\ndomains:\n  default: %s\n  netbios: {%s: %s}\n", o.domain, o.netbios, o.domain)
	fmt.Fprintf(b, "  aliases: {%s.onmicrosoft.com: %s}\n", strings.ToLower(o.netbios), o.domain)
	if w.log.Balancer {
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
func (w *World) Leaked() []string {
	list := w.org.leaked
	for i := range 60 {
		list = append(list, w.former(i))
	}
	return list
}

// former returns the account of a former employee.
func (w *World) former(i int) string {
	return fmt.Sprintf("%s.%s%d@%s", firstNames[i%len(firstNames)], lastNames[(i*7+3)%len(lastNames)], 70+i/7, w.org.domain)
}
