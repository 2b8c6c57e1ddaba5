package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// The acts that the shapes below hold: a wrong password in Entra's sign-in log, in
// the audit log, and on an Exchange server.
const (
	shapeSignIn = `{"id":"613d5d4f-0001","createdDateTime":"2026-03-10T10:00:00Z","userPrincipalName":"alice@contoso.com","userId":"u1","appId":"1b730954-1685-4b74-9bfd-dac224a7b894","ipAddress":"203.0.113.7","clientAppUsed":"Browser","status":{"errorCode":50126,"failureReason":"x"},"location":{"countryOrRegion":"FR"}}`
	shapeExport = `{"time":"2026-03-10T10:00:01Z","resourceId":"/tenants/t/providers/Microsoft.aadiam","operationName":"Sign-in activity","category":"SignInLogs","resultType":"50126","callerIpAddress":"203.0.113.7","properties":` + shapeSignIn + `}`
	shapeAudit  = `{"CreationTime":"2026-03-10T10:00:00","Id":"a1","Operation":"UserLoginFailed","RecordType":15,"ResultStatus":"Success","Workload":"AzureActiveDirectory","ClientIP":"203.0.113.7","UserId":"alice@contoso.com","ErrorNumber":"50126"}`
	shapeGraph  = `{"time":"2026-03-10T10:00:00Z","category":"MicrosoftGraphActivityLogs","callerIpAddress":"203.0.113.7","properties":{"timeGenerated":"2026-03-10T10:00:00Z","requestMethod":"GET","requestUri":"https://graph.microsoft.com/v1.0/me/messages","responseStatusCode":200,"userId":"alice@contoso.com","requestId":"r1"}}`
	shapeIIS    = `2026-03-10 10:00:00 192.0.2.20 POST /EWS/Exchange.asmx - 443 alice@contoso.com 203.0.113.7 python-requests/2.31.0 - 401 1 1326 46`
	shapeXML    = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>4625</EventID><TimeCreated SystemTime='2026-03-10T10:00:00.000000000Z'/><EventRecordID>900</EventRecordID><Channel>Security</Channel><Computer>exch01.contoso.com</Computer></System><EventData><Data Name='TargetUserName'>alice@contoso.com</Data><Data Name='Status'>0xc000006d</Data><Data Name='SubStatus'>0xc000006a</Data><Data Name='LogonType'>8</Data><Data Name='IpAddress'>203.0.113.7</Data></EventData></Event>`
	shapeWazuh  = `{"win":{"system":{"providerName":"Microsoft-Windows-Security-Auditing","eventID":"4625","systemTime":"2026-03-10T10:00:00.0Z","eventRecordID":"1","channel":"Security","computer":"exch01"},"eventdata":{"targetUserName":"alice@contoso.com","status":"0xc000006d","subStatus":"0xc000006a","logonType":"8","ipAddress":"203.0.113.7"}}}`
	shapeData   = `"TargetUserName":"alice@contoso.com","Status":"0xc000006d","SubStatus":"0xc000006a","LogonType":"8","IpAddress":"203.0.113.7"`
	shapeLabels = "An account failed to log on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\tAccount Name:\t\tEX01$\r\n\tAccount Domain:\t\tCONTOSO\r\n\r\nLogon Type:\t\t\t8\r\n\r\nAccount For Which Logon Failed:\r\n\tSecurity ID:\t\tS-1-0-0\r\n\tAccount Name:\t\talice@contoso.com\r\n\tAccount Domain:\t\t\r\n\r\nFailure Information:\r\n\tFailure Reason:\t\tx\r\n\tStatus:\t\t\t0xC000006D\r\n\tSub Status:\t\t0xC000006A\r\n\r\nNetwork Information:\r\n\tWorkstation Name:\tEX01\r\n\tSource Network Address:\t203.0.113.7\r\n\tSource Port:\t\t5"
	shapeAt     = "2026-03-10T10:00:00Z"
)

// jsonText returns text as a JSON string.
func jsonText(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

// shape is a record as one tool writes it.
type shape struct{ tool, text string }

// shapeKinds are the shapes of each kind. Each shape records a wrong password for
// alice from 203.0.113.7 at ten o'clock. A text that does not begin with a brace is a
// line.
var shapeKinds = []struct {
	kind   string
	shapes []shape
}{
	{"wrapper", []shape{
		{"Wazuh ms-graph", `{"integration":"ms-graph","ms-graph":` + shapeSignIn + `}`},
		{"Wazuh alert", `{"timestamp":"2026-03-10T10:00:09+0000","rule":{"id":"1"},"data":{"integration":"office365","office365":` + shapeAudit + `}}`},
		{"Wazuh indexer", `{"_index":"wazuh","_source":{"agent":{"id":"1"},"data":{"ms-graph":` + shapeSignIn + `}}}`},
		{"Wazuh archives full_log", `{"timestamp":"2026-03-10T10:00:09+0000","agent":{"id":"2"},"full_log":` + jsonText(shapeWazuh) + `}`},
		{"Defender streaming, map", `{"records":[{"time":"2026-03-10T10:00:09Z","category":"AdvancedHunting-CloudAppEvents","properties":{"Timestamp":"x","RawEventData":` + shapeAudit + `}}]}`},
		{"Defender streaming, text", `{"records":[{"time":"2026-03-10T10:00:09Z","category":"AdvancedHunting-CloudAppEvents","properties":{"RawEventData":` + jsonText(shapeAudit) + `}}]}`},
		{"Sentinel CloudAppEvents", `{"TimeGenerated":"2026-03-10T10:00:09Z","ActionType":"x","Application":"Office 365","RawEventData":` + jsonText(shapeAudit) + `,"Type":"CloudAppEvents"}`},
		{"Splunk HEC", `{"time":1773136809,"host":"h","index":"main","event":` + shapeAudit + `}`},
		{"Splunk HEC, text", `{"time":1773136809,"host":"h","event":` + jsonText(shapeSignIn) + `}`},
		{"Splunk export", `{"preview":false,"offset":0,"result":{"_raw":` + jsonText(shapeAudit) + `,"_time":"x","sourcetype":"o365:management:activity"}}`},
		{"Splunk export of XML", `{"preview":false,"result":{"_raw":` + jsonText(shapeXML) + `}}`},
		{"Filebeat platformlogs", `{"@timestamp":"2026-03-10T10:00:09Z","event":{"dataset":"azure.platformlogs"},"azure":{"platformlogs":` + shapeExport + `}}`},
		{"Filebeat eventhub message", `{"@timestamp":"2026-03-10T10:00:09Z","azure":{"eventhub":{"sequence_number":0}},"message":` + jsonText(shapeExport) + `}`},
		{"Kafka Connect", `{"schema":{"type":"string"},"payload":` + jsonText(`{"records":[`+shapeExport+`]}`) + `}`},
		{"Vector", `{"file":"/x","host":"h","source_type":"file","timestamp":"2026-03-10T10:00:09Z","message":` + jsonText(shapeAudit) + `}`},
		{"Vector Kafka", `{"topic":"t","message_key":"k","offset":1,"message":` + jsonText(`{"records":[`+shapeExport+`]}`) + `}`},
		{"Cribl", `{"_raw":` + jsonText(shapeAudit) + `,"_time":1773136809,"cribl_pipe":"x","host":"h","source":"s"}`},
		{"Logstash", `{"@version":"1","@timestamp":"2026-03-10T10:00:09Z","type":"o365","message":` + jsonText(shapeAudit) + `,"event":{"original":` + jsonText(shapeAudit) + `}}`},
		{"Logstash target", `{"@version":"1","@timestamp":"2026-03-10T10:00:09Z","o365_log":` + shapeAudit + `}`},
		{"Graylog", `{"index":"graylog_0","message":{"source":"h","audit":` + shapeAudit + `}}`},
		{"Datadog", `{"id":"x","content":{"timestamp":"2026-03-10T10:00:09Z","tags":["a"],"service":"azure","attributes":{"evt":{"name":"x"},"record":` + shapeSignIn + `}}}`},
		{"Elastic Agent", `{"@timestamp":"2026-03-10T10:00:09Z","data_stream":{"dataset":"o365.audit"},"o365audit":` + shapeAudit + `}`},
		{"Elastic search hit", `{"hits":{"total":1,"hits":[{"_id":"1","_source":{"o365audit":` + shapeAudit + `}}]}}`},
		{"Chronicle", `{"logs":[{"data":` + jsonText(shapeAudit) + `}]}`},
		{"Sumo Logic", `{"_messageTime":"1773136809","_raw":` + jsonText(shapeSignIn) + `}`},
		{"Graph page", `{"@odata.context":"x","value":[` + shapeSignIn + `]}`},
		{"Graph audit query", `{"id":"r0","operation":"UserLoginFailed","service":"x","auditLogRecordType":"y","auditData":` + shapeAudit + `}`},
		{"Log Analytics query", `{"tables":[{"name":"PrimaryResult","columns":[{"name":"TimeGenerated","type":"datetime"},{"name":"UserPrincipalName","type":"string"},{"name":"IPAddress","type":"string"},{"name":"ResultType","type":"string"}],"rows":[["2026-03-10T10:00:00Z","alice@contoso.com","203.0.113.7","50126"]]}]}`},
		{"Log Analytics row of few columns", `{"TimeGenerated":"2026-03-10T10:00:00Z","UserPrincipalName":"alice@contoso.com","IPAddress":"203.0.113.7","ResultType":50126}`},
		{"Log Analytics column", `{"TimeGenerated":"2026-03-10T10:00:09Z","RawData":` + jsonText(shapeExport) + `}`},
		{"AWS Firehose", `{"requestId":"x","timestamp":1773136809000,"records":[{"data":` + shapeExport + `}]}`},
		{"CloudEvents", `{"specversion":"1.0","type":"x","source":"y","data":` + shapeAudit + `}`},
		{"Fluentd record", `{"tag":"o365","time":1773136809,"record":` + shapeAudit + `}`},
		{"OpenTelemetry body", `{"body":` + jsonText(shapeXML) + `,"severity":"INFO"}`},
		{"OTLP, Windows receiver", otlp(`"body":` + otlpJSON(shapeOTelWindows))},
		{"OTLP, list in event data", otlp(`"body":` + otlpJSON(strings.Replace(shapeOTelWindows, `{`+shapeData+`}`, `{"data":[{"TargetUserName":"alice@contoso.com"},{"SubStatus":"0xc000006a"},{"LogonType":"8"},{"IpAddress":"203.0.113.7"}]}`, 1)))},
		{"OTLP, names of protobuf", strings.NewReplacer("kvlistValue", "kvlist_value", "stringValue", "string_value", "intValue", "int_value").Replace(otlp(`"body":` + otlpJSON(shapeOTelWindows)))},
		{"OTLP, audit record", otlp(`"body":` + otlpJSON(shapeAudit))},
		{"OTLP, batch of Azure", otlp(`"body":` + otlpJSON(`{"records":[`+shapeExport+`]}`))},
		{"OTLP, attributes", otlp(`"body":{"stringValue":"x"},"attributes":` + otlpPairs(shapeSignIn))},
		{"OTLP, text", otlp(`"body":{"stringValue":` + jsonText(shapeAudit) + `}`)},
		{"OTLP, text of XML", otlp(`"body":{"stringValue":` + jsonText(shapeXML) + `}`)},
		{"OTLP, list of one", otlp(`"body":{"arrayValue":{"values":[` + otlpJSON(shapeAudit) + `]}}`)},
		{"OTLP, log record alone", `{"timeUnixNano":"1773136809000000000","body":` + otlpJSON(shapeSignIn) + `}`},
		{"OTLP, body alone", otlpJSON(shapeSignIn)},
		{"osquery", `{"name":"windows_events","hostIdentifier":"exch01","columns":{"datetime":"2026-03-10T10:00:00.0Z","source":"Security","provider_name":"Microsoft-Windows-Security-Auditing","eventid":"4625","data":` + jsonText(`{"EventData":{`+shapeData+`}}`) + `}}`},
		{"two wraps of text", `{"msg":` + jsonText(`{"inner":`+jsonText(shapeAudit)+`}`) + `}`},
		{"JSON in a JSON string", jsonText(shapeExport)},
		{"JSON in JSON in a string", jsonText(jsonText(shapeAudit))},
		{"single quotes", strings.ReplaceAll(shapeAudit, `"`, `'`)},
		{"array of texts", `[` + jsonText(shapeAudit) + `]`},
	}},
	{"prefix", []shape{
		{"RFC 3164", `<134>Mar 10 10:00:09 relay o365[12]: ` + shapeAudit},
		{"RFC 5424", `<134>1 2026-03-10T10:00:09.1Z relay app 12 ID47 [meta a="b"] ` + shapeSignIn},
		{"RFC 5424 without data", `<134>1 2026-03-10T10:00:09.1Z relay app - - - ` + shapeExport},
		{"CEE cookie", `<134>Mar 10 10:00:09 relay app: @cee: ` + shapeAudit},
		{"rsyslog file", `2026-03-10T10:00:09.1+00:00 relay app: ` + shapeAudit},
		{"date and time", `2026-03-10 10:00:09 relay app: ` + shapeAudit},
		{"Wazuh archives.log", `2026 Mar 10 10:00:09 (exch01) any->EventChannel ` + shapeWazuh},
		{"Wazuh archives.log of an audit record", `2026 Mar 10 10:00:09 wazuh->office365 {"integration":"office365","office365":` + shapeAudit + `}`},
		{"NXLog XML over syslog", `<13>Mar 10 10:00:09 exch01 Microsoft-Windows-Security-Auditing[1]: ` + shapeXML},
		{"Splunk XML", `03/10/2026 10:00:09 ` + shapeXML},
		{"tab", "host\tapp\t" + shapeAudit},
		{"NXLog structured data", `<14>1 2026-03-10T10:00:00.0+00:00 exch01 Microsoft-Windows-Security-Auditing 700 - [NXLOG@14506 EventID="4625" Channel="Security" TargetUserName="alice@contoso.com" Reason="a \"quoted\\] text" SubStatus="0xc000006a" LogonType="8" IpAddress="203.0.113.7"] An account failed to log on.`},
		{"syslog in a map", `{"host":"relay","ident":"o365","pri":"134","message":` + jsonText(`o365: `+shapeAudit) + `}`},
	}},
	{"Windows event", []shape{
		{"OpenTelemetry", `{"channel":"Security","computer":"e","event_id":{"id":4625,"qualifiers":0},"provider":{"name":"Microsoft-Windows-Security-Auditing","guid":"{5}"},"record_id":1,"system_time":"2026-03-10T10:00:00.0Z","event_data":{` + shapeData + `}}`},
		{"OpenTelemetry, list", `{"channel":"Security","computer":"e","event_id":{"id":4625,"qualifiers":0},"provider":{"name":"Microsoft-Windows-Security-Auditing"},"record_id":1,"system_time":"2026-03-10T10:00:00.0Z","event_data":{"data":[{"TargetUserName":"alice@contoso.com"},{"SubStatus":"0xc000006a"},{"LogonType":"8"},{"IpAddress":"203.0.113.7"}]}}`},
		{"Velociraptor", `{"System":{"Provider":{"Name":"Microsoft-Windows-Security-Auditing"},"EventID":{"Value":4625},"TimeCreated":{"SystemTime":1773136800.0},"EventRecordID":9,"Channel":"Security","Computer":"e"},"EventData":{` + shapeData + `}}`},
		{"evtx_dump", `{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing"}},"EventID":4625,"TimeCreated":{"#attributes":{"SystemTime":"2026-03-10T10:00:00Z"}},"EventRecordID":9,"Channel":"Security","Computer":"e"},"EventData":{` + shapeData + `}}}`},
		{"evtx_dump, separate attributes", `{"Event_attributes":{"xmlns":"x"},"Event":{"System":{"Provider_attributes":{"Name":"Microsoft-Windows-Security-Auditing"},"EventID":4625,"TimeCreated_attributes":{"SystemTime":"2026-03-10T10:00:00Z"},"Channel":"Security","Computer":"e"},"EventData":{` + shapeData + `}}}`},
		{"evtx_dump, qualifiers", `{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing"}},"EventID":{"#attributes":{"Qualifiers":0},"#text":4625},"TimeCreated":{"#attributes":{"SystemTime":"2026-03-10T10:00:00Z"}},"Channel":"Security","Computer":"e"},"EventData":{` + shapeData + `}}}`},
		{"Splunk XML to JSON", `{"Event":{"System":{"Provider":{"@Name":"Microsoft-Windows-Security-Auditing"},"EventID":"4625","TimeCreated":{"@SystemTime":"2026-03-10T10:00:00Z"},"Channel":"Security","Computer":"e"},"EventData":{"Data":[{"@Name":"TargetUserName","#text":"alice@contoso.com"},{"@Name":"SubStatus","#text":"0xc000006a"},{"@Name":"LogonType","#text":"8"},{"@Name":"IpAddress","#text":"203.0.113.7"}]}}}`},
		{"xml2js", `{"Event":{"System":[{"Provider":[{"$":{"Name":"Microsoft-Windows-Security-Auditing"}}],"EventID":["4625"],"TimeCreated":[{"$":{"SystemTime":"2026-03-10T10:00:00Z"}}],"Channel":["Security"],"Computer":["e"]}],"EventData":[{"Data":[{"_":"alice@contoso.com","$":{"Name":"TargetUserName"}},{"_":"0xc000006a","$":{"Name":"SubStatus"}},{"_":"8","$":{"Name":"LogonType"}},{"_":"203.0.113.7","$":{"Name":"IpAddress"}}]}]}}`},
		{"Datadog", `{"Event":{"System":{"Provider":{"Name":"Microsoft-Windows-Security-Auditing"},"EventID":"4625","TimeCreated":{"SystemTime":"2026-03-10T10:00:00Z"},"Channel":"Security","Computer":"e"},"EventData":{"Data":{` + shapeData + `}}},"level":"Information"}`},
		{"EvtxECmd", `{"EventId":4625,"Provider":"Microsoft-Windows-Security-Auditing","Channel":"Security","Computer":"e","EventRecordId":"9","TimeCreated":"2026-03-10T10:00:00.0000000+00:00","PayloadData1":"Target: x","Payload":` + jsonText(`{"EventData":{"Data":[{"@Name":"TargetUserName","#text":"alice@contoso.com"},{"@Name":"SubStatus","#text":"0xC000006A"},{"@Name":"LogonType","#text":"8"},{"@Name":"IpAddress","#text":"203.0.113.7"}]}}`) + `}`},
		{"fluentd list", `{"ProviderName":"Microsoft-Windows-Security-Auditing","EventID":"4625","TimeCreated":"2026-03-10T10:00:00.0Z","Channel":"Security","Computer":"e","Version":"0","EventData":["S-1-5-18","E$","C","0x3e7","S-1-0-0","alice@contoso.com","","0xc000006d","%%2313","0xc000006a","8","Advapi  ","Negotiate","E","-","-","0","0x2cec","C:\\x.exe","203.0.113.7","5"]}`},
		{"Get-WinEvent", `{"Message":"x","Id":4625,"Version":0,"ProviderName":"Microsoft-Windows-Security-Auditing","LogName":"Security","MachineName":"e","RecordId":9,"TimeCreated":"/Date(1773136800000)/","Properties":[{"Value":"S-1-5-18"},{"Value":"E$"},{"Value":"C"},{"Value":999},{"Value":"S-1-0-0"},{"Value":"alice@contoso.com"},{"Value":""},{"Value":-1073741715},{"Value":"%%2313"},{"Value":-1073741718},{"Value":8},{"Value":"Advapi  "},{"Value":"Negotiate"},{"Value":"E"},{"Value":"-"},{"Value":"-"},{"Value":0},{"Value":11500},{"Value":"C:\\x.exe"},{"Value":"203.0.113.7"},{"Value":"5"}]}`},
		{"Get-EventLog", `{"EventID":4625,"MachineName":"e","Source":"Microsoft-Windows-Security-Auditing","TimeGenerated":"/Date(1773136800000)/","ReplacementStrings":["S-1-5-18","E$","C","0x3e7","S-1-0-0","alice@contoso.com","","0xc000006d","%%2313","0xc000006a","8","Advapi  ","Negotiate","E","-","-","0","0x2cec","C:\\x.exe","203.0.113.7","5"]}`},
		{"Vector", `{"event_id":4625,"provider_name":"Microsoft-Windows-Security-Auditing","channel":"Security","computer":"e","record_id":9,"timestamp":"2026-03-10T10:00:00Z","event_data":{` + shapeData + `}}`},
		{"NXLog", `{"EventTime":"2026-03-10T10:00:00+00:00","Hostname":"e","EventID":4625,"SourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security",` + shapeData + `}`},
		{"NXLog GELF", `{"version":"1.1","host":"e","short_message":"x","timestamp":1773136800.0,"_EventID":4625,"_SourceName":"Microsoft-Windows-Security-Auditing","_Channel":"Security","_TargetUserName":"alice@contoso.com","_SubStatus":"0xc000006a","_LogonType":"8","_IpAddress":"203.0.113.7"}`},
		{"Graylog Beats", `{"timestamp":"2026-03-10T10:00:00Z","winlogbeat_winlog_event_id":"4625","winlogbeat_winlog_provider_name":"Microsoft-Windows-Security-Auditing","winlogbeat_winlog_event_data_TargetUserName":"alice@contoso.com","winlogbeat_winlog_event_data_SubStatus":"0xc000006a","winlogbeat_winlog_event_data_LogonType":"8","winlogbeat_winlog_event_data_IpAddress":"203.0.113.7"}`},
		{"fluentd, labels", `{"ProviderName":"Microsoft-Windows-Security-Auditing","EventID":"4625","TimeCreated":"2026-03-10T10:00:00Z","Channel":"Security","Computer":"e","DescriptionTitle":"x","subject.account_name":"E$","logon_type":"8","account_for_which_logon_failed.account_name":"alice@contoso.com","failure_information.sub_status":"0xC000006A","network_information.source_network_address":"203.0.113.7"}`},
		{"Splunk, labels", `{"result":{"EventCode":"4625","LogName":"Security","SourceName":"Microsoft Windows security auditing.","Account_Name":["E$","alice@contoso.com"],"Logon_Type":"8","Source_Network_Address":"203.0.113.7","Sub_Status":"0xC000006A","_time":"2026-03-10T10:00:00Z","host":"e"}}`},
		{"list of one map", `{"System":[{"Provider":[{"Name":"Microsoft-Windows-Security-Auditing"}],"EventID":[4625],"TimeCreated":[{"SystemTime":"2026-03-10T10:00:00Z"}],"Channel":["Security"],"Computer":["e"]}],"EventData":[{` + shapeData + `}]}`},
		{"flattened Wazuh", `{"data.win.system.eventID":"4625","data.win.system.providerName":"Microsoft-Windows-Security-Auditing","data.win.system.systemTime":"2026-03-10T10:00:00Z","data.win.eventdata.targetUserName":"alice@contoso.com","data.win.eventdata.subStatus":"0xc000006a","data.win.eventdata.ipAddress":"203.0.113.7"}`},
		{"flattened XML", `{"Event.System.Provider.@Name":"Microsoft-Windows-Security-Auditing","Event.System.EventID":"4625","Event.System.TimeCreated.@SystemTime":"2026-03-10T10:00:00Z","Event.System.Channel":"Security","Event.EventData.TargetUserName":"alice@contoso.com","Event.EventData.SubStatus":"0xc000006a","Event.EventData.IpAddress":"203.0.113.7"}`},
		{"Winlogbeat", `{"@timestamp":"2026-03-10T10:00:00Z","event":{"code":"4625"},"winlog":{"event_id":"4625","provider_name":"Microsoft-Windows-Security-Auditing","channel":"Security","computer_name":"e","event_data":{` + shapeData + `}}}`},
		{"Sentinel WindowsEvent", `{"TimeGenerated":"2026-03-10T10:00:00Z","Provider":"Microsoft-Windows-Security-Auditing","Channel":"Security","EventID":4625,"Computer":"e","EventData":{` + shapeData + `},"Type":"WindowsEvent"}`},
		{"Sentinel WindowsEvent, text", `{"TimeGenerated":"2026-03-10T10:00:00Z","Provider":"Microsoft-Windows-Security-Auditing","Channel":"Security","EventID":4625,"Computer":"e","EventData":` + jsonText(`{`+shapeData+`}`) + `}`},
		{"Sentinel Event", `{"TimeGenerated":"2026-03-10T10:00:00Z","Source":"Microsoft-Windows-Security-Auditing","EventLog":"Security","Computer":"e","EventID":4625,"EventData":` + jsonText(`<DataItem type="x"><EventData xmlns="y"><Data Name="TargetUserName">alice@contoso.com</Data><Data Name="SubStatus">0xc000006a</Data><Data Name="LogonType">8</Data><Data Name="IpAddress">203.0.113.7</Data></EventData></DataItem>`) + `}`},
		{"Splunk text", `{"_raw":` + jsonText("03/10/2026 10:00:00 AM +0000\nLogName=Security\nSourceName=Microsoft Windows security auditing.\nEventCode=4625\nComputerName=e\nRecordNumber=9\nKeywords=Audit Failure\nMessage="+shapeLabels) + `}`},
		{"WinCollect", "<13>Mar 10 10:00:09 e AgentDevice=WindowsLog\tAgentLogFile=Security\tPluginVersion=7.3.1\tSource=Microsoft-Windows-Security-Auditing\tComputer=e\tOriginatingComputer=192.0.2.20\tUser=\tEventID=4625\tEventIDCode=4625\tRecordNumber=9\tTimeGenerated=1773136800\tTimeWritten=1773136800\tLevel=Log Always\tMessage=" + strings.NewReplacer("\r\n", " ", "\t", " ").Replace(shapeLabels)},
		{"Snare", "<13>Mar 10 10:00:09 e MSWinEventLog\t1\tSecurity\t9\tTue Mar 10 10:00:00 2026 UTC\t4625\tMicrosoft-Windows-Security-Auditing\tCONTOSO\\x\tN/A\tFailure Audit\te\tLogon\t\t" + strings.NewReplacer("\r\n", "  ", "\t", " ").Replace(shapeLabels) + "\t9"},
		{"Snare over syslog", "<13>Mar 10 10:00:09 e MSWinEventLog#0111#011Security#0119#0112026-03-10T10:00:00Z#0114625#011Microsoft-Windows-Security-Auditing#011x#011N/A#011Failure Audit#011e#011Logon#011#011" + strings.NewReplacer("\r\n", "  ", "\t", " ").Replace(shapeLabels)},
	}},
	{"time", []shape{
		{"/Date()/", strings.Replace(shapeSignIn, `"2026-03-10T10:00:00Z"`, `"/Date(1773136800000)/"`, 1)},
		{"escaped /Date()/", strings.Replace(shapeSignIn, `"2026-03-10T10:00:00Z"`, `"\/Date(1773136800000)\/"`, 1)},
		{"epoch seconds", strings.Replace(shapeSignIn, `"2026-03-10T10:00:00Z"`, `1773136800`, 1)},
		{"epoch milliseconds as text", strings.Replace(shapeSignIn, `"2026-03-10T10:00:00Z"`, `"1773136800000"`, 1)},
		{"epoch microseconds", strings.Replace(shapeAudit, `"2026-03-10T10:00:00"`, `1773136800000000`, 1)},
		{"epoch float", strings.Replace(shapeAudit, `"2026-03-10T10:00:00"`, `1773136800.0`, 1)},
		{"German", strings.Replace(shapeAudit, `2026-03-10T10:00:00`, `10.03.2026 10:00:00`, 1)},
		{"slashes, year first", strings.Replace(shapeAudit, `2026-03-10T10:00:00`, `2026/03/10 10:00:00`, 1)},
		{"Dutch", strings.Replace(shapeAudit, `2026-03-10T10:00:00`, `10-03-2026 10:00:00`, 1)},
		{"American", strings.Replace(shapeAudit, `2026-03-10T10:00:00`, `3/10/2026 10:00:00 AM`, 1)},
		{"PowerShell 7", strings.Replace(shapeSignIn, `"2026-03-10T10:00:00Z"`, `{"value":"2026-03-10T10:00:00Z","DateTime":"Tuesday, March 10, 2026 10:00:00 AM"}`, 1)},
		{"PowerShell 5", strings.Replace(shapeSignIn, `"2026-03-10T10:00:00Z"`, `{"value":"/Date(1773136800000)/","DisplayHint":2,"DateTime":"10 March 2026 10:00:00"}`, 1)},
		{"TimeGenerated alone", strings.Replace(shapeAudit, `"CreationTime":"2026-03-10T10:00:00"`, `"TimeGenerated":"2026-03-10T10:00:00Z"`, 1)},
		{"CreationDate alone", strings.Replace(shapeAudit, `"CreationTime":"2026-03-10T10:00:00"`, `"CreationDate":"2026-03-10T10:00:00Z"`, 1)},
		{"RFC 1123", strings.Replace(shapeSignIn, `2026-03-10T10:00:00Z`, `Tue, 10 Mar 2026 10:00:00 GMT`, 1)},
		{"offset", strings.Replace(shapeSignIn, `2026-03-10T10:00:00Z`, `2026-03-10T12:00:00+02:00`, 1)},
		{"MongoDB", strings.Replace(shapeAudit, `"2026-03-10T10:00:00"`, `{"$date":"2026-03-10T10:00:00Z"}`, 1)},
		{"envelope alone", strings.Replace(strings.Replace(shapeExport, `"createdDateTime":"2026-03-10T10:00:00Z",`, "", 1), "10:00:01Z", "10:00:00Z", 1)},
		{"Windows, epoch", `{"EventTime":1773136800,"Hostname":"e","EventID":4625,"SourceName":"Microsoft-Windows-Security-Auditing",` + shapeData + `}`},
		{"Windows, FILETIME", `{"EventTime":"134176104000000000","Hostname":"e","EventID":4625,"SourceName":"Microsoft-Windows-Security-Auditing",` + shapeData + `}`},
	}},
	{"parameters and results", []shape{
		{"UserLoggedIn with ErrorNumber", strings.Replace(shapeAudit, "UserLoginFailed", "UserLoggedIn", 1)},
		{"UserLoggedIn with a number", strings.NewReplacer("UserLoginFailed", "UserLoggedIn", `"50126"`, `50126`).Replace(shapeAudit)},
		{"UserLoggedIn with LogonError", strings.NewReplacer("UserLoginFailed", "UserLoggedIn", `"ErrorNumber":"50126"`, `"LogonError":"InvalidUserNameOrPassword"`).Replace(shapeAudit)},
		{"UserLoggedIn with both", strings.NewReplacer("UserLoginFailed", "UserLoggedIn", `"ErrorNumber":"50126"`, `"ErrorNumber":"50126","LogonError":"InvalidUserNameOrPassword"`).Replace(shapeAudit)},
		{"ErrorNumber 0 and LogonError", strings.NewReplacer("UserLoginFailed", "UserLoggedIn", `"ErrorNumber":"50126"`, `"ErrorNumber":"0","LogonError":"InvalidUserNameOrPassword"`).Replace(shapeAudit)},
		{"PowerShell, object in text", strings.Replace(shapeSignIn, `"status":{"errorCode":50126,"failureReason":"x"}`, `"status":"@{errorCode=50126; failureReason=x}"`, 1)},
		{"AzureAD module, object in text", strings.Replace(shapeSignIn, `"status":{"errorCode":50126,"failureReason":"x"}`, `"Status":"class SignInStatus {\n  ErrorCode: 50126\n  FailureReason: x\n}\n"`, 1)},
		{"PowerShell, few fields of an audit record", `{"CreationTime":"2026-03-10T10:00:00","UserId":"alice@contoso.com","Operation":"UserLoginFailed","ClientIP":"203.0.113.7","LogonError":"InvalidUserNameOrPassword"}`},
		{"PowerShell, code for a status", strings.Replace(shapeSignIn, `"status":{"errorCode":50126,"failureReason":"x"}`, `"Status":"50126"`, 1)},
		{"PowerShell, few fields of a sign-in", `{"CreatedDateTime":"2026-03-10T10:00:00Z","UserPrincipalName":"alice@contoso.com","AppDisplayName":"x","IPAddress":"203.0.113.7","ErrorCode":50126}`},
		{"XDR sign-in", `{"time":"2026-03-10T10:00:09Z","category":"AdvancedHunting-AADSignInEventsBeta","properties":{"Timestamp":"2026-03-10T10:00:00Z","ApplicationId":"x","ErrorCode":50126,"AccountUpn":"alice@contoso.com","AccountObjectId":"o","IPAddress":"203.0.113.7","UserAgent":"a","RequestId":"r"}}`},
	}},
	{"IIS line", []shape{
		{"IIS", shapeIIS},
		{"IIS in a map", `{"log":` + jsonText(shapeIIS) + `}`},
		{"in an unknown key", `{"line":` + jsonText(shapeIIS) + `,"host":"e","kind":"w3c","n":4}`},
		{"Splunk HEC", `{"time":1773136809,"event":` + jsonText(shapeIIS) + `}`},
		{"Log Analytics", `{"TimeGenerated":"2026-03-10T10:00:00Z","sSiteName":"W3SVC1","csMethod":"POST","csUriStem":"/EWS/Exchange.asmx","sPort":443,"csUserName":"alice@contoso.com","cIP":"203.0.113.7","csUserAgent":"x","scStatus":"401","scSubStatus":"1","scWin32Status":"1326"}`},
		{"RFC 3164", "<134>Mar 10 10:00:09 exch01 iis: " + shapeIIS},
		{"RFC 3164 with a process, no priority", "Mar 10 10:00:09 exch01 iis[12]: " + shapeIIS},
		{"RFC 3164 without a tag", "<13>Mar 10 10:00:09 exch01 " + shapeIIS},
		{"RFC 5424", "<134>1 2026-03-10T10:00:09.1Z exch01 iis 12 - - " + shapeIIS},
		{"RFC 5424 with data", `<134>1 2026-03-10T10:00:09.1Z exch01 iis 12 - [meta a="]"][x b="c"] ` + shapeIIS},
		{"rsyslog file", "2026-03-10T10:00:09.1+00:00 exch01 iis: " + shapeIIS},
		{"Kubernetes CRI", "2026-03-10T10:00:09.123456789Z stdout F " + shapeIIS},
		{"NXLog", `{"EventTime":"2026-03-10T10:00:00Z","cs-method":"POST","cs-uri-stem":"/EWS/Exchange.asmx","s-port":"443","cs-username":"alice@contoso.com","c-ip":"203.0.113.7","sc-status":401,"sc-substatus":1,"sc-win32-status":1326}`},
	}},
}

