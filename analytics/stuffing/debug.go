package stuffing

import (
	"fmt"
	"os"
	"redshank/analytics/event"
	"time"
)

var debugging = os.Getenv("STUFFDEBUG") != ""

func debugf(f string, a ...any) {
	if debugging {
		fmt.Fprintf(os.Stderr, f+"\n", a...)
	}
}

func dtime(at int64) string { return time.UnixMilli(at).UTC().Format("01-02 15:04:05") }

func (s *Detector) debugCampaign(made *campaign, members []*foreignFailure, k *campaign, trait int) {
	if !debugging {
		return
	}
	c := s.census(members)
	debugf("CAMPAIGN %s trait %d keys %x into %s: %d failures %d clients %d accounts %s to %s", k.incident.ID, trait, made.keys, dtime(k.began), len(members), len(c.clients), len(c.accounts), dtime(members[0].At), dtime(members[len(members)-1].At))
	for n, f := range members {
		if n < 12 {
			debugf("   %s %s %s agent %x tool %x single %v owner traits %x", dtime(f.At), event.ClientKey(f.Client).Addr(), f.Name, f.Agent, f.Tool, f.single, f.traits)
		}
	}
}
