package source

import (
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/exchange"
	"redshank/analytics/source/format"
	"redshank/analytics/source/iis"
)

const iisHeader = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"

// steady are lines as they come all day, one format a name.
var steady = []struct {
	name   string
	header string
	lines  []string
	make   func() format.Format
}{
	{"iis", iisHeader, []string{
		`2026-03-02 08:14:07 192.0.2.10 POST /Microsoft-Server-ActiveSync/default.eas Cmd=Ping&User=alice&DeviceId=ABC123&DeviceType=iPhone&CorrelationID=<empty>;&cafeReqId=0c1a7f5e-0001-4000-8000-000000000003; 443 CONTOSO\alice 198.51.100.7 Apple-iPhone15C2/2107.102 - 200 0 0 37`,
		`2026-03-02 08:14:08 192.0.2.10 GET /owa/prem/15.1/scripts/boot.js - 443 - 198.51.100.7 Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+AppleWebKit/537.36+(KHTML,+like+Gecko)+Chrome/120.0.0.0+Safari/537.36 - 200 0 0 12`,
		`2026-03-02 08:14:09 192.0.2.10 POST /mapi/emsmdb/ mailboxId=0c1a7f5e-0001-4000-8000-000000000003@contoso.com&cafeReqId=0c1a7f5e-0001-4000-8000-000000000004; 443 bob@contoso.com 198.51.100.8 Microsoft+Office/16.0+(Windows+NT+10.0;+Microsoft+Outlook+16.0.5254;+Pro) - 200 0 0 40`,
		`2026-03-02 08:14:10 192.0.2.10 POST /Autodiscover/Autodiscover.xml &CorrelationID=<empty>;&cafeReqId=0c1a7f5e-0001-4000-8000-000000000005; 443 - 198.51.100.9 Microsoft+Office/16.0+(Windows+NT+10.0;+Microsoft+Outlook+16.0.5254;+Pro) - 401 1 2148074254 1`,
	}, func() format.Format { return iis.New(nil) }},
	{"httpproxy", "", []string{
		`2026-03-02T08:14:07.130Z,5e58f5e5-1ddc-48d3-82c6-0199bc121640,15,1,2375,7,,Eas,mail.contoso.com,/Microsoft-Server-ActiveSync/default.eas,,Basic,true,CONTOSO\alice,,Sid~S-1-5-21-1-2-3-4343,Apple-iPhone15C2/2107.102,198.51.100.7,EX01,200,200,,POST,Proxy,EX01.contoso.com,15.01.2375.000,IntraForest,WindowsIdentity,Database~fb7adba2-51f4-47e3-b170-fd39f85aaf35~~2023-02-08T18:59:59~contoso.com~1,,,336,327,,,0,0,,0,,0,,0,0,,0,13,0,1,0,0,11,0,0,0,0,0,13,0,11,1,1,1,13,,?Cmd=Sync&User=alice&DeviceId=ABC123,,BeginRequest=2023-01-09T19:00:00.116Z;CorrelationID=<empty>;,,,,,,,CafeV1`,
	}, exchange.NewHTTPProxy},
	{"smtp", "", []string{
		`2026-03-02T08:14:07.433Z,EX01\Default Frontend EX01,08DA4F7C11473A60,1,192.0.2.10:25,198.51.100.7:56026,>,"220 EX01.contoso.com Microsoft ESMTP MAIL Service ready at Mon, 2 Mar 2026 09:14:07 +0100",`,
		`2026-03-02T08:14:08.433Z,EX01\Default Frontend EX01,08DA4F7C11473A60,2,192.0.2.10:25,198.51.100.7:56026,<,MAIL FROM:<alice@contoso.com>,`,
		`2026-03-02T08:14:08.433Z,EX01\Default Frontend EX01,08DA4F7C11473A60,3,192.0.2.10:25,198.51.100.7:56026,*,08DA4F7C11473A60;2026-03-02T08:14:07.433Z;1,receiving message`,
		`2026-03-02T08:14:09.433Z,EX01\Default Frontend EX01,08DA4F7C11473A60,4,192.0.2.10:25,198.51.100.7:56026,-,,Local`,
	}, exchange.NewSMTP},
	{"imap", "", []string{
		`2026-03-02T08:14:07.000Z,00000000000ABC12,2,192.0.2.10:143,198.51.100.7:50002,frank,205,48,24,login,frank@contoso.com *****,"R=OK;Msg=""Proxy:EX01.contoso.com:1993:SSL;ProxySuccess""",`,
		`2026-03-02T08:14:08.000Z,00000000000ABC12,3,192.0.2.10:1993,198.51.100.7:50002,frank,15,18,262,uid,FETCH 1:5 (FLAGS),"R=OK;Rows=5;Recent=0;UidValidity=14;ActivityContextData=""Dbl:ST.T[EX01]=3""",`,
		`2026-03-02T08:14:09.000Z,00000000000ABC12,4,192.0.2.10:143,198.51.100.7:50002,frank,0,61,458,CloseSession,,,`,
	}, exchange.NewIMAP},
	{"pop", "", []string{
		`2026-03-02T08:14:07.000Z,00000000000ABC13,2,192.0.2.10:995,198.51.100.7:50003,frank,163,10,34,pass,*****,"R=OK;Msg=""Proxy:EX01.contoso.com:1995:SSL;ProxySuccess""",`,
	}, exchange.NewPOP},
	{"ews", "", []string{
		`2026-03-02T08:14:07.130Z,5e58f5e5-1ddc-48d3-82c6-0199bc121640,15,1,2375,7,,Negotiate,true,alice@contoso.com,,ExchangeServicesClient/15.00.0913.015,Target=None;Req=Exchange2013/Exchange2013;,198.51.100.7,EX01,EX01.CONTOSO.COM,FindItem,200,1024,2048,,bob@contoso.com,,,1234,,,,`,
	}, exchange.NewEWS},
	{"cmdlet", "", []string{
		`2026-03-02T08:14:07.898Z,2026-03-02T08:14:07.882Z,7b91be61-3d94-406e-b00c-3d80e3e5f115,,15,1,2375,7,EX01,15756,w3wp#MSExchangePowerShellAppPool,85,,,CONTOSO\admin,S-1-5-21-1-2-3-4343,,,False,Remote-ManagementShell-Unknown,Get-Mailbox,"-ResultSize ""1""",d61f0cba-945f-4857-8c62-91321f16b7b4,,,`,
	}, exchange.NewCmdlet},
}