// TestShapes reads every shape with a set that has seen nothing before.
func TestShapes(t *testing.T) {
	for _, k := range shapeKinds {
		t.Logf("%-24s %d shapes", k.kind, len(k.shapes))
		if len(k.shapes) < 5 {
			t.Errorf("%s: %d shapes", k.kind, len(k.shapes))
		}
		for _, s := range k.shapes {
			events, set := readShape(t, s.text)
			if len(events) != 1 {
				t.Errorf("%s: %s: %d events, %+v", k.kind, s.tool, len(events), set.Unread())
				continue
			}
			if got := events[0]; got != "sign_in alice@contoso.com 203.0.113.7 "+shapeAt+" failure wrong_password" {
				t.Errorf("%s: %s: %s", k.kind, s.tool, got)
			}
		}
	}
}

const shapeOTelWindows = `{"channel":"Security","computer":"e","event_id":{"id":4625,"qualifiers":0},"provider":{"name":"Microsoft-Windows-Security-Auditing"},"record_id":1,"system_time":"2026-03-10T10:00:00.0Z","event_data":{` + shapeData + `}}`

// otlp returns an export of OpenTelemetry with one log record.
func otlp(record string) string {
	return `{"resourceLogs":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"exch01"}}]},"scopeLogs":[{"scope":{"name":"x"},"logRecords":[{"timeUnixNano":"1773136809000000000","severityText":"",` + record + `}]}]}]}`
}

