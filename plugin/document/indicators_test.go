package document

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"redshank/analytics/alert"
)

func largeAlert() *alert.Alert {
	a := fullAlert()
	a.Indicators = &alert.Indicators{Complete: true, Valid: a.Valid}
	for n := range 200 {
		a.Indicators.IPs = append(a.Indicators.IPs, netip.AddrFrom4([4]byte{198, 18, 0, byte(n)}))
		a.Indicators.Users = append(a.Indicators.Users, fmt.Sprintf("user%03d@contoso.com", n))
	}
	return a
}

func TestIndicators(t *testing.T) {
	a := largeAlert()
	doc, err := Form{}.Indicators(a)
	if err != nil {
		t.Fatal(err)
	}
	for name, schema := range ecsSchemas {
		t.Run(name, func(t *testing.T) {
			for _, m := range schema(t).mistakes(doc) {
				t.Error(m)
			}
		})
	}
	var got ecsIndicators
	if err := json.Unmarshal(doc, &got); err != nil || len(got.Related.IP) != 200 || len(got.Related.User) != 200 ||
		got.Event.ID != NewECS(a, Observer{}).Redshank.Indicators || !got.Redshank.Complete || got.Redshank.Valid[0].IP != "198.51.100.9" {
		t.Errorf("%v %.300s", err, doc)
	}
	ocsf, err := Form{OCSF: true}.Indicators(a)
	var o ocsfIndicators
	if json.Unmarshal(ocsf, &o) != nil || err != nil || len(o.Observables) != 400 || o.ClassUID != 0 {
		t.Errorf("%v %.300s", err, ocsf)
	}
	a.Indicators = &alert.Indicators{}
	if doc, err := (Form{}).Indicators(a); doc != nil || err != nil {
		t.Errorf("%s %v", doc, err)
	}
	if NewECS(a, Observer{}).Redshank.Indicators == "" {
		t.Error("a later alert does not name the lists")
	}
}

func TestGoldenIndicators(t *testing.T) {
	a := largeAlert()
	a.Indicators.IPs, a.Indicators.Users = a.Indicators.IPs[:2], a.Indicators.Users[:2]
	for folder, form := range map[string]Form{"ecs": {}, "ocsf": {OCSF: true}} {
		form.By = Observer{Version: "1.2.3", Name: "agent-1"}
		doc, err := form.Indicators(a)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", folder+"-indicators.json"), doc)
	}
}

func TestIndicatorsAreBounded(t *testing.T) {
	a := largeAlert()
	a.Indicators.Users = nil
	for range 1024 {
		a.Indicators.Users = append(a.Indicators.Users, strings.Repeat("\x00", 4096))
	}
	if doc, err := (Form{}).Indicators(a); err != nil || len(doc) > 2<<20 {
		t.Errorf("%d bytes %v", len(doc), err)
	}
}
