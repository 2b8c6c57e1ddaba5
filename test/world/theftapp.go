package world

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

func (w theftPlanner) slowApp(name string) {
	a, at := w.steal(name, isApp...), w.mature(2)
	app, principal := lines.App{ID: w.UUID(), Name: "Legacy Archiver"}, w.UUID()
	home := w.nets.cloud.V4(w.Rand.Uint64())
	owners := dice.Some(w, w.org.people, 15)
	a.Apps = append(a.Apps, app.ID, principal)
	w.Honest("application in honest use", w.Start, w.End()).Addresses = []netip.Addr{home}
	// In honest use the application looks into one mailbox, from one address.
	w.During(w.Day(0, 0), w.End(), 6*time.Hour, func(at time.Time) {
		w.log.AppSignIn(at, lines.Client{IP: home}, app, principal, false)
		w.log.Mail(lines.Read{At: at.Add(2 * time.Second), IP: home, User: "ServicePrincipal_" + principal, Key: principal, Owner: "records@" + w.org.domain, Info: "Client=WebServices;Archiver/1.4;", App: app.ID, Logon: 1, Items: 3})
	})
	list := w.proxies(12, slices.Concat(w.nets.foreign[:3], w.nets.consumers))
	for i, p := range owners {
		w.At(at.Add(time.Duration(i)*95*time.Minute+w.Between(0, 20*time.Minute)), func(at time.Time) {
			ip := list[i%len(list)]
			w.log.AppSignIn(at, lines.Client{IP: ip}, app, principal, false)
			for range 3 {
				at = at.Add(w.Between(30*time.Second, 4*time.Minute))
				a.Saw(at, ip, p.upn())
				w.log.Mail(lines.Read{At: at, IP: ip, User: "ServicePrincipal_" + principal, Key: principal, Owner: p.upn(), Info: "Client=WebServices;Archiver/1.4;", App: app.ID, Logon: 1, Items: w.Number(10, 50)})
			}
		})
	}
}

func (w theftPlanner) phishedConsent(name string) {
	a, p := w.steal(name, isApp...), w.victim(true)
	at := w.Day(w.Number(min(4, w.Days-1), w.Days-2), 9+5*w.Rand.Float64())
	app, principal := lines.App{ID: w.UUID(), Name: dice.One(w, []string{"rnicrosoft", "Mail Upgrade", "Office 365 Helper"})}, w.UUID()
	a.Apps = append(a.Apps, app.ID, principal)
	c := lines.Client{IP: w.hosted(), Agent: dice.One(w, append(scripts, ""))}
	w.At(at, func(at time.Time) {
		a.Saw(at, netip.Addr{}, p.upn())
		w.log.Consent(at, p.office.address, p.upn(), p.object, app, principal, " offline_access Contacts.Read User.Read Mail.Read Mail.Send openid profile", false)
	})
	w.At(at.Add(w.Between(12*time.Hour, 14*time.Hour)), func(at time.Time) {
		token := w.Hex(16) + "AA"
		w.signIn(a, at, p, lines.SignIn{Client: c, App: app, Silent: true, Token: token, Graph: true})
		for i := range w.Number(15, 50) {
			at = at.Add(w.Between(2*time.Second, 20*time.Second))
			w.graph(a, at, p, c, app.ID, token, fmt.Sprintf("/me/messages?$top=50&$skip=%d", 50*i))
			if i%4 == 0 {
				w.mail(a, lines.Read{At: at, IP: c.IP, Info: restInfo, App: app.ID, Token: token, Items: w.Number(30, 60)}, p)
			}
		}
	})
}

func (w theftPlanner) stolenSecret(name string) {
	a, at := w.steal(name, isApp...), w.mature(1)
	app, principal := lines.App{ID: w.UUID(), Name: "Journal Keeper"}, w.UUID()
	a.Apps = append(a.Apps, app.ID, principal)
	home := w.nets.cloud.V4(w.Rand.Uint64())
	owners := dice.Some(w, w.org.people, 60)
	w.Honest("application in honest use", w.Start, w.End()).Addresses = []netip.Addr{home}
	read := func(at time.Time, c lines.Client, p *person) {
		w.log.Mail(lines.Read{At: at, IP: c.IP, User: "ServicePrincipal_" + principal, Key: principal, Owner: p.upn(), Info: restInfo, App: app.ID, Logon: 1, Items: w.Number(5, 40)})
	}
	for day := range w.Days {
		w.At(w.Day(day, 3), func(at time.Time) {
			w.log.AppSignIn(at, lines.Client{IP: home}, app, principal, true)
			for _, p := range owners {
				at = at.Add(5 * time.Second)
				read(at, lines.Client{IP: home}, p)
			}
		})
	}
	thief := lines.Client{IP: w.hosted(), Agent: dice.One(w, scripts)}
	w.At(at, func(at time.Time) {
		w.log.AppSignIn(at, thief, app, principal, true)
		for _, p := range dice.Some(w, w.org.people, w.Number(10, 30)) {
			for range 3 {
				at = at.Add(w.Between(3*time.Second, 30*time.Second))
				a.Saw(at, thief.IP, p.upn())
				read(at, thief, p)
			}
		}
	})
}

