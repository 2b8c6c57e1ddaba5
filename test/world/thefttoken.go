package world

import (
	"fmt"
	"slices"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

func (w theftPlanner) aadInternals(name string) {
	a, p, at := w.steal(name, slices.Concat(isTool, isReplay)...), w.victim(true), w.mature(0)
	c := lines.Client{IP: w.hosted(), Agent: "AADInternals"}
	session, token := w.UUID(), w.Hex(16)+"AA"
	w.At(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: dice.One(w, []lines.App{lines.Office, lines.AzureADPS}), Password: true, MFA: true, Session: session, Token: token})
		for i := range w.Number(3, 8) {
			at = at.Add(w.Between(time.Minute, 4*time.Minute))
			w.mail(a, lines.Read{At: at, IP: c.IP, Info: rpcInfo, App: lines.Office.ID, Session: session, Token: token, Sync: true, Folder: dice.One(w, []string{"Inbox", "Sent Items", "Archive"}) + fmt.Sprint(i)}, p)
		}
	})
}

func (w theftPlanner) middle(name string) {
	a, p, at := w.steal(name, isByHand...), w.victim(true), w.mature(0)
	relay := w.hosted()
	reader := dice.One(w, w.nets.consumers).V4(w.Rand.Uint64())
	if w.Chance(0.5) {
		reader = dice.One(w, slices.Concat(w.nets.foreign, w.nets.vpn)).V4(w.Rand.Uint64())
	}
	session, token, agent := w.UUID(), w.Hex(16)+"AA", w.browser()
	w.At(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: lines.Client{IP: relay, Agent: p.browser}, App: lines.OfficeHome, Password: true, MFA: true, Session: session, Token: token})
		at = at.Add(w.Between(4*time.Minute, 40*time.Minute))
		w.signIn(a, at, p, lines.SignIn{Client: lines.Client{IP: reader, Agent: agent}, App: lines.OutlookWeb, Session: session})
		at = w.byHand(a, at.Add(time.Minute), p, reader, session, token, w.Number(40, 120))
		w.hide(a, at, p, reader, session)
	})
}

func (w theftPlanner) cookie(name string) {
	a, p, at := w.steal(name, isByHand...), w.victim(true), w.mature(0)
	ip := w.hosted()
	w.At(at, func(at time.Time) {
		session := p.session
		w.signIn(a, at, p, lines.SignIn{Client: lines.Client{IP: ip, Agent: p.browser}, App: lines.OutlookWeb, Session: session})
		w.byHand(a, at.Add(30*time.Second), p, ip, session, "", w.Number(60, 150))
	})
}

func (w theftPlanner) hostedOutlook(name string) {
	a, p, at := w.steal(name, slices.Concat(isReplay, isScripted)...), w.victim(true), w.mature(0)
	ip, session := w.hosted(), w.UUID()
	w.At(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: lines.Client{IP: ip, Agent: w.outlookAgent()}, App: lines.Office, Password: true, MFA: w.Chance(0.5), Session: session, Device: w.UUID()})
		for _, folder := range []string{"Inbox", "Sent Items", "Drafts", "Archive", "Invoices", "Projects", "Deleted Items", "Contracts"} {
			at = at.Add(w.Between(5*time.Second, 90*time.Second))
			w.mail(a, lines.Read{At: at, IP: ip, Info: rpcInfo, App: lines.Office.ID, Session: session, Sync: true, Folder: folder}, p)
		}
	})
}

func (w theftPlanner) slowExfiltration(name string) {
	a, p, at := w.steal(name, slices.Concat(isReplay, isScripted, isApp)...), w.victim(true), w.mature(2)
	c := lines.Client{IP: dice.One(w, slices.Concat(w.nets.business, w.nets.hosting[:1])).V4(w.Rand.Uint64()), Agent: dice.One(w, scripts)}
	session, token := w.UUID(), w.Hex(16)+"AA"
	w.At(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: lines.Office, Session: session, Token: token, Graph: true})
	})
	w.During(at.Add(time.Minute), at.Add(dice.Hours(44)), 25*time.Minute, func(at time.Time) {
		w.graph(a, at, p, c, lines.Office.ID, token, "/me/messages?$top=20&$skip=200")
		w.mail(a, lines.Read{At: at, IP: c.IP, Info: restInfo, App: lines.Office.ID, Session: session, Token: token, Items: w.Number(8, 20)}, p)
	})
}