func TestSteadyLinesDoNotAllocate(t *testing.T) {
	for _, s := range steady {
		f, stream := s.make(), new(format.Stream)
		var ev event.Event
		ev.Hold(nil)
		in := format.Input{Stream: stream}
		decode := func() {
			if !f.Claims(&in) {
				t.Fatalf("%s: not claimed: %s", s.name, in.Line)
			}
			ev.Reset()
			f.Decode(&in, &ev, func(*event.Event) {})
		}
		if in.Line = []byte(s.header); s.header != "" {
			decode()
		}
		for _, line := range s.lines {
			in.Line = []byte(line)
			if n := testing.AllocsPerRun(100, decode); n > 0 {
				t.Errorf("%s: %v allocations, want none: %s", s.name, n, line)
			}
		}
	}
}

func TestSteadyFieldsDoNotAllocate(t *testing.T) {
	for name, m := range map[string]record.Value{
		"iis": fields("date", "2026-03-02", "time", "08:00:00", "cs_method", "POST", "cs_uri_stem", "/ews/x", "cs_uri_query", "SoapAction=GetItem", "s_port", 443,
			"cs_username", "alice", "c_ip", outside, "cs_user_agent", "A+1", "sc_status", 200, "sc_substatus", 0, "sc_win32_status", 0),
		"imap": fields("dateTime", "2026-03-02T08:00:00.5Z", "sessionId", "E", "sIp", "192.0.2.10:143", "cIp", "198.51.100.7:1", "user", "alice",
			"command", "login", "parameters", "PLAIN", "context", "R=OK"),
		"smtp": fields("date-time", "2026-03-02T08:00:00.5Z", "connector-id", `EX01\Default`, "session-id", "E", "local-endpoint", "192.0.2.10:25",
			"remote-endpoint", "198.51.100.7:1", "event", "<", "data", "MAIL FROM:<a@b>"),
	} {
		b := newBench()
		in := format.Input{Fields: m, Stream: &b.stream, Time: b.now}
		var ev event.Event
		ev.Hold(nil)
		n := testing.AllocsPerRun(100, func() {
			for _, f := range b.formats {
				if f.Claims(&in) {
					ev.Reset()
					f.Decode(&in, &ev, func(*event.Event) {})
					return
				}
			}
			t.Errorf("%s: not claimed", name)
		})
		if n > 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}