// otlpJSON returns text, which is JSON, as a value of OpenTelemetry's JSON.
func otlpJSON(text string) string {
	switch {
	case strings.HasPrefix(text, "{"):
		return `{"kvlistValue":{"values":` + otlpPairs(text) + `}}`
	case strings.HasPrefix(text, "["):
		var items []json.RawMessage
		if err := json.Unmarshal([]byte(text), &items); err != nil {
			panic(err)
		}
		var values []string
		for _, item := range items {
			values = append(values, otlpJSON(string(item)))
		}
		return `{"arrayValue":{"values":[` + strings.Join(values, ",") + `]}}`
	case strings.HasPrefix(text, `"`):
		return `{"stringValue":` + text + `}`
	}
	return `{"intValue":"` + text + `"}` // a number: protobuf's JSON has 64-bit numbers as text
}

// otlpPairs returns the fields of text, which is a JSON object, as keys and values.
func otlpPairs(text string) string {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		panic(err)
	}
	var pairs []string
	for key, value := range fields {
		pairs = append(pairs, `{"key":`+jsonText(key)+`,"value":`+otlpJSON(string(value))+`}`)
	}
	slices.Sort(pairs)
	return `[` + strings.Join(pairs, ",") + `]`
}

// TestOTLPLines reads the lines of a text log in one export, with their header.
func TestOTLPLines(t *testing.T) {
	lines := otlp(`"body":{"stringValue":"#Fields: date time c-ip cs-username cs-method cs-uri-stem sc-status sc-substatus sc-win32-status"}},` +
		`{"body":{"stringValue":"2026-03-10 10:00:00 203.0.113.7 alice@contoso.com POST /EWS/Exchange.asmx 401 1 1326"}`)
	if events, set := readShape(t, lines); len(events) != 1 || !strings.HasPrefix(events[0], "sign_in alice@contoso.com 203.0.113.7 "+shapeAt+" failure") {
		t.Errorf("%q %+v", events, set.Unread())
	}
}

