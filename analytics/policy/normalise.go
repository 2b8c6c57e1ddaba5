package policy

import "redshank/analytics/event"

// Normalise derives the canonical fields of ev from the raw ones and marks
// what the policy knows about its address and account. It runs on the hot
// path: no allocation.
func (p *Policy) Normalise(ev *event.Event) {
	p.identify(ev)
	ev.Family, _ = p.agents.Match(ev.AgentText())
	p.judge(ev)
}

// identify finds what follows from address and account alone.
func (p *Policy) identify(ev *event.Event) {
	networks := p.networks.Load()
	p.address(ev, networks)
	if ev.IP.IsLoopback() || ev.IP.IsLinkLocalUnicast() || ev.IP.IsUnspecified() {
		ev.Marks |= event.ServerItself
	}
	p.account(ev)
	ev.Marks |= networks.find(ev.IP).marks &^ trustedProxy
	ev.Marks |= p.accounts.Load().find(ev.User).marks
	if p.leaked.Load().has(ev.User) {
		ev.Marks |= event.LeakedAccount
	}
}

// judge finds what depends on more: the result code, the application, the time.
func (p *Policy) judge(ev *event.Event) {
	p.contentTables.judge(ev)
	if p.automation.cause(ev) {
		ev.Marks |= event.KnownAutomation
	}
}

// address finds the address of the client. A header counts only if a proxy of the policy
// has written it, and is read from the right: the client can choose the rest. If the
// header has no usable address, the proxy remains the client. An event of Windows
// without one has no client if it names a proxy, which stands for all of its clients.
func (p *Policy) address(ev *event.Event, networks *networkTable) {
	direct, ok := event.ParseAddress(ev.RawIP)
	headless := ev.Source == event.WinEvent && len(ev.RawForwarded) == 0
	if !ok || headless && networks.trusted(direct) {
		return
	}
	ev.IP, ev.IPFrom = direct, event.IPDirect
	if len(ev.RawForwarded) == 0 || !networks.trusted(direct) {
		return
	}
	if client, ok := event.Forwarded(ev.RawForwarded, networks.trusted); ok {
		ev.IP, ev.IPFrom = client, event.IPForwarded
	}
}

// account finds the account. A mailbox that the source has already found is
// brought into the same form.
func (p *Policy) account(ev *event.Event) {
	var buffer [event.AccountBuffer]byte
	acc := p.domains.Account(buffer[:0], ev.RawUser)
	ev.User, ev.UserKind = ev.Hold(acc.User), acc.Kind
	switch {
	case len(ev.Mailbox) > 0:
		mailbox := p.domains.Account(buffer[:0], ev.Mailbox)
		ev.Mailbox = ev.Hold(mailbox.User)
	case len(acc.Mailbox) > 0:
		ev.Mailbox = ev.Hold(acc.Mailbox)
	}
}
