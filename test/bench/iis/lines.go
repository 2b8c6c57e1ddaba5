// Package iis generates the IIS log lines that the benchmarks read.
package iis

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// Three lines in ten are authentications: 27 % of all lines are successes of 5,000
// people from 5,000 addresses; 3 % are failures, nearly all from an address known
// to the account and one in 60 from one of 1,000 other addresses. The other lines
// are pages before the login and handshakes (401 without a name), which yield no
// event. A line has 225 bytes on average.
const (
	people    = 5_000
	strangers = 1_000
	header    = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n"
)

var agents = []string{
	"Apple-iPhone15C2/2107.102",
	"Microsoft+Office/16.0+(Windows+NT+10.0;+Microsoft+Outlook+16.0.17328;+Pro)",
	"Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+AppleWebKit/537.36+(KHTML,+like+Gecko)+Chrome/122.0.0.0+Safari/537.36",
	"MacOutlook/16.82.24021116+(Intel+Mac+OS+X+14.3.1)",
	"Outlook-iOS-Android/1.0",
}

var pages = []string{
	"GET /owa/auth/logon.aspx url=https%3a%2f%2fmail.contoso.com",
	"GET /owa/auth/15.2.1118/themes/resources/segoeui-semilight.ttf ",
	"GET /owa/auth/15.2.1118/scripts/premium/flogon.js ",
	"POST /mapi/emsmdb/ mailboxId=5d0a1f2e@contoso.com",
	"POST /Autodiscover/Autodiscover.xml ",
}

var requests = []string{
	"POST /Microsoft-Server-ActiveSync/default.eas Cmd=Sync&DeviceId=ABC1234567",
	"POST /mapi/emsmdb/ mailboxId=5d0a1f2e@contoso.com",
	"POST /EWS/Exchange.asmx ",
}

// Write writes a header and n lines, the same for the same n.
func Write(to io.Writer, n int) error { return WriteKind(to, Routine, n) }

func writeLine(w *bufio.Writer, random *rand.Rand, i int, at time.Time) {
	person := random.IntN(people)
	from, agent := person, agents[person%len(agents)]
	user, status := "-", "200 0 0"
	request := pages[random.IntN(len(pages))]
	switch draw := random.IntN(100); {
	case draw < 27:
		request = requests[random.IntN(len(requests))]
		user = fmt.Sprintf("CONTOSO\\user%04d", person)
	case draw < 30:
		request, status = requests[random.IntN(len(requests))], "401 1 1326"
		user = fmt.Sprintf("CONTOSO\\user%04d", person)
		if draw == 29 && random.IntN(20) == 0 {
			from = people + random.IntN(strangers)
		}
	case request[0] == 'P':
		status = "401 1 2148074254"
	}
	fmt.Fprintf(w, "%s 10.0.0.5 %s&cafeReqId=%08x-0001-4000-8000-000000000000; 443 %s 198.18.%d.%d %s - %s %d\n",
		at.Format(time.DateTime), request, i, user, from/250, 1+from%250, agent, status, random.IntN(400))
}
