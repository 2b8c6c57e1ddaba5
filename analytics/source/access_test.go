package source

import (
	"strings"
	"testing"
)

const ownTime = "2026-05-01T00:00:00Z" // of the record, see readShape

// accessMaps are lines of access logs that a parser has taken apart. The time of those
// without one is that of the record.
var accessMaps = map[string]struct{ text, at, reason string }{
	"Fluent Bit, apache":   {`{"host":"203.0.113.7","user":"alice@contoso.com","method":"POST","path":"/EWS/Exchange.asmx","code":"401","size":"0","referer":"-","agent":"x"}`, ownTime, "other"},
	"Fluent Bit, nginx":    {`{"remote":"203.0.113.7","host":"-","user":"alice@contoso.com","method":"POST","path":"/EWS/Exchange.asmx?a=b","code":"401","size":"0"}`, ownTime, "other"},
	"other order":          {`{"host":"-","remote":"203.0.113.7","user":"alice@contoso.com","method":"POST","path":"/EWS/Exchange.asmx","code":"401"}`, ownTime, "other"},
	"nginx as JSON":        {`{"time_iso8601":"2026-03-10T10:00:00+00:00","remote_addr":"203.0.113.7","remote_user":"alice@contoso.com","request":"POST /EWS/Exchange.asmx HTTP/1.1","status":401}`, shapeAt, "other"},
	"nginx, URI and line":  {`{"time_local":"10/Mar/2026:10:00:00 +0000","remote_addr":"203.0.113.7","remote_user":"alice@contoso.com","request":"POST /EWS/Exchange.asmx HTTP/1.1","request_uri":"/EWS/Exchange.asmx","request_method":"POST","status":"401"}`, shapeAt, "other"},
	"Traefik":              {`{"ClientAddr":"203.0.113.7:5","ClientHost":"203.0.113.7","ClientUsername":"alice@contoso.com","DownstreamStatus":401,"RequestMethod":"POST","RequestPath":"/EWS/Exchange.asmx","StartUTC":"2026-03-10T10:00:00Z"}`, shapeAt, "other"},
	"Logstash, IIS":        {`{"@timestamp":"2026-03-10T10:00:00Z","site":"192.0.2.20","method":"POST","page":"/EWS/Exchange.asmx","username":"alice@contoso.com","clienthost":"203.0.113.7","response":"401","subresponse":"1"}`, shapeAt, "other"},
	"Filebeat 6, IIS":      {`{"@timestamp":"2026-03-10T10:00:00Z","iis":{"access":{"method":"POST","url":"/EWS/Exchange.asmx","port":"443","user_name":"alice@contoso.com","remote_ip":"203.0.113.7","response_code":"401","sub_status":"1","win32_status":"1326"}}}`, shapeAt, "wrong_password"},
	"IIS and another time": {`{"timestamp":"2026-03-11T00:00:00Z","date":"2026-03-10","time":"10:00:00","cs-method":"POST","cs-uri-stem":"/EWS/Exchange.asmx","cs-username":"alice@contoso.com","c-ip":"203.0.113.7","sc-status":"401","sc-substatus":"1","sc-win32-status":"1326"}`, shapeAt, "wrong_password"},
}

// TestAccessMaps reads them.
func TestAccessMaps(t *testing.T) {
	for name, c := range accessMaps {
		if events, set := readShape(t, c.text); len(events) != 1 || events[0] != "sign_in alice@contoso.com 203.0.113.7 "+c.at+" failure "+c.reason {
			t.Errorf("%s: %q, %+v", name, events, set.Unread())
		}
	}
	for name, text := range map[string]string{
		"no request":    `{"host":"203.0.113.7","status":"401","method":"POST","path":"C:\\logs\\a.log"}`,
		"not a request": `{"remote_addr":"203.0.113.7","status":"up","request":"hello"}`,
		"no status":     `{"host":"203.0.113.7","status":"up","method":"POST","path":"/a"}`,
	} {
		if events, set := readShape(t, text); len(events) != 0 || len(set.Unread()) != 1 {
			t.Errorf("%s: %q, %+v", name, events, set.Unread())
		}
	}
}

// TestClientIPHeader reads the address of a client from c-ip, and not from a logged header
// that the client itself may have set.
func TestClientIPHeader(t *testing.T) {
	for _, columns := range []string{"c-ip Client-IP", "Client-IP c-ip"} {
		cells := strings.NewReplacer("Client-IP", "198.51.100.1", "c-ip", "203.0.113.7").Replace(columns)
		events, set := linesWith(t, "", "#Fields: date time cs-method cs-uri-stem cs-username sc-status sc-substatus sc-win32-status "+columns,
			"2026-03-10 10:00:00 POST /EWS/Exchange.asmx alice@contoso.com 401 1 1326 "+cells)
		if len(events) != 1 || events[0] != "alice@contoso.com 203.0.113.7 failure" {
			t.Errorf("%s: %q, %+v", columns, events, set.Unread())
		}
	}
}
