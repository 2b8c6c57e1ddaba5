package world

import (
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/network"
)

// land is where the world is: its country and its networks.
type land struct {
	Stage
	*network.Plan
	nets nets
}

// nets are the networks of a world, by purpose.
type nets struct {
	home      network.Place      // where the organisation is
	consumers []*network.Network // providers of the people's homes, largest first
	carriers  []*network.Network // of their telephones
	business  []*network.Network // of offices and hotels
	hosting   []*network.Network // servers for rent, at home and abroad
	foreign   []*network.Network // consumers abroad: residential proxies
	vpn       []*network.Network // consumer VPN services
	relay     []*network.Network // of iCloud private relay
	sase      *network.Network   // exits of a security service
	cloud     *network.Network   // where programs of other companies run
}

// countries are where an organisation may be; the first place is the capital.
var countries = [][]network.Place{
	{{Country: "DE", City: "Hamburg", Lat: 53.55, Lon: 9.99}, {Country: "DE", City: "Munich", Lat: 48.14, Lon: 11.58}, {Country: "DE", City: "Cologne", Lat: 50.94, Lon: 6.96}},
	{{Country: "NL", City: "Utrecht", Lat: 52.09, Lon: 5.12}, {Country: "NL", City: "Groningen", Lat: 53.22, Lon: 6.57}, {Country: "NL", City: "Breda", Lat: 51.59, Lon: 4.78}},
	{{Country: "FR", City: "Lyon", Lat: 45.76, Lon: 4.84}, {Country: "FR", City: "Nantes", Lat: 47.22, Lon: -1.55}, {Country: "FR", City: "Lille", Lat: 50.63, Lon: 3.06}},
	{{Country: "SE", City: "Uppsala", Lat: 59.86, Lon: 17.64}, {Country: "SE", City: "Malmo", Lat: 55.6, Lon: 13.0}, {Country: "SE", City: "Gothenburg", Lat: 57.71, Lon: 11.97}},
	{{Country: "CA", City: "Ottawa", Lat: 45.42, Lon: -75.7}, {Country: "CA", City: "Calgary", Lat: 51.05, Lon: -114.07}, {Country: "CA", City: "Halifax", Lat: 44.65, Lon: -63.57}},
	{{Country: "AU", City: "Perth", Lat: -31.95, Lon: 115.86}, {Country: "AU", City: "Adelaide", Lat: -34.93, Lon: 138.6}, {Country: "AU", City: "Hobart", Lat: -42.88, Lon: 147.33}},
	{{Country: "ES", City: "Bilbao", Lat: 43.26, Lon: -2.93}, {Country: "ES", City: "Valencia", Lat: 39.47, Lon: -0.38}, {Country: "ES", City: "Malaga", Lat: 36.72, Lon: -4.42}},
}

// zones are the hours that the countries are ahead of UTC.
var zones = map[string]int{"DE": 1, "NL": 1, "FR": 1, "SE": 1, "CA": -5, "AU": 8, "ES": 1}

var abroad = []network.Place{
	{Country: "BR", City: "Recife", Lat: -8.05, Lon: -34.9}, {Country: "VN", City: "Hanoi", Lat: 21.03, Lon: 105.85}, {Country: "UA", City: "Lviv", Lat: 49.84, Lon: 24.03},
	{Country: "TR", City: "Izmir", Lat: 38.42, Lon: 27.14}, {Country: "ID", City: "Medan", Lat: 3.59, Lon: 98.67}, {Country: "NG", City: "Lagos", Lat: 6.45, Lon: 3.39},
	{Country: "US", City: "Ashburn", Lat: 39.04, Lon: -77.49}, {Country: "RO", City: "Cluj", Lat: 46.77, Lon: 23.6}, {Country: "IN", City: "Pune", Lat: 18.52, Lon: 73.86},
	{Country: "PL", City: "Gdansk", Lat: 54.35, Lon: 18.65}, {Country: "SG", City: "Singapore", Lat: 1.35, Lon: 103.82}, {Country: "US", City: "Dallas", Lat: 32.78, Lon: -96.8},
}

var (
	ownerHeads = []string{"Nor", "Vel", "Tal", "Ori", "Kest", "Mar", "Quin", "Bel", "Fen", "Hal", "Zan", "Lum", "Sor", "Dra", "Wex", "Ost", "Pra", "Ril"}
	ownerTails = []string{"dia", "mont", "tek", "via", "stra", "lane", "tor", "gate", "wick", "nova", "com", "rund"}
)

// owner draws a name for a provider.
func (l *land) owner(tail string) string {
	return dice.One(l, ownerHeads) + dice.One(l, ownerTails) + " " + tail
}

func (l *land) networks() (n nets) {
	country := dice.One(l, countries)
	n.home = country[0]
	foreign := dice.Some(l, abroad, len(abroad))
	for i := range 4 {
		n.consumers = append(n.consumers, l.Plan.Add(l.owner("Broadband"), 6-i, true, country...))
	}
	for range 2 {
		n.carriers = append(n.carriers, l.Plan.Add(l.owner("Mobile"), 2, true, country...))
	}
	for range 3 {
		n.business = append(n.business, l.Plan.Add(l.owner("Business Networks"), 2, true, country...))
	}
	n.hosting = append(n.hosting, l.Plan.Add(l.owner("Hosting"), 2, true, country[0]))
	for i := range 5 {
		n.hosting = append(n.hosting, l.Plan.Add(l.owner(dice.One(l, []string{"Hosting", "Cloud", "Datacenter", "Servers"})), 2, true, foreign[i]))
	}
	for _, p := range foreign[2:11] {
		n.foreign = append(n.foreign, l.Plan.Add(l.owner("Telecom"), 3, true, p))
	}
	for range 2 {
		n.vpn = append(n.vpn, l.Plan.Add(l.owner("VPN"), 1, false, n.home, foreign[0], foreign[5], foreign[7]))
		n.relay = append(n.relay, l.Plan.Add(l.owner("Edge Network"), 2, true, country...))
	}
	n.sase = l.Plan.Add(l.owner("Secure Access"), 1, false, n.home, n.home, country[1], foreign[9])
	n.cloud = l.Plan.Add(l.owner("Web Services"), 2, true, foreign[6], n.home)
	return n
}

// hosted draws a server for rent.
func (l *land) hosted() netip.Addr { return dice.One(l, l.nets.hosting).V4(l.Rand.Uint64()) }

// proxies draws n different addresses of consumers' lines in networks.
func (l *land) proxies(n int, networks []*network.Network) (list []netip.Addr) {
	for len(list) < n {
		list = Include(list, dice.One(l, networks).V4(l.Rand.Uint64()))
	}
	return list
}

// mobile is the address of a carrier's translation that a telephone has at a
// time: it changes every 40 minutes, among 200 that all subscribers share.
func (l *land) mobile(p *person, at time.Time) netip.Addr {
	slot := at.Add(time.Duration(p.id%40)*time.Minute).Unix() / 2400
	return p.carrier.V4(l.Hash(7, l.hashOf(p, slot)%200))
}

func (l *land) hashOf(p *person, slot int64) int64 { return int64(l.Hash(int64(p.id), slot) >> 1) }
