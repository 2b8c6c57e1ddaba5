package test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/test/agent"
	"redshank/test/day"
)

// handmade are the logs of an Exchange server that the day of the demo lacks.
var handmade = map[string]string{
	"Pop3/POP320260302-1.LOG": "#Software: Microsoft Exchange Server\n#Version: 15.01.2507.006\n#Log-type: POP3 Log\n#Date: 2026-03-02T08:00:00.000Z\n" +
		"#Fields: dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,command,parameters,context,puid\n" +
		`2026-03-02T08:00:01.000Z,00000000000000AA,1,192.0.2.25:110,203.0.113.7:50123,alice,3,10,55,pass,*****,"R=""-ERR Logon failure: unknown user name or bad password."";Msg=""AuthFailed:LogonDenied,User: alice"";ErrMsg=AuthFailed:LogonDenied",` + "\n",
	"Ews/Ews_2026030208-1.LOG": "#Software: Microsoft Exchange Server\n#Version: 15.01.2507.006\n#Log-type: Exchange Web Services Log\n#Date: 2026-03-02T08:00:00.000Z\n" +
		"#Fields: DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,UserAgent,VersionInfo,ClientIpAddress,ServerHostName,FrontEndServer,SoapAction,HttpStatus,RequestSize,ResponseSize,ErrorCode,ImpersonatedUser,ProxyAsUser,ActAsUser,Cookie\n" +
		"2026-03-02T08:00:02.000Z,5e58f5e5-1ddc-48d3-82c6-0199bc121640,15,1,2507,6,,Basic,true,alice@contoso.com,,python-requests/2.31,Target=None;,203.0.113.7,EX01,EX01.CONTOSO.COM,GetItem,200,1,2,,bob@contoso.com,,,x\n",
	"CmdletInfra/Powershell-Proxy/Cmdlet/Rps_Cmdlet_2026030208-1.LOG": "#Software: Microsoft Exchange Server\n#Version: 15.01.2507.006\n#Log-type: Rps Cmdlet Logs\n#Date: 2026-03-02T08:00:00.000Z\n" +
		"#Fields: DateTime,StartTime,RequestId,ClientRequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ServerHostName,ProcessId,ProcessName,ThreadId,CultureInfo,Organization,AuthenticatedUser,ExecutingUserSid,EffectiveOrganization,UserServicePlan,IsAdmin,ClientApplication,Cmdlet,Parameters,CmdletUniqueId\n" +
		`2026-03-02T08:00:03.000Z,2026-03-02T08:00:03.000Z,7b91be61-3d94-406e-b00c-3d80e3e5f115,,15,1,2507,6,EX01,1,w3wp,85,,,CONTOSO\admin,S-1-5-21-1,,,True,Remote-ManagementShell-Unknown,New-MailboxExportRequest,"-Mailbox ""alice""",id1` + "\n",
}

// exchangeSources are the sources in the README's table that an Exchange server has.
var exchangeSources = []string{"cmdlet", "ews", "httpproxy", "iis", "imap", "pop", "smtp", "winevent"}

// writeExchange writes a few lines of each log of an Exchange server below
// folder, and returns how many of them the configurations read.
func writeExchange(t *testing.T, folder string) (lines int) {
	t.Helper()
	files := maps.Clone(handmade)
	for _, s := range day.New(day.Options{Records: 2000}).Streams {
		if ofExchange(s) {
			files[strings.TrimPrefix(s.Path, "exchange/")] = strings.Join(slices.Collect(s.Text), "\n") + "\n"
		}
	}
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		write(t, path, text)
		lines += strings.Count(text, "\n")
	}
	return lines
}

// TestExchangeFromABareMachine: an agent starts although neither the logs nor its
// own folder exist, and reads every log once the log exists.
func TestExchangeFromABareMachine(t *testing.T) {
	needAgent(t)
	for _, name := range []string{"exchange.yaml", "exchange.conf"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			logs, state := filepath.Join(folder, "logs"), filepath.Join(folder, "var", "lib", "redshank")
			alerts := filepath.Join(state, "alerts.ndjson")
			a, err := agent.Start(filepath.Join(buildDir, "out_redshank.so"), filepath.Join(confDir, name), filepath.Join(folder, "fluent-bit.log"),
				"EXCHANGE_LOGS="+logs, "REDSHANK_STATE="+state, "REDSHANK_ALERTS="+alerts, "REDSHANK_POLICY=")
			if err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
				if _, err := os.Stat(alerts); err == nil {
					break // the plugin has started
				}
				if time.Now().After(deadline) {
					t.Fatal(a.Abandon(fmt.Errorf("did not start: %s", read(t, filepath.Join(folder, "fluent-bit.log")))))
				}
			}
			lines := writeExchange(t, logs)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := a.Wait(ctx, lines, nil); err != nil {
				t.Fatal(a.Abandon(err))
			}
			if err := a.Stop(); err != nil {
				t.Fatal(err)
			}
			last := healthOf(t, read(t, alerts))
			if len(last) == 0 {
				t.Fatal("no health record")
			}
			sources := last[len(last)-1].Redshank.Health.Sources
			for _, name := range exchangeSources {
				if sources[name].Understood == 0 {
					t.Errorf("no record of %s is understood: %+v", name, sources)
				}
			}
		})
	}
}

// TestExchangeWindowsReadsTheSame: the configuration for Windows reads the same
// logs as exchange.yaml, and its head creates every folder that must exist.
func TestExchangeWindowsReadsTheSame(t *testing.T) {
	windows := read(t, confDir+"/exchange-windows.yaml")
	for line := range strings.Lines(settings(t, confDir+"/exchange.yaml")) {
		if key, tag, _ := strings.Cut(strings.TrimSpace(line), " "); key == "tag" && !strings.Contains(windows, "tag: "+tag+"\n") {
			t.Errorf("exchange-windows.yaml does not read %s", tag)
		}
	}
	head, body, _ := strings.Cut(windows, "service:")
	for line := range strings.Lines(body) {
		_, path, ok := strings.Cut(strings.TrimSpace(line), `: C:\ProgramData\`)
		if folder, _, _ := strings.Cut(path, `\`); ok && !strings.Contains(head, `mkdir C:\ProgramData\`+folder+"\n") {
			t.Errorf("the folder of %s is not created", strings.TrimSpace(line))
		}
	}
	if !strings.Contains(head, `copy "C:\Program Files\redshank\conf\policy.yaml" C:\ProgramData\redshank`) {
		t.Error("the policy is not copied to the folder from which it is read")
	}
}
