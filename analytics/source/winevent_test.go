package source

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
	"redshank/analytics/source/windows"
)

func quoteJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// The failed logon that all shapes below record: 4625, type 8, from
// 203.0.113.7, alice of CONTOSO, wrong password.
const (
	failedXML = `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Security-Auditing" Guid="{54849625-5478-4994-A5BA-3E3B0328C30D}"/><EventID>4625</EventID><Version>0</Version><Level>0</Level><Task>12544</Task><Opcode>0</Opcode><Keywords>0x8010000000000000</Keywords><TimeCreated SystemTime="2026-07-10T10:59:14.0000000Z"/><EventRecordID>7001</EventRecordID><Correlation/><Execution ProcessID="712" ThreadID="4"/><Channel>Security</Channel><Computer>EX01.contoso.com</Computer><Security/></System><EventData><Data Name="SubjectUserSid">S-1-5-18</Data><Data Name="SubjectUserName">EX01$</Data><Data Name="SubjectDomainName">CONTOSO</Data><Data Name="SubjectLogonId">0x3e7</Data><Data Name="TargetUserSid">S-1-0-0</Data><Data Name="TargetUserName">alice</Data><Data Name="TargetDomainName">CONTOSO</Data><Data Name="Status">0xc000006d</Data><Data Name="FailureReason">%%2313</Data><Data Name="SubStatus">0xc000006a</Data><Data Name="LogonType">8</Data><Data Name="LogonProcessName">Advapi  </Data><Data Name="AuthenticationPackageName">Negotiate</Data><Data Name="WorkstationName">EX01</Data><Data Name="TransmittedServices">-</Data><Data Name="LmPackageName">-</Data><Data Name="KeyLength">0</Data><Data Name="ProcessId">0x14a0</Data><Data Name="ProcessName">C:\Windows\System32\inetsrv\w3wp.exe</Data><Data Name="IpAddress">203.0.113.7</Data><Data Name="IpPort">1628</Data></EventData></Event>`

	failedInserts = `["S-1-5-18","EX01$","CONTOSO","0x3e7","S-1-0-0","alice","CONTOSO","0xc000006d","%%2313","0xc000006a",8,"Advapi  ","Negotiate","EX01","-","-",0,"0x14a0","C:\\Windows\\System32\\inetsrv\\w3wp.exe","203.0.113.7",1628]`
	failedData    = `{"SubjectUserSid":"S-1-5-18","SubjectUserName":"EX01$","SubjectDomainName":"CONTOSO","SubjectLogonId":"0x3e7","TargetUserSid":"S-1-0-0","TargetUserName":"alice","TargetDomainName":"CONTOSO","Status":"0xc000006d","FailureReason":"%%2313","SubStatus":"0xc000006a","LogonType":8,"LogonProcessName":"Advapi  ","AuthenticationPackageName":"Negotiate","WorkstationName":"EX01","TransmittedServices":"-","LmPackageName":"-","KeyLength":0,"ProcessId":"0x14a0","ProcessName":"C:\\Windows\\System32\\inetsrv\\w3wp.exe","IpAddress":"203.0.113.7","IpPort":1628}`
	failedHeads   = `"ProviderName":"Microsoft-Windows-Security-Auditing","ProviderGuid":"{54849625-5478-4994-A5BA-3E3B0328C30D}","Qualifiers":"","EventID":4625,"Version":0,"Level":0,"Task":12544,"Opcode":0,"Keywords":"0x8010000000000000","TimeCreated":"2026-07-10 19:59:14 +0900","EventRecordID":7001,"ActivityID":"","RelatedActivityID":"","ProcessID":712,"ThreadID":4,"Channel":"Security","Computer":"EX01.contoso.com","UserID":""`
	// A message in a language that does not exist: only the order counts.
	failedMessage = "Un account non potuit.\r\n\r\nSubiectum:\r\n\tSID:\t\tS-1-5-18\r\n\tNomen:\t\tEX01$\r\n\tDominium:\t\tCONTOSO\r\n\tID:\t\t0x3E7\r\n\r\nGenus:\t\t\t8\r\n\r\nAccount:\r\n\tSID:\t\tS-1-0-0\r\n\tNomen:\t\talice\r\n\tDominium:\t\tCONTOSO\r\n\r\nCausa:\r\n\tCausa:\t\tNomen ignotum.\r\n\tStatus:\t\t\t0xc000006d\r\n\tSub:\t\t0xc000006a\r\n\r\nProcessus:\r\n\tID:\t0x14a0\r\n\tNomen:\tC:\\Windows\\System32\\inetsrv\\w3wp.exe\r\n\r\nRete:\r\n\tMachina:\tEX01\r\n\tFons:\t203.0.113.7\r\n\tPorta:\t\t1628\r\n\r\nPlura:\r\n\tProcessus:\t\tAdvapi  \r\n\tPackage:\tNegotiate\r\n\tTransitus:\t-\r\n\tLM:\t-\r\n\tClavis:\t\t0\r\n\r\nHaec omnia explicantur.\r\n"
)

