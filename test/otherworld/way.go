package otherworld

import (
	"time"

	"redshank/test/world/lines"
)

// aim is an account that is attacked; an account that does not exist has no object.
type aim struct{ upn, down, object string }

func (p *person) aim() aim { return aim{p.upn(), p.down(), p.object} }

// way is how a password is tried at a service.
type way func(w *World, at time.Time, c lines.Client, t aim, v lines.Verdict)

// The services on the premises. Exchange alone knows no second factor.
var (
	atForm way = func(w *World, at time.Time, c lines.Client, t aim, v lines.Verdict) {
		w.log.Form(at, c, t.upn, plain(v))
	}
	atEWS way = func(w *World, at time.Time, c lines.Client, t aim, v lines.Verdict) {
		w.log.Basic(at, c, lines.EWS, t.down, "", plain(v))
	}
	atEAS way = func(w *World, at time.Time, c lines.Client, t aim, v lines.Verdict) {
		w.log.Basic(at, c, lines.EAS, t.upn, lines.Device(t.upn, "d"+w.token()[:12], "SmartPhone", "Options"), plain(v))
	}
	atNTLM way = func(w *World, at time.Time, c lines.Client, t aim, v lines.Verdict) {
		w.log.NTLM(at, c, lines.Autodiscover, t.down, plain(v))
	}
	atSMTP way = func(w *World, at time.Time, c lines.Client, t aim, v lines.Verdict) {
		w.log.Submit(at, c, t.upn, plain(v))
	}
	atIMAP way = func(w *World, at time.Time, c lines.Client, t aim, v lines.Verdict) {
		w.log.IMAP(at, c, t.upn, plain(v), 0)
	}
	atPOP way = func(w *World, at time.Time, c lines.Client, t aim, v lines.Verdict) {
		w.log.POP(at, c, t.upn, plain(v), 0)
	}
)

func plain(v lines.Verdict) lines.Verdict {
	if v == lines.MFAAsked || v == lines.Blocked || v == lines.MFADenied {
		return lines.Right
	}
	return v
}

// byToken sends name and password to the tenant's token end point, for an application.
func byToken(app lines.App) way {
	return func(w *World, at time.Time, c lines.Client, t aim, v lines.Verdict) {
		w.log.SignIn(lines.SignIn{At: at, Client: c, App: app, UPN: t.upn, Object: t.object, Verdict: v, Password: true, Protocol: "ropc", Silent: true})
	}
}

// byPage types name and password into the tenant's page.
func byPage(app lines.App) way {
	return func(w *World, at time.Time, c lines.Client, t aim, v lines.Verdict) {
		w.log.SignIn(lines.SignIn{At: at, Client: c, App: app, UPN: t.upn, Object: t.object, Verdict: v, Password: true})
	}
}

// byMail is a mail protocol of the tenant; the service itself asks for the token.
func byMail(app lines.App) way {
	return func(w *World, at time.Time, c lines.Client, t aim, v lines.Verdict) {
		byToken(app)(w, at, lines.Client{IP: c.IP, Agent: "BAV2ROPC"}, t, v)
	}
}

// The applications that tools ask tokens for.
var tokenApps = []lines.App{lines.AzureADPS, lines.AzureCLI, lines.AzurePS, lines.Teams, lines.Office, lines.OneDrive, lines.VisualStudio}

// service draws one way of trying that the organisation has.
func (c *company) service() way {
	var ways []way
	if c.hasServer() {
		ways = append(ways, atForm, atForm, atEWS, atEAS)
		if c.log.Security {
			ways = append(ways, atNTLM) // the web server's log does not name the account
		}
	}
	if c.hasTenant() {
		ways = append(ways, byToken(one(c, tokenApps...)), byToken(one(c, tokenApps...)), byPage(one(c, lines.OfficeHome, lines.OutlookWeb)))
	}
	return one(c, ways...)
}

// page is a way in which a browser is used.
func (c *company) page() way {
	if c.hasServer() && (!c.hasTenant() || c.chance(0.5)) {
		return atForm
	}
	return byPage(one(c, lines.OfficeHome, lines.OutlookWeb))
}

// protocol is a mail protocol.
func (c *company) protocol(server way, app lines.App) way {
	if c.hasServer() {
		return server
	}
	return byMail(app)
}

// Agents of tools as their sources have them, of libraries, and of old browsers.
var (
	tools = []string{
		"python-requests/2.28.1", "Go-http-client/1.1", "curl/7.88.1", "axios/0.27.2", "fasthttp", "Mozilla/5.0 (Hydra)", "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
		"Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.3031", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:50.0) Gecko/20100101 Firefox/50.0", "okhttp/3.14.9",
		"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.4229; Pro)", "Microsoft Exchange ActiveSync/0.1", "Apache-HttpClient/4.5.13 (Java/11.0.20)",
	}
	oldBrowsers = []string{
		"Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87.0.4280.88 Safari/537.36",
		"Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.51 Safari/537.36",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.81 Safari/537.36",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Safari/605.1.15",
		"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:91.0) Gecko/20100101 Firefox/91.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 13_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Linux; Android 9; SM-G960F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/85.0.4183.101 Mobile Safari/537.36",
	}
)
