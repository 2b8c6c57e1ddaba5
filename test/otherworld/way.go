package otherworld

import (
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

func (p *person) aim() lines.Account {
	return lines.Account{UPN: p.upn(), Down: p.down(), Object: p.object}
}

func byEWS(w *lines.Writer, at time.Time, c lines.Client, t lines.Account, v lines.Verdict) {
	w.Basic(at, c, lines.EWS, t.Down, "", lines.OnServer(v))
}

func byEAS(w *lines.Writer, at time.Time, c lines.Client, t lines.Account, v lines.Verdict) {
	device := (w.Hex(16) + w.Hex(6))[:12]
	w.Basic(at, c, lines.EAS, t.UPN, lines.Device(t.UPN, "d"+device, "SmartPhone", "Options"), lines.OnServer(v))
}

func byPOP(w *lines.Writer, at time.Time, c lines.Client, t lines.Account, v lines.Verdict) {
	w.POP(at, c, t.UPN, lines.OnServer(v), 0)
}

// byMail is a mail protocol of the tenant; the service itself asks for the token.
func byMail(app lines.App) lines.Way {
	return func(w *lines.Writer, at time.Time, c lines.Client, t lines.Account, v lines.Verdict) {
		lines.ByToken(app)(w, at, lines.Client{IP: c.IP, Agent: "BAV2ROPC"}, t, v)
	}
}

// The applications that tools ask tokens for.
var tokenApps = []lines.App{lines.AzureADPS, lines.AzureCLI, lines.AzurePS, lines.Teams, lines.Office, lines.OneDrive, lines.VisualStudio}

// service draws one way of trying that the organisation has.
func (c *company) service() lines.Way {
	var ways []lines.Way
	if c.hasServer() {
		ways = append(ways, lines.ByForm, lines.ByForm, byEWS, byEAS)
		if c.log.Security {
			ways = append(ways, lines.ByNTLM) // the web server's log does not name the account
		}
	}
	if c.hasTenant() {
		ways = append(ways, lines.ByToken(dice.OneOf(c, tokenApps...)), lines.ByToken(dice.OneOf(c, tokenApps...)), lines.ByPage(dice.OneOf(c, lines.OfficeHome, lines.OutlookWeb)))
	}
	return dice.OneOf(c, ways...)
}

// page is a way in which a browser is used.
func (c *company) page() lines.Way {
	if c.hasServer() && (!c.hasTenant() || c.Chance(0.5)) {
		return lines.ByForm
	}
	return lines.ByPage(dice.OneOf(c, lines.OfficeHome, lines.OutlookWeb))
}

// protocol is a mail protocol.
func (c *company) protocol(server lines.Way, app lines.App) lines.Way {
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