// winShapes are all the shapes of that logon.
var winShapes = []struct{ name, json string }{
	{"winevtlog", `{` + failedHeads + `,"Message":"","StringInserts":` + failedInserts + `}`},
	{"winevtlog strings", `{` + failedHeads + `,"Message":"","StringInserts":` + strings.NewReplacer(",8,", `,"8",`, ",0,", `,"0",`, "1628]", `"1628"]`).Replace(failedInserts) + `}`},
	{"event_data_as_map", `{` + failedHeads + `,"Message":"","EventData":` + failedData + `}`},
	{"both", `{` + failedHeads + `,"Message":"","EventData":` + failedData + `,"StringInserts":` + failedInserts + `}`},
	{"render_event_as_xml", `{"System":` + quoteJSON(failedXML) + `,"Message":"","StringInserts":` + failedInserts + `}`},
	{"render_event_as_xml, System only", `{"System":` + quoteJSON(failedXML[:strings.Index(failedXML, "<EventData>")]+"</Event>") + `,"Message":"","StringInserts":` + failedInserts + `}`},
	{"render_event_as_xml with map", `{"System":` + quoteJSON(failedXML[:strings.Index(failedXML, "<EventData>")]+"</Event>") + `,"Message":"","EventData":` + failedData + `}`},
	{"render_event_as_text", `{"log":` + quoteJSON(failedText) + `,"StringInserts":` + failedInserts + `}`},
	{"render_event_as_text, message only", `{"log":` + quoteJSON(failedText+failedMessage) + `}`},
	{"message only", `{` + failedHeads + `,"Message":` + quoteJSON(failedMessage) + `}`},
	{"XML line", `{"log":` + quoteJSON(failedXML) + `}`},
	{"XML, single quotes", `{"message":` + quoteJSON(strings.ReplaceAll(failedXML, `"`, `'`)) + `}`},
	{"XML with declaration", `{"log":` + quoteJSON(`<?xml version="1.0" encoding="utf-8"?>`+failedXML) + `}`},
	{"XML out of Event Viewer", `{"log":` + quoteJSON("- "+strings.NewReplacer("<System>", "- <System>  ", "/><", " />   <", "><", ">   <").Replace(failedXML)) + `}`},
	{"XML with entities and CDATA", `{"log":` + quoteJSON(strings.NewReplacer(">alice<", ">&#97;l&#x69;ce<", ">203.0.113.7<", "><![CDATA[203.0.113.7]]><").Replace(failedXML)) + `}`},
	{"XML, other order", `{"log":` + quoteJSON(strings.Replace(failedXML, `<Provider Name="Microsoft-Windows-Security-Auditing" Guid="{54849625-5478-4994-A5BA-3E3B0328C30D}"/>`, `<Provider  Guid='{x>y}'   Name = "Microsoft-Windows-Security-Auditing" ></Provider>`, 1)) + `}`},
	{"winlogbeat", `{"@timestamp":"2026-07-10T10:59:14.000Z","event":{"code":4625,"kind":"event"},"host":{"name":"relay"},"winlog":{"channel":"Security","computer_name":"EX01.contoso.com","event_id":4625,"record_id":7001,"provider_name":"Microsoft-Windows-Security-Auditing","event_data":` + failedData + `},"message":"x"}`},
	{"winlogbeat, strings", `{"@timestamp":"2026-07-10T11:03:00.000Z","winlog":{"time_created":"2026-07-10T10:59:14Z","channel":"Security","computer_name":"EX01.contoso.com","event_id":"4625","record_id":"7001","provider_name":"Microsoft-Windows-Security-Auditing","event_data":` + failedData + `}}`},
	{"winlogbeat, flattened", `{"@timestamp":"2026-07-10T10:59:14.000Z","winlog.channel":"Security","winlog.computer_name":"EX01.contoso.com","winlog.event_id":"4625","winlog.record_id":7001,"winlog.provider_name":"Microsoft-Windows-Security-Auditing","winlog.event_data.TargetUserName":"alice","winlog.event_data.TargetDomainName":"CONTOSO","winlog.event_data.Status":"0xc000006d","winlog.event_data.SubStatus":"0xc000006a","winlog.event_data.LogonType":"8","winlog.event_data.WorkstationName":"EX01","winlog.event_data.IpAddress":"203.0.113.7"}`},
	{"winlogbeat in a string", `{"message":` + quoteJSON(`{"@timestamp":"2026-07-10T10:59:14.000Z","winlog":{"channel":"Security","computer_name":"EX01.contoso.com","event_id":4625,"record_id":7001,"provider_name":"Microsoft-Windows-Security-Auditing","event_data":`+failedData+`}}`) + `}`},
	{"NXLog", `{"EventTime":"2026-07-10 12:59:14","Hostname":"EX01.contoso.com","Keywords":-9218868437227405312,"EventType":"AUDIT_FAILURE","SeverityValue":4,"EventID":"4625","SourceName":"Microsoft-Windows-Security-Auditing","ProviderGuid":"{54849625-5478-4994-A5BA-3E3B0328C30D}","Version":"0","Task":"12544","OpcodeValue":"0","RecordNumber":"7001","ProcessID":"712","Channel":"Security","Message":"x","SubjectUserName":"EX01$","TargetUserName":"alice","TargetDomainName":"CONTOSO","Status":"0xc000006d","SubStatus":"0xc000006a","LogonType":"8","WorkstationName":"EX01","ProcessName":"C:\\Windows\\System32\\inetsrv\\w3wp.exe","IpAddress":"203.0.113.7","IpPort":"1628","EventReceivedTime":"2026-07-10 12:59:15"}`},
	{"Wazuh", `{"win":{"system":{"providerName":"Microsoft-Windows-Security-Auditing","eventID":"4625","version":"0","systemTime":"2026-07-10T10:59:14.0000000Z","eventRecordID":"7001","channel":"Security","computer":"EX01.contoso.com","message":"x"},"eventdata":{"targetUserName":"alice","targetDomainName":"CONTOSO","status":"0xc000006d","subStatus":"0xc000006a","logonType":"8","workstationName":"EX01","ipAddress":"203.0.113.7"}}}`},
	{"Wazuh alert", `{"timestamp":"2026-07-10T10:59:20.000+0000","rule":{"id":"60122"},"agent":{"name":"EX01"},"data":{"win":{"system":{"providerName":"Microsoft-Windows-Security-Auditing","eventID":"4625","systemTime":"2026-07-10T10:59:14.0000000Z","eventRecordID":"7001","channel":"Security","computer":"EX01.contoso.com"},"eventdata":{"targetUserName":"alice","targetDomainName":"CONTOSO","status":"0xc000006d","subStatus":"0xc000006a","logonType":"8","workstationName":"EX01","ipAddress":"203.0.113.7"}}}}`},
	{"in_winlog", `{"RecordNumber":7001,"TimeGenerated":"2026-07-10 10:59:14 +0000","TimeWritten":"2026-07-10 10:59:14 +0000","EventID":4625,"Qualifiers":0,"EventType":"FailureAudit","EventCategory":12544,"Channel":"Security","SourceName":"Microsoft-Windows-Security-Auditing","ComputerName":"EX01.contoso.com","Data":"","Sid":"","Message":"x","StringInserts":` + failedInserts + `}`},
	{"fluentd", `{"channel":"Security","record_number":"7001","time_generated":"2026-07-10 10:59:14 +0000","event_id":"4625","source_name":"Microsoft-Windows-Security-Auditing","computer_name":"EX01.contoso.com","user":"","description":"x","string_inserts":` + failedInserts + `}`},
	{"Log Analytics", `{"TimeGenerated":"2026-07-10T10:59:14Z","Computer":"EX01.contoso.com","Channel":"Security","EventID":4625,"EventRecordId":"7001","EventSourceName":"Microsoft-Windows-Security-Auditing","TargetUserName":"alice","TargetDomainName":"CONTOSO","Status":"0xc000006d","SubStatus":"0xc000006a","LogonType":8,"WorkstationName":"EX01","IpAddress":"203.0.113.7"}`},
	{"Sentinel, pairs", `{"TimeGenerated":"2026-07-10T10:59:14Z","Computer":"EX01.contoso.com","Channel":"Security","EventID":4625,"EventRecordId":"7001","Provider":"Microsoft-Windows-Security-Auditing","EventData_dynamic":[{"@Name":"TargetUserName","#text":"alice"},{"@Name":"TargetDomainName","#text":"CONTOSO"},{"@Name":"Status","#text":"0xc000006d"},{"@Name":"SubStatus","#text":"0xc000006a"},{"@Name":"LogonType","#text":"8"},{"@Name":"WorkstationName","#text":"EX01"},{"@Name":"IpAddress","#text":"203.0.113.7"}]}`},
	{"data in a string", `{` + failedHeads + `,"EventData":` + quoteJSON(failedData) + `}`},
	{"data as XML", `{` + failedHeads + `,"EventData":` + quoteJSON(failedXML[strings.Index(failedXML, "<EventData>"):strings.Index(failedXML, "</Event>")]) + `}`},
	{"winlogbeat, id in ECS only", `{"@timestamp":"2026-07-10T10:59:14.000Z","event":{"code":"4625","provider":"Microsoft-Windows-Security-Auditing"},"winlog":{"channel":"Security","computer_name":"EX01.contoso.com","record_id":7001,"event_data":` + failedData + `}}`},
	{"Azure table", `{"time":"2026-07-10T11:02:00Z","category":"WindowsEventLogsTable","properties":{"ProviderName":"Microsoft-Windows-Security-Auditing","EventId":4625,"Channel":"Security","Level":4,"RawXml":` + quoteJSON(failedXML) + `}}`},
}

