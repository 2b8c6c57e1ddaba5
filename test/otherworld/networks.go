package otherworld

import (
	"net/netip"

	"redshank/test/world"
	"redshank/test/world/dice"
	"redshank/test/world/network"
)

// country is where people of the organisation live, and its providers.
type country struct {
	zone                        int // hours ahead of UTC
	places                      []network.Place
	broadband, mobile, business []*network.Network // the largest first
}

// land is where the world is: its countries and its networks, by purpose.
type land struct {
	world.Stage
	*network.Plan
	countries []*country // the first has the headquarters
	hosting   []*network.Network
	foreign   []*network.Network // consumers abroad
	privacy   []*network.Network // VPN services for everybody
	functions []*network.Network // clouds: programs of other companies, and functions of attackers
	relay     *network.Network
}

var atlas = []country{
	{zone: 9, places: []network.Place{{Country: "JP", City: "Osaka", Lat: 34.69, Lon: 135.5}, {Country: "JP", City: "Sendai", Lat: 38.27, Lon: 140.87}}},
	{zone: -3, places: []network.Place{{Country: "BR", City: "Curitiba", Lat: -25.43, Lon: -49.27}, {Country: "BR", City: "Salvador", Lat: -12.97, Lon: -38.5}}},
	{zone: 3, places: []network.Place{{Country: "KE", City: "Nairobi", Lat: -1.29, Lon: 36.82}, {Country: "KE", City: "Kisumu", Lat: -0.09, Lon: 34.77}}},
	{zone: 1, places: []network.Place{{Country: "IT", City: "Turin", Lat: 45.07, Lon: 7.69}, {Country: "IT", City: "Bari", Lat: 41.12, Lon: 16.87}, {Country: "IT", City: "Verona", Lat: 45.44, Lon: 10.99}}},
	{zone: 0, places: []network.Place{{Country: "GB", City: "Leeds", Lat: 53.8, Lon: -1.55}, {Country: "GB", City: "Cardiff", Lat: 51.48, Lon: -3.18}}},
	{zone: -6, places: []network.Place{{Country: "US", City: "Omaha", Lat: 41.26, Lon: -95.93}, {Country: "US", City: "Tulsa", Lat: 36.15, Lon: -95.99}, {Country: "US", City: "Boise", Lat: 43.62, Lon: -116.2}}},
	{zone: 1, places: []network.Place{{Country: "CH", City: "Bern", Lat: 46.95, Lon: 7.45}, {Country: "CH", City: "Basel", Lat: 47.56, Lon: 7.59}}},
}

var elsewhere = []network.Place{
	{Country: "RU", City: "Samara", Lat: 53.2, Lon: 50.15}, {Country: "CN", City: "Wuhan", Lat: 30.59, Lon: 114.3}, {Country: "US", City: "Phoenix", Lat: 33.45, Lon: -112.07},
	{Country: "NL", City: "Amsterdam", Lat: 52.37, Lon: 4.9}, {Country: "DE", City: "Frankfurt", Lat: 50.11, Lon: 8.68}, {Country: "BD", City: "Dhaka", Lat: 23.81, Lon: 90.41},
	{Country: "MX", City: "Puebla", Lat: 19.04, Lon: -98.2}, {Country: "TH", City: "Chiang Mai", Lat: 18.79, Lon: 98.98}, {Country: "ZA", City: "Durban", Lat: -29.86, Lon: 31.02},
	{Country: "LT", City: "Vilnius", Lat: 54.69, Lon: 25.28}, {Country: "PK", City: "Lahore", Lat: 31.52, Lon: 74.36}, {Country: "EG", City: "Alexandria", Lat: 31.2, Lon: 29.92},
}

// provider adds a network with a drawn name.
func (l *land) provider(tail string, blocks int, six bool, places ...network.Place) *network.Network {
	name := dice.OneOf(l, "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Juniper", "Larch", "Maple", "Oak", "Pine", "Rowan", "Spruce", "Willow") +
		dice.OneOf(l, "net", "link", "wave", "path", "line", " One", "port", "cast")
	return l.Plan.Add(name+" "+tail, blocks, six, places...)
}

// networks draws the countries, and the networks in them and abroad.
func (l *land) networks(countries int) {
	for _, c := range dice.Some(l, atlas, countries) {
		for i := range 3 {
			c.broadband = append(c.broadband, l.provider("Cable", 5-i, true, c.places...))
		}
		for range 2 {
			c.mobile = append(c.mobile, l.provider("Wireless", 1, true, c.places...))
			c.business = append(c.business, l.provider("Enterprise", 2, true, c.places...))
		}
		l.countries = append(l.countries, &c)
	}
	far := dice.Some(l, elsewhere, len(elsewhere))
	l.hosting = []*network.Network{l.provider("VPS", 1, true, l.countries[0].places...)}
	for i := range 6 {
		l.hosting = append(l.hosting, l.provider(dice.OneOf(l, "VPS", "Hosting", "Colocation", "Dedicated"), 1, true, far[i]))
		l.foreign = append(l.foreign, l.provider("Telecom", 3, true, far[i+5]))
	}
	for i := range 2 {
		l.privacy = append(l.privacy, l.provider("Private VPN", 1, false, l.countries[0].places[0], far[i], far[i+4], far[i+8]))
		l.functions = append(l.functions, l.provider("Cloud Compute", 2, true, far[i+2], l.countries[0].places[0]))
	}
	l.relay = l.provider("Edge Relay", 1, false, l.countries[0].places...)
}

// addresses draws n different addresses of networks.
func (l *land) addresses(n int, from []*network.Network) (list []netip.Addr) {
	for len(list) < n {
		list = world.Include(list, dice.OneOf(l, from...).V4(l.Rand.Uint64()))
	}
	return list
}

// rented draws a server for rent: abroad more often than at home.
func (l *land) rented() netip.Addr { return l.addresses(1, l.hosting)[0] }

// neighbour draws a consumer's line in the city of a person's home, of any provider.
func (l *land) neighbour(p *person) netip.Addr {
	_, city := l.Country(p.home(l.Start))
	for range 200 {
		a := dice.OneOf(l, p.site.broadband...).V4(l.Rand.Uint64())
		if _, c := l.Country(a); c == city {
			return a
		}
	}
	return dice.OneOf(l, p.site.broadband...).V4(l.Rand.Uint64())
}
