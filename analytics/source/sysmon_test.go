package source

import (
	"strings"
	"testing"

	"redshank/analytics/source/format"
)

func sysmonHeads(id string) string {
	return strings.NewReplacer("Microsoft-Windows-Security-Auditing", "Microsoft-Windows-Sysmon", "4625", id, `"Version":0`, `"Version":5`, `"Channel":"Security"`, `"Channel":"Microsoft-Windows-Sysmon/Operational"`, `"UserID":""`, `"UserID":"NT AUTHORITY\\SYSTEM"`).Replace(failedHeads)
}

func TestSysmonConnection(t *testing.T) {
	const values = `"-","2026-07-10 10:59:13.250","{42F11C3B-CCAA-5C8F-0000-0010B4E22700}","1600","C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe","CONTOSO\\alice","tcp","true","false","192.0.2.15","pc7.contoso.com","1138","-","false","198.51.100.9","outlook.office365.com","443","https"`
	want := winTold{time: "2026-07-10T10:59:13.25Z", action: "network", outcome: "success", service: "windows", host: "EX01.contoso.com",
		user: `CONTOSO\alice`, ip: "192.0.2.15", target: "outlook.office365.com", client: `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`,
		id: "EX01.contoso.com/Microsoft-Windows-Sysmon/Operational/7001/1783681154"}
	for name, inserts := range map[string]string{
		"all":             values,
		"typed":           strings.NewReplacer(`"1600"`, "1600", `"true"`, "true", `"false"`, "false", `"443"`, "443", `"1138"`, "1138").Replace(values),
		"no RuleName":     strings.TrimPrefix(values, `"-",`),
		"lost port names": strings.NewReplacer(`"-","false"`, `"false"`, `,"https"`, "").Replace(values),
		"lost host":       strings.Replace(values, `"pc7.contoso.com",`, "", 1),
	} {
		emitted, counts := winRun(t, `{`+sysmonHeads("3")+`,"StringInserts":[`+inserts+`]}`)
		if len(emitted) != 1 || emitted[0] != want {
			t.Errorf("%s: counts %v\n got %+v\nwant %+v", name, counts, emitted, want)
		}
	}
	emitted, _ := winRun(t, `{`+sysmonHeads("3")+`,"StringInserts":[`+strings.Replace(values, `"outlook.office365.com",`, "", 1)+`]}`)
	if len(emitted) != 1 || emitted[0].target != "198.51.100.9" {
		t.Errorf("lost name: %+v", emitted)
	}
	if _, counts := winRun(t, `{`+sysmonHeads("3")+`,"StringInserts":[`+strings.Replace(values, `"true"`, `"false"`, 1)+`]}`); counts[format.Ignored] != 1 {
		t.Errorf("inbound: counts %v", counts)
	}
}

func TestSysmonLookUp(t *testing.T) {
	const values = `"-","2026-07-10 10:59:13.250","{42F11C3B-CCAA-5C8F-0000-0010B4E22700}",1600,"graph.microsoft.com",0,"type:  5 ags.example.net;::ffff:198.51.100.9;","C:\\Python312\\python.exe","CONTOSO\\alice"`
	for name, c := range map[string]struct{ inserts, outcome, user string }{
		"all":          {values, "success", `CONTOSO\alice`},
		"before 13":    {strings.TrimSuffix(values, `,"CONTOSO\\alice"`), "success", ""},
		"no RuleName":  {strings.TrimPrefix(values, `"-",`), "success", `CONTOSO\alice`},
		"no such name": {strings.NewReplacer(`,0,`, `,"9003",`, `"type:  5 ags.example.net;::ffff:198.51.100.9;",`, "").Replace(values), "failure", `CONTOSO\alice`},
	} {
		emitted, counts := winRun(t, `{`+sysmonHeads("22")+`,"StringInserts":[`+c.inserts+`]}`)
		if len(emitted) != 1 || emitted[0].target != "graph.microsoft.com" || emitted[0].client != `C:\Python312\python.exe` || emitted[0].outcome != c.outcome || emitted[0].user != c.user {
			t.Errorf("%s: counts %v, %+v", name, counts, emitted)
		}
	}
	for _, id := range []string{"1", "5", "11", "13"} {
		if _, counts := winRun(t, `{`+sysmonHeads(id)+`,"StringInserts":[`+values+`]}`); counts[format.Ignored] != 1 {
			t.Errorf("%s: counts %v", id, counts)
		}
	}
}