var failedText = strings.NewReplacer(`"`, "", ",", "\n", ":", "=").Replace(`ProviderName:Microsoft-Windows-Security-Auditing,ProviderGuid:{x},EventID:4625,Version:0,Level:0`) +
	"\nTimeCreated=2026-07-10 19:59:14 +0900\nEventRecordID=7001\nChannel=Security\nComputer=EX01.contoso.com\nUserID=\nMessage="

func TestWinShapesAgree(t *testing.T) {
	want := winTold{
		time: "2026-07-10T10:59:14Z", action: "sign_in", outcome: "failure", user: `CONTOSO\alice`, ip: "203.0.113.7",
		host: "EX01.contoso.com", code: "0xc000006a", device: "EX01", service: "windows", protocol: "basic",
		id: "EX01.contoso.com/Security/7001/1783681154",
	}
	for _, shape := range winShapes {
		emitted, counts := winRun(t, shape.json)
		if len(emitted) != 1 || counts[format.Understood] != 1 {
			t.Errorf("%s: %d events, counts %v", shape.name, len(emitted), counts)
			continue
		}
		if emitted[0] != want {
			t.Errorf("%s:\n got %+v\nwant %+v", shape.name, emitted[0], want)
		}
	}
}

// TestWinShapesAreFound: among all formats it is this one that takes them.
func TestWinShapesAreFound(t *testing.T) {
	for _, shape := range winShapes {
		set, err := New(Auto, testContent)
		if err != nil {
			t.Fatal(err)
		}
		body, err := record.AppendJSON(nil, []byte(shape.json))
		if err != nil {
			t.Fatal(err)
		}
		set.Decode("win", &record.Record{Body: body}, func(*event.Event) {})
		if n := set.Counts()[event.WinEvent][format.Understood]; n != 1 {
			t.Errorf("%s: counts %v", shape.name, set.Counts())
		}
	}
}

