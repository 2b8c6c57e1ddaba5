package analytics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/analytics/collection"
	"redshank/analytics/event"
)

// halves plays one record of a peer's unit tests by itself, and then, for every
// account or application that it says something about, mail read by a script
// ten minutes later: 80 of weight, which alone opens nothing. It returns the
// signals of the record, whether it opened an incident by itself, and whether
// it did with the second half.
func halves(t *testing.T, line []byte) (signals string, alone, chained bool) {
	t.Helper()
	e, err := New(Options{Policy: standard(), Source: "auto", MaxIPs: 100, MaxUsers: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, chunk := range chunked([][]byte{line}, 1, asMap) {
		alone = len(e.Observe("peer", chunk)) > 0
	}
	var codes []string
	subjects := map[string]bool{} // and whether each is an application
	var at int64
	e.collection.EachSignal(func(o collection.Observed) {
		if subjects[o.Subject] = o.App; o.Code != "" {
			codes = append(codes, o.Code)
			at = max(at, o.Last.UnixMilli())
		}
	})
	for subject, app := range subjects {
		ev := event.Event{Time: time.UnixMilli(max(at, event.Day)).Add(10 * time.Minute).UTC(), Source: event.Graph, Service: event.GraphService, Action: event.MailAccess,
			Outcome: event.Success, RawIP: []byte("203.0.113.9"), RawUser: []byte(subject), App: []byte(rogueID), Agent: []byte(python), Access: event.Bind, Items: 5}
		if app {
			ev.RawUser, ev.App, ev.Mailbox = []byte("ServicePrincipal_x"), []byte(subject), []byte(alice)
			ev.Protocol = event.ClientCredential
		}
		e.observe(&ev)
		chained = chained || len(e.tracker.Flush()) > 0
	}
	slices.Sort(codes)
	return strings.Join(slices.Compact(codes), " "), alone, chained
}

// The peers' rules for the behaviour of AN0131, or a part of it. All others are
// about directories, guests and documents.
var peers = map[string]struct {
	signal string // by which the peer's alerts are caught; "": not at all
	why    string // where it differs
}{
	"Azure.Audit.DeviceCodeBrokerClient": {"signin.device_code",
		"device code counts for any application, not for the broker alone; by itself it is no incident"},
	"Azure.Audit.GraphSessionMultipleIPs": {"signin.scripting_agent",
		"the rule counts addresses over an hour, its case is a single sign-in: the agent speaks, a second address would be session.two_networks"},
	"Azure.Audit.LegacyAuth": {"signin.legacy",
		"the peer's list of exceptions is accounts.ignored or automation here"},
	"Azure.Audit.ROPCLoginNoMFA": {"signin.ropc", "by itself it is no incident"},
	"Azure.Audit.ServicePrincipalCredentialsAdded": {"app.credentials",
		"by itself it is no incident; with mail read by that application it is"},
	"Azure.Audit.VSCodeOAuthPhishing": {"",
		"a first-party id by itself says nothing here: new to the account it is signin.new_app, once its baseline is ripe"},
	"Microsoft365.Exchange.External.Forwarding": {"rule.forwards",
		"an access half: with an abnormal sign-in it is an incident, not by itself; that simpsons.com is simpsons.onmicrosoft.com is for domains.aliases to say"},
}

func TestPeersCases(t *testing.T) {
	for _, name := range []string{"entra_signin/panther__azure_signin_rules", "m365_ual/panther__microsoft365_rules"} {
		t.Run(name, func(t *testing.T) {
			cases, expected := fixture(t, name+".ndjson"), fixture(t, name+".expected.ndjson")
			for n, line := range cases {
				var peer struct {
					Rule, Test string
					Alert      bool `json:"expected_alert"`
				}
				if err := json.Unmarshal(expected[n], &peer); err != nil {
					t.Fatal(err)
				}
				ours, related := peers[peer.Rule]
				signals, alone, chained := halves(t, line)
				if !related {
					if alone {
						t.Errorf("%s, %s: an incident by itself, %s", peer.Rule, peer.Test, signals)
					}
					continue
				}
				t.Logf("%-42s %-44s peer %-5v signals %-40s chained %-5v %s", peer.Rule, peer.Test, peer.Alert, signals, chained, ours.why)
				caught := ours.signal != "" && strings.Contains(signals, ours.signal)
				if peer.Alert && ours.signal != "" && (!caught || !chained && !strings.HasPrefix(ours.signal, "rule.")) {
					t.Errorf("%s, %s: missed: %q", peer.Rule, peer.Test, signals)
				}
				if alone {
					t.Errorf("%s, %s: an incident by itself", peer.Rule, peer.Test)
				}
			}
		})
	}
}

// Scripts and look-ups in Elastic's, Sekoia's and Tenzir's samples of Windows
// events: ordinary administration, and nothing in it is a signal strong enough.
func TestPeersWindowsEvents(t *testing.T) {
	for _, name := range []string{
		"windows_events/sekoia__winlogbeat.ndjson",
		"windows_events/elastic_integrations__sysmon_operational_test-events.json",
		"windows_events/elastic_integrations__powershell_operational_test-events.json",
		"windows_events/tenzir__eid-4103.xml", "windows_events/tenzir__eid-4104.xml",
		"exchange_admin_other/otrf__proxylogon_msexchange_management.ndjson",
	} {
		t.Run(name, func(t *testing.T) {
			lines := fixture(t, name)
			switch {
			case strings.HasSuffix(name, ".json"):
				lines = eventsOf(t, lines)
			case strings.HasSuffix(name, ".xml"):
				lines = [][]byte{bytes.Join(lines, []byte("\n"))} // one event
			}
			all, e := run(t, standard(), "win", chunked(lines, 100, asLines))
			for _, a := range byRule(all, "AN0131") {
				t.Errorf("%s", summary(a))
			}
			seen := fmt.Sprint(e.Stats().Events)
			e.collection.EachSignal(func(o collection.Observed) { seen += " " + o.Subject + ":" + o.Code + " " + o.Detail })
			t.Log(seen)
		})
	}
}

// eventsOf are the events of Elastic's {"events": [...]}.
func eventsOf(t *testing.T, lines [][]byte) (events [][]byte) {
	t.Helper()
	var all []byte
	for _, l := range lines {
		all = append(append(all, l...), '\n')
	}
	var file struct{ Events []json.RawMessage }
	if err := json.Unmarshal(all, &file); err != nil {
		t.Fatal(err)
	}
	for _, e := range file.Events {
		events = append(events, e)
	}
	return events
}
