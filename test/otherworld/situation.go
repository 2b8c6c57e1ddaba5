package otherworld

import (
	"strings"
	"time"
)

// needs is which logs something needs to be seen.
type needs int

const (
	anywhere needs = iota
	onServer
	inTenant
	inBoth
)

func (w *World) has(n needs) bool {
	return (n != onServer && n != inBoth || w.hasServer()) && (n != inTenant && n != inBoth || w.hasTenant())
}

// situations are the honest situations that look like attacks, or may.
var situations = []struct {
	name  string
	needs needs
	plan  func(w *World, s *situation)
}{
	{"passwords of a whole site expire", anywhere, (*World).expiry},
	{"outage of the tenant's sign-in", inTenant, (*World).outage},
	{"all sessions revoked", inTenant, (*World).revoked},
	{"hotel of a conference", anywhere, (*World).conference},
	{"train with one address", anywhere, (*World).train},
	{"course in a computer room", anywhere, (*World).course},
	{"new line of a site", anywhere, (*World).newLine},
	{"new provider of the VPN", anywhere, (*World).newVPN},
	{"telephones get a new system", anywhere, (*World).newSystem},
	{"telephones move to another program", anywhere, (*World).newProgram},
	{"many new people at once", anywhere, (*World).onboarding},
	{"accounts of people who left", anywhere, (*World).leavers},
	{"printers with an expired password", anywhere, (*World).printers},
	{"service account with an old password", anywhere, (*World).oldService},
	{"monitoring from several clouds", anywhere, (*World).monitoring},
	{"scanner without credentials", onServer, (*World).scanner},
	{"strangers behind the carrier's address", anywhere, (*World).strangers},
	{"help desk migrates mailboxes", anywhere, (*World).migration},
	{"calendar application adopted", inTenant, (*World).calendar},
	{"CRM application adopted", inTenant, (*World).crm},
	{"assistant of another company adopted", inTenant, (*World).assistant},
	{"assistant of Microsoft for everybody", inTenant, (*World).copilot},
	{"desktop mail program adopted by some", inTenant, (*World).desktopProgram},
	{"backup product introduced", inTenant, (*World).backup},
	{"leak prevention reads mail", inTenant, (*World).leakPrevention},
	{"officer searches mailboxes", inTenant, (*World).eDiscovery},
	{"administrator's mail merge", inTenant, (*World).mailMerge},
	{"help desk grants shared mailboxes", inTenant, (*World).sharedMailboxes},
	{"developer reads own mail with a script", inTenant, (*World).developer},
	{"holiday rules and forwarding inside", inTenant, (*World).holidayRules},
	{"archive by impersonation on the server", onServer, (*World).archive},
	{"assistant takes over for a boss", inTenant, (*World).standIn},
	{"new computers for a department", anywhere, (*World).newComputers},
	{"travellers abroad", anywhere, (*World).travellers},
	{"people begin to use a VPN service", anywhere, (*World).vpnService},
}

// situations plans all that fit the organisation.
func (w *World) situations() {
	for _, s := range situations {
		if w.has(s.needs) && strings.Contains(s.name, w.Only) {
			s.plan(w, w.honest(s.name, w.day(1, 0), w.End()))
		}
	}
}

// aWorkday draws a day from Monday to Friday, not before a day, with a local hour.
func (w *World) aWorkday(first int) int {
	day := w.count(min(first, w.Days-1), w.Days-1)
	for tries := 0; tries < 9; tries++ {
		if d := w.day(day, 12).Weekday(); d != time.Saturday && d != time.Sunday {
			return day
		}
		if day++; day >= w.Days {
			day = min(first, w.Days-1)
		}
	}
	return day
}

// group draws a number of people: a share of all, and at least low.
func (w *World) group(share span, low int) []*person {
	return some(w, w.people, max(low, int(w.draw(share)*float64(len(w.people)))))
}

// inCloud are the people of list whose mailboxes are in the cloud.
func inCloud(list []*person) (out []*person) {
	for _, p := range list {
		if p.cloud {
			out = append(out, p)
		}
	}
	return out
}