// TestOTLPThatIsNone counts what only looks like a value of OpenTelemetry as
// unknown, however deep it is.
func TestOTLPThatIsNone(t *testing.T) {
	deep := strings.Repeat(`{"kvlistValue":{"values":[{"key":"a","value":`, 14) + `{"stringValue":"x"}` + strings.Repeat(`}]}}`, 14)
	for name, text := range map[string]string{
		"deep": deep, "no values": `{"kvlistValue":{}}`, "text for values": `{"kvlistValue":{"values":"x"}}`, "no keys": `{"kvlistValue":{"values":[{"value":{"intValue":1}}]}}`,
		"no value": `{"kvlistValue":{"values":[{"key":"Operation","value":{}}]}}`, "list": `{"arrayValue":{"values":[1,[2]]}}`, "null": `{"stringValue":null}`,
		"other record": otlp(`"body":` + otlpJSON(`{"a":{"b":["c",1]}}`)),
	} {
		if events, set := readShape(t, text); len(events) != 0 || len(set.Unread()) != 1 || set.Unread()[0].Reason != format.NoFormat && set.Unread()[0].Reason != format.TooLarge {
			t.Errorf("%s: %q %+v", name, events, set.Unread())
		}
	}
}

// readShape returns what a fresh set makes of a text: of JSON as the host would parse
// it, of anything else as a line.
func readShape(t testing.TB, text string) (events []string, set *Set) {
	t.Helper()
	set, err := New(Auto, testContent)
	if err != nil {
		t.Fatal(err)
	}
	rec := tailed(text)
	if strings.HasPrefix(text, "{") {
		body, err := record.AppendJSON(nil, []byte(text))
		if err != nil {
			t.Fatalf("%v: %.200s", err, text)
		}
		rec = &record.Record{Time: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), Body: body}
	}
	set.Decode("shape", rec, func(ev *event.Event) {
		testContent.Normalise(ev)
		events = append(events, fmt.Sprintf("%s %s %s %s %s %s", ev.Action, ev.User, ev.IP, ev.Time.Format(time.RFC3339Nano), ev.Outcome, ev.Reason))
	})
	return events, set
}