func TestWinIgnoresWhatItDoesNotDecode(t *testing.T) {
	for _, id := range []string{"4648", "4769", "4672", "5156", "1102"} {
		for _, shape := range winShapes {
			emitted, counts := winRun(t, strings.ReplaceAll(shape.json, "4625", id))
			if id == "1102" && len(emitted) == 0 && counts[format.Ignored] == 1 {
				continue
			}
			if len(emitted) != 0 || counts[format.Ignored] != 1 {
				t.Errorf("%s %s: %d events, counts %v", shape.name, id, len(emitted), counts)
			}
		}
	}
}

// winInput returns the record of a shape as a set would hand it to the format.
func winInput(t testing.TB, text string) format.Input {
	t.Helper()
	body, err := record.AppendJSON(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	in := format.Input{Stream: new(format.Stream), Fields: body}
	for _, key := range []string{"log", "message"} {
		if line := in.Fields.Get(key).Bytes(); bytes.Contains(line, []byte("<Event")) {
			in.Line, in.Fields = line, nil
		}
	}
	return in
}

func TestWinAllocatesNothing(t *testing.T) {
	for _, shape := range winShapes {
		if shape.name == "winlogbeat in a string" || shape.name == "data in a string" {
			continue // the set's memory holds what was in the string
		}
		w, ev, in, events := windows.New(), new(event.Event), winInput(t, shape.json), 0
		emit := func(*event.Event) { events++ }
		if n := testing.AllocsPerRun(100, func() {
			if w.Claims(&in) {
				w.Decode(&in, ev, emit)
			}
		}); n != 0 || events < 100 {
			t.Errorf("%s: %v allocations, %d events", shape.name, n, events)
		}
	}
}

// FuzzWinEvent checks that every record has one outcome and that the texts of its
// events are bounded.
func FuzzWinEvent(f *testing.F) {
	for _, shape := range winShapes {
		f.Add([]byte(shape.json))
	}
	f.Add([]byte(`{` + psHeads("4104") + `,"StringInserts":[2,9,"text","f3a1b2c3-d4e5-6f7a-8b9c-0d1e2f3a4b5c"]}`))
	f.Add([]byte(`{` + psHeads("4103") + `,"EventData":{"ContextInfo":` + quoteJSON(psContextText) + `,"Payload":` + quoteJSON(psPayload) + `}}`))
	f.Add([]byte(`{` + managementHeads("1") + `,"StringInserts":[` + managementValues + `]}`))
	f.Add([]byte(`{` + sysmonHeads("3") + `,"StringInserts":["-","2026-07-10 10:59:13.250","x",1,"a\\b","u","tcp",true,false,"192.0.2.1"]}`))
	w := windows.New()
	f.Fuzz(func(t *testing.T, text []byte) {
		body, err := record.AppendJSON(nil, text)
		if err != nil {
			body = text // any bytes at all
		}
		line := record.Value(body).Get("log").Bytes()
		for _, in := range []format.Input{{Fields: body, Stream: new(format.Stream)}, {Line: text, Stream: new(format.Stream)}, {Line: line, Stream: new(format.Stream)}} {
			if !w.Claims(&in) {
				continue
			}
			emitted := 0
			outcome := w.Decode(&in, new(event.Event), func(ev *event.Event) {
				emitted++
				if len(ev.Detail) > 128<<10+256 || len(ev.ID) > 2<<10 || len(ev.Operation) > 512 || ev.Action == event.ActionNone {
					t.Errorf("emitted %+v", ev)
				}
			})
			if outcome == format.Unknown || outcome != format.Understood && emitted > 0 {
				t.Errorf("outcome %d, %d events", outcome, emitted)
			}
		}
	})
}
