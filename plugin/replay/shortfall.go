package replay

import (
	"fmt"
	"net/netip"
	"os"
	"time"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/collection"
)

// shortfall is a threshold and the highest value below it that the subject reached.
type shortfall struct {
	what   string // is counted
	within time.Duration
	want   int
	most   int
	at     time.Time // of most
	key    string    // of the policy
}

// shortfalls returns how near the events that counted came to the thresholds of
// AN1269 that one client, or one account, can cross alone.
func (x *explanation) shortfalls() []shortfall {
	t := &x.policy.Stuffing
	byUser := func(e *explained) string { return e.user }
	byIP := func(e *explained) netip.Addr { return clientKey(e.ip) }
	if !x.addr.IsValid() {
		return []shortfall{
			most(x.events, byIP, shortfall{what: "addresses from which it failed", within: t.Window.Slow, want: t.Campaign.AccountAddresses, key: "stuffing.campaign.account_addresses"}),
			failures(x.events, shortfall{what: "failures, if the account is privileged", within: t.Window.Slow, want: t.Privileged.Day, key: "stuffing.privileged.day"}),
			failures(x.events, shortfall{what: "failures, if from one address", within: t.Window.Burst, want: t.FailureThreshold.Burst, key: "stuffing.failure_threshold.burst"}),
			failures(x.events, shortfall{what: "failures, if from one address", within: t.Window.Slow, want: t.FailureThreshold.Slow, key: "stuffing.failure_threshold.slow"}),
			signals(x.events, shortfall{what: "weight of signals", within: x.policy.Collection.TimeWindow, want: collection.OpensAt, key: "collection.time_window"}),
		}
	}
	return []shortfall{
		most(x.events, byUser, shortfall{what: "accounts that failed", within: t.Window.Burst, want: t.MailboxLoginThreshold.Burst, key: "stuffing.mailbox_login_threshold.burst"}),
		most(x.events, byUser, shortfall{what: "accounts that failed", within: t.Window.Slow, want: t.MailboxLoginThreshold.Slow, key: "stuffing.mailbox_login_threshold.slow"}),
		failures(x.events, shortfall{what: "failures", within: t.Window.Burst, want: t.FailureThreshold.Burst, key: "stuffing.failure_threshold.burst"}),
		failures(x.events, shortfall{what: "failures", within: t.Window.Slow, want: t.FailureThreshold.Slow, key: "stuffing.failure_threshold.slow"}),
	}
}

// signals fills in the largest sum of weights of different signals in any window.
func signals(events []*explained, s shortfall) shortfall {
	for i, e := range events {
		if len(e.weights) == 0 {
			continue
		}
		best := map[string]int{}
		for j := i; j >= 0 && !events[j].at.Before(e.at.Add(-s.within)); j-- {
			for _, w := range events[j].weights {
				best[w.code] = max(best[w.code], w.n)
			}
		}
		sum := 0
		for _, n := range best {
			sum += n
		}
		if sum > s.most {
			s.most, s.at = sum, e.at
		}
	}
	return s
}

// most fills in the largest number of distinct values of any window.
func most[T comparable](events []*explained, of func(*explained) T, s shortfall) shortfall {
	inside := map[T]int{}
	from := 0
	for _, e := range events {
		if !e.evidence {
			continue
		}
		inside[of(e)]++
		for ; events[from].at.Before(e.at.Add(-s.within)); from++ {
			if old := events[from]; old.evidence {
				if v := of(old); inside[v] == 1 {
					delete(inside, v)
				} else {
					inside[v]--
				}
			}
		}
		if len(inside) > s.most {
			s.most, s.at = len(inside), e.at
		}
	}
	return s
}

// failures fills in the largest number of failures of any window.
func failures(events []*explained, s shortfall) shortfall {
	n, from := 0, 0
	for _, e := range events {
		if !e.evidence {
			continue
		}
		n++
		for ; events[from].at.Before(e.at.Add(-s.within)); from++ {
			if events[from].evidence {
				n--
			}
		}
		if n > s.most {
			s.most, s.at = n, e.at
		}
	}
	return s
}

// sentence returns the shortfall for people.
func (s shortfall) sentence(lines map[string]int) string {
	where := s.key
	if n := lines[s.key]; n > 0 {
		where += fmt.Sprintf(", line %d", n)
	} else {
		where += ", default"
	}
	text := fmt.Sprintf("%s within %s: %d at most", s.what, duration(s.within), s.most)
	if s.most > 0 {
		text += " (" + s.at.Format(time.DateTime) + ")"
	}
	if s.most >= s.want {
		return text + fmt.Sprintf(", enough for %d (%s)", s.want, where)
	}
	return text + fmt.Sprintf(", %d short of %d (%s)", s.want-s.most, s.want, where)
}

func duration(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dm", int(d.Minutes()))
}

// policyLines returns the line of every key of a policy file. A policy that is read
// here has been loaded before, so what is wrong with it is known already.
func policyLines(path string) map[string]int {
	lines := map[string]int{}
	text, err := os.ReadFile(path)
	var root yaml.Node
	if err != nil || yaml.Unmarshal(text, &root) != nil || len(root.Content) == 0 {
		return lines
	}
	var walk func(prefix string, n *yaml.Node)
	walk = func(prefix string, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := prefix + n.Content[i].Value
			lines[key] = n.Content[i].Line
			walk(key+".", n.Content[i+1])
		}
	}
	walk("", root.Content[0])
	return lines
}