// TestNotUnderstood counts records of a known family in a shape that nobody reads,
// with the reason and the names of their fields, and none of their values.
func TestNotUnderstood(t *testing.T) {
	for _, c := range []struct {
		name, text string
		source     event.Source
		reason     format.Reason
		shape      string
	}{
		{"date that is none", strings.Replace(shapeAudit, `2026-03-10T10:00:00`, `yesterday`, 1), event.UAL, format.BadTime, "CreationTime Id Operation"},
		{"no date", strings.Replace(shapeAudit, `"CreationTime":"2026-03-10T10:00:00",`, ``, 1), event.UAL, format.NoTime, "Id Operation"},
		{"no date of a sign-in", strings.Replace(shapeExport, `"createdDateTime":"2026-03-10T10:00:00Z"`, `"createdDateTime":"soon"`, 1), event.SourceUnknown, 0, ""},
		{"sign-in with unreadable dates", strings.Replace(shapeSignIn, `2026-03-10T10:00:00Z`, `soon`, 1), event.Entra, format.BadTime, "id createdDateTime"},
		{"Graph", strings.ReplaceAll(shapeGraph, `2026-03-10T10:00:00Z`, `soon`), event.Graph, format.BadTime, "properties{"},
		{"Windows without provider", `{"EventID":{"strange":4625},"Channel":"Security","Computer":"e","TimeCreated":"2026-03-10T10:00:00Z","EventData":{` + shapeData + `}}`, event.WinEvent, format.BadShape, "EventID{strange}"},
		{"Windows without data", `{"EventID":4625,"ProviderName":"Microsoft-Windows-Security-Auditing","TimeCreated":"2026-03-10T10:00:00Z"}`, event.WinEvent, format.NoFields, "EventID ProviderName"},
		{"nobody's logon", `{"EventID":4625,"ProviderName":"Microsoft-Windows-Security-Auditing","TimeCreated":"2026-03-10T10:00:00Z","EventData":{"SubStatus":"0xc000006a","LogonType":"8"}}`, event.WinEvent, format.NoFields, "EventData{"},
		{"nobody's ticket", `{"EventID":4768,"ProviderName":"Microsoft-Windows-Security-Auditing","TimeCreated":"2026-03-10T10:00:00Z","EventData":{"LogonType":"8"}}`, event.WinEvent, format.NoFields, "EventData{"},
		{"abbreviated", `{"EventID":4625,"Channel":"Sec","Computer":"e","Timestamp":"2026-03-10 10:00:00 +00:00","Details":{"TgtUser":"alice"}}`, event.WinEvent, format.NoFields, "Details{TgtUser}"},
		{"sign-in without a result", strings.Replace(shapeSignIn, `"status":{"errorCode":50126,"failureReason":"x"}`, `"Status":"Microsoft.Graph.PowerShell.Models.MicrosoftGraphSignInStatus"`, 1), event.Entra, format.NoFields, "Status is the name of a type"},
		{"directory change without a name", `{"category":"AuditLogs","time":"2026-03-10T10:00:00Z","properties":{"activity":"Consent to application"}}`, event.Entra, format.NoFields, "properties{activity}"},
		{"directory change by nobody", `{"activityDisplayName":"Consent to application","activityDateTime":"2026-03-10T10:00:00Z","loggedByService":"x","initiatedBy":"@{user=; app=}"}`, event.Entra, format.NoFields, "initiatedBy"},
		{"Windows without time", `{"EventID":4625,"ProviderName":"Microsoft-Windows-Security-Auditing","EventData":{` + shapeData + `}}`, event.WinEvent, format.NoTime, "EventData{"},
		{"cut JSON", shapeAudit[:100], event.SourceUnknown, format.BadSyntax, "line of"},
		{"unknown", `{"a":{"b":"secret"},"c":[1]}`, event.SourceUnknown, format.NoFormat, "a{b} c[]"},
	} {
		text := c.text
		if c.name == "cut JSON" {
			text = " " + text // as a line
		}
		events, set := readShape(t, text)
		unread := set.Unread()
		if c.reason == 0 {
			if len(events) != 1 || len(unread) != 0 {
				t.Errorf("%s: %v, %+v", c.name, events, unread)
			}
			continue
		}
		if len(events) != 0 || len(unread) != 1 || unread[0].Source != c.source || unread[0].Reason != c.reason || unread[0].Tag != "shape" ||
			unread[0].Count != 1 || !strings.Contains(unread[0].Shape, c.shape) {
			t.Errorf("%s: %v, %+v", c.name, events, unread)
		}
		if strings.Contains(fmt.Sprint(unread), "secret") || strings.Contains(fmt.Sprint(unread), "alice") {
			t.Errorf("%s: a value is in %+v", c.name, unread)
		}
	}
}

