package document

import (
	"math"
	"strings"
	"testing"
)

func TestAlertIsBounded(t *testing.T) {
	a := fullAlert()
	long := strings.Repeat("\x00", 1<<20)
	a.Message, a.User.Name, a.Users[0].Name, a.Agents[0], a.Evidence[0], a.Signals[0].Detail = long, long, long, long, long, long
	a.Hosts[0], a.Services[0], a.Valid[0].User, a.Baseline, a.Labels[0] = long, long, long, long, long
	a.Confidence = math.NaN()
	if doc := document(t, a); len(doc) > 64<<10 {
		t.Errorf("a hostile record makes a document of %d bytes", len(doc))
	}
}

func BenchmarkAlert(b *testing.B) {
	a := fullAlert()
	for name, form := range map[string]Form{"ecs": {}, "ocsf": {OCSF: true}, "ecs with cef": {CEF: true}} {
		b.Run(name, func(b *testing.B) {
			doc, _ := form.Alert(a)
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := form.Alert(a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