func (w theftPlanner) deviceCode(name string) {
	a, p, at := w.steal(name, slices.Concat(isReplay, isScripted)...), w.victim(true), w.mature(0)
	c := lines.Client{IP: w.hosted(), Agent: dice.One(w, append(scripts, frozen[3], frozen[5]))}
	session, token := w.UUID(), w.Hex(16)+"AA"
	w.At(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: lines.Office, Protocol: "deviceCode", MFA: true, Session: session, Token: token, Graph: true})
		w.graph(a, at.Add(time.Minute), p, c, lines.Office.ID, token, "/search/query")
		for i := range w.Number(20, 60) {
			at = at.Add(w.Between(2*time.Second, 12*time.Second))
			w.graph(a, at, p, c, lines.Office.ID, token, "/me/messages/"+w.Hex(16)+w.Hex(16))
			if i%5 == 0 {
				w.mail(a, lines.Read{At: at, IP: c.IP, Info: restInfo, App: lines.Office.ID, Session: session, Token: token, Items: w.Number(5, 15)}, p)
			}
		}
	})
}

func (w theftPlanner) graphSpy(name string) {
	a, p, at := w.steal(name, slices.Concat(isReplay, isScripted)...), w.victim(true), w.mature(0)
	c := lines.Client{IP: dice.One(w, slices.Concat(w.nets.vpn, w.nets.hosting)).V4(w.Rand.Uint64()), Agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36 Edg/146.0.0.0"}
	session, token := w.UUID(), w.Hex(16)+"AA"
	w.At(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: lines.Office, Protocol: "deviceCode", MFA: true, Session: session, Token: token, Graph: true})
		at = at.Add(w.Between(3*time.Minute, 30*time.Minute))
		for i := range w.Number(15, 40) {
			at = at.Add(w.Between(10*time.Second, 2*time.Minute))
			w.graph(a, at, p, c, lines.Office.ID, token, "/me/mailFolders/inbox/messages/"+w.Hex(16))
			if i%4 == 0 {
				w.mail(a, lines.Read{At: at, IP: c.IP, Info: restInfo, App: lines.Office.ID, Session: session, Token: token, Items: w.Number(4, 12)}, p)
			}
		}
	})
}

func (w theftPlanner) legacyIMAP(name string) {
	a, p, at := w.steal(name, slices.Concat(isScripted, isReplay)...), w.victim(true), w.mature(0)
	c := lines.Client{IP: dice.One(w, slices.Concat(w.nets.hosting, w.nets.foreign)).V4(w.Rand.Uint64()), Agent: dice.One(w, []string{"BAV2ROPC", "CBAinPROD"})}
	session := w.UUID()
	w.At(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: lines.ExchangeIMAP, Password: true, Protocol: "ropc", Session: session})
		for range w.Number(6, 20) {
			at = at.Add(w.Between(20*time.Second, 2*time.Minute))
			w.mail(a, lines.Read{At: at, IP: c.IP, Info: "Client=POP3/IMAP4;Protocol=IMAP4", Session: session, Items: w.Number(20, 100), Folder: dice.One(w, []string{"Inbox", "Sent Items"})}, p)
		}
	})
}

func (w theftPlanner) teamFiltration(name string) {
	a, p, at := w.steal(name, slices.Concat(isScripted, isReplay)...), w.victim(true), w.mature(0)
	list := w.proxies(30, w.nets.hosting)
	targets := append(w.rounds(w.Number(60, 90), 1), aim(p))
	w.assault(assault{kind: "TeamFiltration's spraying", classes: isEither, start: at.Add(-3 * time.Hour), way: always(lines.ByToken(lines.Teams)), from: clients(list, teamsAgent), targets: targets, pause: w.spread(150*time.Minute, len(targets)), hits: map[int]lines.Verdict{len(targets) - 1: lines.Right}})
	c, session, token := lines.Client{IP: list[0], Agent: teamsAgent}, w.UUID(), w.Hex(16)+"AA"
	w.At(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: lines.Teams, Password: true, Protocol: "ropc", Session: session, Token: token})
		for range w.Number(10, 30) {
			at = at.Add(w.Between(3*time.Second, 40*time.Second))
			w.mail(a, lines.Read{At: at, IP: c.IP, Info: restInfo, App: lines.Teams.ID, Session: session, Token: token, Items: w.Number(20, 90)}, p)
		}
	})
}

func (w theftPlanner) pythonEWS(name string) {
	a, p, at := w.steal(name, isScripted...), w.victim(true), w.mature(0)
	c := lines.Client{IP: w.hosted(), Agent: dice.One(w, []string{"exchangelib/5.4.0 (python-requests/2.31.0)", "python-requests/2.31.0", "ExchangeServicesClient/15.00.0913.015"})}
	session, token := w.UUID(), w.Hex(16)+"AA"
	w.At(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: lines.Office, Silent: true, Session: session, Token: token})
		for range w.Number(10, 30) {
			at = at.Add(w.Between(5*time.Second, time.Minute))
			w.mail(a, lines.Read{At: at, IP: c.IP, Info: "Client=WebServices;" + c.Agent + ";", App: lines.Office.ID, Session: session, Token: token, Items: w.Number(10, 60)}, p)
		}
	})
}
