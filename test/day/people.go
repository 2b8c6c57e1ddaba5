package day

import (
	"fmt"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// person is one employee, with the behaviour that determines a day of traffic.
type person struct {
	name    string // first.last
	domain  string // contoso.com or fabrikam.com
	netbios string
	object  string // object id in the directory

	workplace lines.Client // at work, as the Exchange server sees it
	egress    lines.Client // at work, as the cloud sees it
	home      lines.Client
	phone     lines.Client // on the carrier's network
	device    string       // ActiveSync device id
	spelled   bool         // types DOMAIN\name, not the user principal name

	comes, goes time.Time
	branch      bool // works in the branch, where all traffic has one public address
	outlook     bool
	webmail     bool
	phoneMail   bool
	imap        bool
}

func (p *person) upn() string  { return p.name + "@" + p.domain }
func (p *person) down() string { return p.netbios + `\` + p.name }

// typed returns the account as this person types it.
func (p *person) typed() string {
	if p.spelled {
		return p.down()
	}
	return p.upn()
}

// The networks. Headquarters reaches Exchange from the inside and the cloud through
// one address; the branch reaches both through another address.
const (
	headquarters = "192.0.2.10"
	branchOffice = "192.0.2.130"
	balancer     = "10.20.0.5"
)

var (
	firstNames = []string{
		"anna", "bruno", "carla", "dmitri", "elena", "farid", "greta", "hugo", "ines", "jonas",
		"karin", "liam", "maria", "nadia", "oskar", "paula", "quentin", "rosa", "samir", "tessa",
	}
	lastNames = []string{
		"adler", "berg", "castro", "dahl", "ekman", "fischer", "garnier", "holm", "ivanov", "jansen",
		"keller", "lund", "moreau", "novak", "olsen", "petit", "quinn", "rossi", "silva", "tanaka",
	}
	browsers = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36 Edg/145.0.0.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.0.0 Safari/537.36 Edg/144.0.0.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:148.0) Gecko/20100101 Firefox/148.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	}
	phones      = []string{"Apple-iPhone15C2/2107.102", "Apple-iPhone17C1/2301.44", "Android-SAMSUNG-SM-S928B/101.15", "Outlook-iOS-Android/1.0"}
	outlookFull = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17932; Pro)"
)

// staff returns all employees, one for each pair of names.
func (m *maker) staff() []*person {
	var all []*person
	for _, last := range lastNames {
		for _, first := range firstNames {
			all = append(all, m.person(len(all), first+"."+last))
		}
	}
	return all
}

func (m *maker) person(i int, name string) *person {
	p := &person{
		name: name, domain: "contoso.com", netbios: "CONTOSO",
		object: m.UUID(), device: "DEV" + m.Hex(16),
		comes:   m.Around(clock(8, 20), 35*time.Minute),
		goes:    m.Around(clock(17, 5), 40*time.Minute),
		branch:  i%8 < 3,
		outlook: i%3 != 0, webmail: i%3 == 0 || m.Chance(0.2), phoneMail: m.Chance(0.6), imap: i%33 == 5,
		spelled: m.Chance(0.4),
	}
	if i%5 == 4 {
		p.domain, p.netbios = "fabrikam.com", "FABRIKAM"
	}
	m.place(p, i)
	return p
}

// place sets the addresses of p. A home has its own network or shares one of the
// provider's addresses; phones share the carrier's addresses.
func (m *maker) place(p *person, i int) {
	browser := dice.One(m, browsers)
	p.workplace, p.egress = client(fmt.Sprintf("10.20.%d.%d", 8+i/200, 20+i%200), browser), client(headquarters, browser)
	if p.branch {
		p.egress = client(branchOffice, browser)
		p.workplace = p.egress
	}
	p.home = client(fmt.Sprintf("2001:db8:1000:%x::%x", 0x100+i, 0x10+m.Rand.IntN(0xffff)), browser)
	if m.Chance(0.35) {
		p.home = client(fmt.Sprintf("198.51.100.%d", 100+m.Rand.IntN(120)), browser)
	}
	p.phone = client(fmt.Sprintf("198.51.100.%d", 10+m.Rand.IntN(32)), dice.One(m, phones))
}
