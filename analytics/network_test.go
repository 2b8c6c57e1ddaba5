package analytics

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// located is a policy with two databases: the office and its VPN exit have
// one owner, the thief another; all but the last network have coordinates.
func located(t *testing.T) *policy.Policy {
	t.Helper()
	dir := t.TempDir()
	write := func(name, kind string, records map[string]mmdbtype.Map) {
		tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24, IncludeReservedNetworks: true})
		if err != nil {
			t.Fatal(err)
		}
		for prefix, record := range records {
			_, network, _ := net.ParseCIDR(prefix)
			if err := tree.Insert(network, record); err != nil {
				t.Fatal(err)
			}
		}
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := tree.WriteTo(file); err != nil {
			t.Fatal(err)
		}
	}
	owner := func(n uint32, name string) mmdbtype.Map {
		return mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(n), "autonomous_system_organization": mmdbtype.String(name)}
	}
	town := func(country string, lat, lon float64) mmdbtype.Map {
		return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(country)},
			"location": mmdbtype.Map{"latitude": mmdbtype.Float64(lat), "longitude": mmdbtype.Float64(lon)}}
	}
	write("asn.mmdb", "GeoLite2-ASN", map[string]mmdbtype.Map{
		"192.0.2.0/24": owner(64500, "Office Net"), "198.51.100.0/24": owner(64500, "Office Net"), "203.0.113.0/24": owner(64666, "Cheap Hosting"),
		"198.18.0.0/24": owner(64700, "Hotel Net"),
	})
	write("city.mmdb", "GeoLite2-City", map[string]mmdbtype.Map{
		"192.0.2.0/24": town("NL", 52.1, 5.1), "198.51.100.0/24": town("NL", 52.4, 4.9), "203.0.113.0/24": town("BR", -23.5, -46.6),
		"198.18.0.0/24": {"country": mmdbtype.Map{"iso_code": mmdbtype.String("GR")}},
	})
	p, err := policy.Parse("p.yaml", dir, []byte("version: 1\ndatabases: {asn: asn.mmdb, city: city.mmdb}"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOwnersAndJourneys(t *testing.T) {
	p := located(t)
	s := newScene(t)
	s.policy = p
	s.lives(alice, 7)
	s.signsIn(act{at: 9 * time.Hour, ip: homeIP, user: alice, agent: browser, app: officeID})
	s.signsIn(act{at: 9*time.Hour + 30*time.Minute, ip: thief, user: alice, agent: browser, app: officeID})
	for n := range 10 {
		s.reads(act{at: 9*time.Hour + time.Duration(31+n)*time.Minute, ip: thief, user: alice, agent: python, app: officeID, source: event.Graph,
			service: event.GraphService, operation: "GET /me/messages", items: 10})
	}
	a := only(t, s.sorted().play(), "scripted_mail_access", alert.High, "signin.impossible_travel", "signin.new_country", "signin.new_network")
	if a.AS != (alert.AS{Number: 64666, Organization: "Cheap Hosting"}) || a.Geo.CountryISO != "BR" || !a.Geo.Located || a.Geo.Lat != -23.5 {
		t.Errorf("%+v %+v", a.AS, a.Geo)
	}
	if strings.Contains(a.Baseline, "prefix") || a.Confidence < 0.9 {
		t.Errorf("confidence %v, baseline %q", a.Confidence, a.Baseline)
	}
	t.Logf("%.2f %s", a.Confidence, a.Baseline)
}

func TestOneOwnerIsOneNetwork(t *testing.T) {
	s := newScene(t)
	s.policy = located(t)
	s.lives(alice, 7)
	for n := range 10 {
		ip := []string{homeIP, "198.51.100.7"}[n%2]
		s.signsIn(act{at: 9*time.Hour + time.Duration(n)*time.Minute, ip: ip, user: alice, agent: browser, app: officeID, session: "one"})
		s.reads(act{at: 9*time.Hour + time.Duration(n)*time.Minute, ip: ip, user: alice, agent: python, app: officeID, source: event.Graph, service: event.GraphService,
			operation: "GET /me/messages", items: 10})
	}
	s.sorted().quiet() // without owners this is a session replayed
	s.policy = standard()
	only(t, s.play(), "session_replay", alert.High, "session.two_networks")
}

// Without coordinates nobody travels.
func TestNoJourneyWithoutCoordinates(t *testing.T) {
	s := newScene(t)
	s.policy = located(t)
	s.lives(alice, 7)
	s.signsIn(act{at: 9 * time.Hour, ip: homeIP, user: alice, agent: browser, app: officeID})
	s.signsIn(act{at: 9*time.Hour + time.Minute, ip: "198.18.0.9", user: alice, agent: browser, app: officeID})
	s.reads(act{at: 9*time.Hour + 2*time.Minute, ip: "198.18.0.9", user: alice, agent: python, app: officeID, source: event.Graph, service: event.GraphService,
		operation: "GET /me/messages", items: 10})
	a := only(t, s.sorted().play(), "scripted_mail_access", alert.High, "signin.new_country")
	if strings.Contains(summary(a), "impossible_travel") {
		t.Errorf("%s", summary(a))
	}
}