func (w theftPlanner) addedSecret(name string) {
	a, at := w.steal(name, isApp...), w.mature(1)
	admin := dice.One(w, w.org.admins)
	app, principal := lines.App{ID: w.UUID(), Name: "Intranet Portal"}, w.UUID()
	a.Apps = append(a.Apps, app.ID, principal)
	thief := lines.Client{IP: w.hosted(), Agent: dice.One(w, scripts)}
	w.At(at, func(at time.Time) {
		a.Saw(at, thief.IP, admin.upn())
		w.log.SignIn(lines.SignIn{At: at, Client: thief, App: lines.GraphPS, UPN: admin.upn(), Object: admin.object, Session: w.UUID(), Graph: true})
		w.log.Directory(at.Add(2*time.Minute), thief.IP, admin.upn(), admin.object, "Update application – Certificates and secrets management ", app, principal, "KeyDescription", `["[KeyIdentifier=`+w.UUID()+`,KeyType=Password,KeyUsage=Verify,DisplayName=x]"]`)
		w.log.Directory(at.Add(3*time.Minute), thief.IP, admin.upn(), admin.object, "Add app role assignment to service principal.", app, principal, "AppRole.Value", "Mail.Read")
		at = at.Add(w.Between(10*time.Minute, 50*time.Minute))
		w.log.AppSignIn(at, thief, app, principal, true)
		for _, p := range dice.Some(w, w.org.people, w.Number(8, 20)) {
			at = at.Add(w.Between(3*time.Second, 30*time.Second))
			a.Saw(at, thief.IP, p.upn())
			w.log.Graph(lines.GraphCall{At: at, Client: thief, App: app.ID, Principal: principal, URI: "/users/" + p.object + "/messages?$top=100", Size: 300_000})
			w.log.Mail(lines.Read{At: at, IP: thief.IP, User: "ServicePrincipal_" + principal, Key: principal, Owner: p.upn(), Info: restInfo, App: app.ID, Logon: 1, Items: w.Number(20, 100)})
		}
	})
}

func (w theftPlanner) impersonation(name string) {
	a, at := w.steal(name, slices.Concat(isApp, isScripted)...), w.mature(0)
	account, object := "svc-room@"+w.org.domain, w.UUID()
	w.Honest("application in honest use", w.Start, w.End()).Accounts = []string{account}
	// The account is in honest use every hour, from one machine.
	w.During(w.Day(0, 0), w.End(), 3*time.Hour, func(at time.Time) {
		c := lines.Client{IP: w.org.offices[0].address, Agent: "RoomPanel/5.2"}
		w.log.SignIn(lines.SignIn{At: at, Client: c, App: lines.Office, UPN: account, Object: object, Silent: true})
		w.log.Mail(lines.Read{At: at.Add(time.Second), IP: c.IP, User: account, Key: object, Info: "Client=WebServices;RoomPanel/5.2;", Items: 2})
	})
	c := lines.Client{IP: w.hosted(), Agent: dice.One(w, []string{"ExchangeServicesClient/15.00.0913.015", "python-requests/2.31.0"})}
	owners := dice.Some(w, w.org.people, w.Number(8, 25))
	w.At(at, func(at time.Time) {
		w.log.SignIn(lines.SignIn{At: at, Client: c, App: lines.Office, UPN: account, Object: object, Password: true, Protocol: "ropc"})
		a.Saw(at, c.IP, account)
		for _, p := range owners {
			for range w.Number(1, 4) {
				at = at.Add(w.Between(5*time.Second, 40*time.Second))
				a.Saw(at, c.IP, p.upn())
				w.log.Mail(lines.Read{At: at, IP: c.IP, User: account, Key: object, Owner: p.upn(), Info: "Client=WebServices;" + c.Agent + ";", Logon: 1, Items: w.Number(10, 60)})
			}
		}
	})
}
