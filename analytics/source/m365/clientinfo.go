package m365

import (
	"bytes"
	"strings"

	"redshank/analytics/event"
)

// clientInfo reads a ClientInfoString: the service that it names, and the user
// agent, which it contains for most clients.
//
//	Client=OWA;Mozilla/5.0 (Windows NT 10.0; Win64; x64) ...;
//	Client=WebServices;ExchangeServicesClient/15.00.0913.015;
//	Client=REST;Client=RESTSystem;;
//	Client=WebServices;UserAgent=[NoUserAgent][AppId=...];
func clientInfo(text []byte) (service event.Service, agent []byte) {
	service = event.M365
	for rest := text; len(rest) > 0; {
		part, after, _ := bytes.Cut(rest, []byte(";"))
		part = bytes.TrimSpace(part)
		switch name, value, is := bytes.Cut(part, []byte("=")); {
		case len(part) == 0:
		case is && string(name) == "Client":
			if service == event.M365 {
				service = clientService(value)
			}
		case is && string(name) == "UserAgent":
			return service, realAgent(bytes.TrimLeft(rest, " ")[len("UserAgent="):])
		case is && !bytes.ContainsAny(name, " /("): // Action=ViaProxy, Protocol=POP3
		default:
			return service, realAgent(bytes.TrimLeft(rest, " "))
		}
		rest = after
	}
	return service, nil
}

// realAgent returns nil if the log says in brackets that there was no agent.
func realAgent(text []byte) []byte {
	if bytes.HasPrefix(text, []byte("[")) {
		return nil
	}
	return bytes.TrimRight(text, "; ")
}

// clientServices maps the prefixes of client names in a ClientInfoString to
// services.
var clientServices = []struct {
	prefix  string
	service event.Service
}{
	{"OWA", event.OWA},
	{"OutlookWebApp", event.OWA},
	{"WebServices", event.EWSService},
	{"ActiveSync", event.EAS},
	{"MSExchangeRPC", event.MAPI},
	{"REST", event.REST},
	{"OutlookService", event.REST},
	{"POP3/IMAP4", event.IMAPService},
	{"Microsoft.Exchange.Powershell", event.PowerShell},
}

func clientService(name []byte) event.Service {
	for _, c := range clientServices {
		if strings.HasPrefix(string(name), c.prefix) {
			return c.service
		}
	}
	return event.M365
}