// TestUnreadIsBounded keeps no more kinds than it may, and counts every record.
func TestUnreadIsBounded(t *testing.T) {
	s, err := New(Auto, testContent)
	if err != nil {
		t.Fatal(err)
	}
	rec := native(t, `{"a":1}`)
	for i := range 1000 {
		s.Decode(fmt.Sprint("tag", i), rec, func(*event.Event) {})
	}
	total := uint64(0)
	for _, u := range s.Unread() {
		total += u.Count
	}
	if n := len(s.Unread()); n > maxUnread+1 || total != 1000 {
		t.Errorf("%d kinds, %d records", n, total)
	}
}

// TestFailedMembersOfABatch counts each element of a batch by itself.
func TestFailedMembersOfABatch(t *testing.T) {
	events, set := readShape(t, `{"records":[`+shapeExport+`,{"x":1},`+strings.Replace(shapeSignIn, "2026-03-10T10:00:00Z", "soon", 1)+`]}`)
	counts := set.Counts()
	if len(events) != 1 || counts[event.Entra][Understood] != 1 || counts[event.Entra][Malformed] != 1 || counts[event.SourceUnknown][Unknown] != 1 {
		t.Errorf("%v, %v", events, counts)
	}
}

// TestReadmeNamesTestedShapes holds the README's table of tools against the tests: of
// each tool a shape is read.
func TestReadmeNamesTestedShapes(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "| tool | shapes |")
	table, _, _ := strings.Cut(rest, "\n\n")
	if !found {
		t.Fatal("no table of tools")
	}
	var tested []string
	for _, k := range shapeKinds {
		for _, s := range k.shapes {
			tested = append(tested, strings.ToLower(s.tool))
		}
	}
	for name := range accessMaps {
		tested = append(tested, strings.ToLower(name))
	}
	for name := range csvExports() {
		tested = append(tested, strings.ToLower(name))
	}
	tools := 0
	for row := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(row, "|")
		if len(cells) < 4 || strings.HasPrefix(cells[1], " ---") {
			continue
		}
		for tool := range strings.SplitSeq(cells[1], ",") {
			tools++
			tool = strings.ToLower(strings.TrimSpace(tool))
			if !slices.ContainsFunc(tested, func(name string) bool { return strings.Contains(name, tool) }) {
				t.Errorf("%s: no shape is tested", tool)
			}
		}
	}
	if tools < 30 {
		t.Errorf("%d tools", tools)
	}
}

