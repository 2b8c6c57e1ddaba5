package otherworld

import (
	"strings"
	"time"

	"redshank/test/world/dice"
)

// planner plans honest situations.
type planner struct{ dayPlanner }

// situations are the honest situations that look like attacks, or may.
var situations = []struct {
	name  string
	needs needs
	plan  func(w planner, s *situation)
}{
	{"passwords of a whole site expire", anywhere, planner.expiry},
	{"outage of the tenant's sign-in", inTenant, planner.outage},
	{"all sessions revoked", inTenant, planner.revoked},
	{"hotel of a conference", anywhere, planner.conference},
	{"train with one address", anywhere, planner.train},
	{"course in a computer room", anywhere, planner.course},
	{"new line of a site", anywhere, planner.newLine},
	{"new provider of the VPN", anywhere, planner.newVPN},
	{"telephones get a new system", anywhere, planner.newSystem},
	{"telephones move to another program", anywhere, planner.newProgram},
	{"many new people at once", anywhere, planner.onboarding},
	{"accounts of people who left", anywhere, planner.leavers},
	{"printers with an expired password", anywhere, planner.printers},
	{"service account with an old password", anywhere, planner.oldService},
	{"monitoring from several clouds", anywhere, planner.monitoring},
	{"scanner without credentials", onServer, planner.scanner},
	{"strangers behind the carrier's address", anywhere, planner.strangers},
	{"help desk migrates mailboxes", anywhere, planner.migration},
	{"calendar application adopted", inTenant, planner.calendar},
	{"CRM application adopted", inTenant, planner.crm},
	{"assistant of another company adopted", inTenant, planner.assistant},
	{"assistant of Microsoft for everybody", inTenant, planner.copilot},
	{"desktop mail program adopted by some", inTenant, planner.desktopProgram},
	{"backup product introduced", inTenant, planner.backup},
	{"leak prevention reads mail", inTenant, planner.leakPrevention},
	{"officer searches mailboxes", inTenant, planner.eDiscovery},
	{"administrator's mail merge", inTenant, planner.mailMerge},
	{"help desk grants shared mailboxes", inTenant, planner.sharedMailboxes},
	{"developer reads own mail with a script", inTenant, planner.developer},
	{"holiday rules and forwarding inside", inTenant, planner.holidayRules},
	{"archive by impersonation on the server", onServer, planner.archive},
	{"assistant takes over for a boss", inTenant, planner.standIn},
	{"new computers for a department", anywhere, planner.newComputers},
	{"travellers abroad", anywhere, planner.travellers},
	{"people begin to use a VPN service", anywhere, planner.vpnService},
}

// situations plans all that fit the organisation.
func (w planner) situations() {
	for _, s := range situations {
		if w.has(s.needs) && strings.Contains(s.name, w.Only) {
			s.plan(w, w.Honest(s.name, w.Day(1, 0), w.End()))
		}
	}
}

// aWorkday draws a day from Monday to Friday, not before a day, with a local hour.
func (w planner) aWorkday(first int) int {
	day := w.Number(min(first, w.Days-1), w.Days-1)
	for tries := 0; tries < 9; tries++ {
		if d := w.Day(day, 12).Weekday(); d != time.Saturday && d != time.Sunday {
			return day
		}
		if day++; day >= w.Days {
			day = min(first, w.Days-1)
		}
	}
	return day
}

// group draws a number of people: a share of all, and at least low.
func (w planner) group(share span, low int) []*person {
	return dice.Some(w, w.people, max(low, int(w.draw(share)*float64(len(w.people)))))
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
