package agent

import (
	"net/netip"
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/policy"
	"redshank/plugin/delivery"
	"redshank/plugin/text"
)

// openFeed opens the feed of addresses to block. The policy decides again at every
// writing of the feed what may be in it, since its lists are read anew while the
// instance runs.
func openFeed(s *settings, p *policy.Policy) (delivery.Sink, error) {
	return delivery.NewFeed(s.sinkPath, s.feedExpiry, p.Blockable)
}

// feedDocument returns the addresses of an alert for the feed, and nil for an alert
// without any: one of a drill, below high, of a misconfigured client, or of an analytic whose
// alerts are about behaviour, whose addresses are often those of the user or of a
// cloud service. A withdrawn incident withdraws its addresses.
func feedDocument(a *alert.Alert, p *policy.Policy) ([]byte, error) {
	if a.Phase == alert.PhaseWithdrawn {
		return text.JSON([]delivery.FeedEntry{{Incident: a.ID}})
	}
	if a.Drill != "" || a.Severity < alert.High || a.Rule.Kind != alert.Threshold || a.Class == "misconfigured_client" {
		return nil, nil
	}
	var list []delivery.FeedEntry
	add := func(prefix netip.Prefix) {
		if !p.Blockable(prefix) {
			return
		}
		value := prefix.String()
		if prefix.IsSingleIP() {
			value = prefix.Addr().String()
		}
		list = append(list, delivery.FeedEntry{Value: value, Incident: a.ID, Reason: a.Class, Severity: a.Severity.String()})
	}
	if a.Prefix.IsValid() {
		add(a.Prefix)
	}
	ips := a.RelatedIPs()
	if a.Indicators != nil {
		ips = append(ips, a.Indicators.IPs...)
	}
	slices.SortFunc(ips, netip.Addr.Compare)
	for _, ip := range slices.Compact(ips) {
		if !a.Prefix.Contains(ip) {
			add(netip.PrefixFrom(ip, ip.BitLen()))
		}
	}
	if list == nil {
		return nil, nil
	}
	return text.JSON(list)
}