// FuzzShapes gives every shape, and what becomes of it, to a set: each has an outcome,
// and the counts add up.
func FuzzShapes(f *testing.F) {
	for _, k := range shapeKinds {
		for _, s := range k.shapes {
			f.Add([]byte(s.text))
		}
	}
	for _, d := range elasticDocuments {
		f.Add([]byte(d.text))
	}
	for _, c := range accessMaps {
		f.Add([]byte(c.text))
	}
	for _, text := range pipelineRecords {
		f.Add([]byte(text))
	}
	for _, lines := range csvExports() {
		f.Add([]byte(strings.Join(lines, "\n")))
	}
	f.Add([]byte(`{"CreationTime":{"value":"/Date(1773136800000)/"},"Operation":"Set-Mailbox","RecordType":1,"UserId":"a","Parameters":{"ForwardingAddress":true}}`))
	set, err := New(Auto, testContent)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := set.Counts()
		emit := func(ev *event.Event) {
			testContent.Normalise(ev)
			if ev.Time.IsZero() || ev.Action == event.ActionNone && ev.Outcome != event.Challenge {
				t.Errorf("%+v", ev)
			}
		}
		records := uint64(0)
		for line := range bytes.SplitSeq(text, []byte("\n")) {
			set.Decode("fuzz", tailed(string(line)), emit)
			records++
		}
		if body, err := record.AppendJSON(nil, text); err == nil && record.Value(body).IsMap() {
			set.Decode("fuzz", &record.Record{Time: time.Unix(1773136800, 0), Body: body}, emit)
			records++
		}
		counts := set.Counts()
		if read := counts.Read() - before.Read(); read < records {
			t.Errorf("%d records, %d counted", records, read)
		}
	})
}

// TestGraphOfDefender reads a request of Graph from the table of Defender.
func TestGraphOfDefender(t *testing.T) {
	const row = `{"Timestamp":"2026-03-10T10:00:00Z","ApplicationId":"app-1","IpAddress":"203.0.113.7","AccountObjectId":"alice@contoso.com","RequestId":"r1","RequestMethod":"GET","RequestUri":"https://graph.microsoft.com/v1.0/me/messages/A1","ResponseStatusCode":"200","UniqueTokenIdentifier":"u"}`
	for name, text := range map[string]string{
		"streamed": `{"records":[{"time":"2026-03-10T10:00:09Z","category":"AdvancedHunting-GraphApiAuditEvents","properties":` + row + `}]}`,
		"row":      row,
	} {
		if events, set := readShape(t, text); len(events) != 1 || !strings.HasPrefix(events[0], "mail_access alice@contoso.com 203.0.113.7 "+shapeAt+" success") {
			t.Errorf("%s: %q %+v", name, events, set.Unread())
		}
	}
}
