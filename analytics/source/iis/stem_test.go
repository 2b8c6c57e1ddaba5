package iis

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestStems compares cached with freshly parsed paths, using more paths than the cache
// has slots.
func TestStems(t *testing.T) {
	paths := []string{"", "/", "/owa", "/owa/", "/OWA/auth.owa", "/owa/auth/owaauth.dll", "/owa/auth/logon.aspx", "/owa/bob@contoso.com/",
		"/Microsoft-Server-ActiveSync/default.eas", "/EWS/Exchange.asmx", "/ews/getitem", "/api/v2.0/me/messages", "/mapi/emsmdb/", "/nowhere", "/x"}
	for i := range 600 {
		paths = append(paths, fmt.Sprintf("/owa/auth/%d.aspx", i), fmt.Sprintf("/EWS/%0*d", i%90, i))
	}
	random := rand.New(rand.NewPCG(1, 2))
	var known stems
	for range 50_000 {
		path := []byte(paths[random.IntN(len(paths))])
		if random.IntN(2) == 0 {
			path = []byte(paths[random.IntN(15)]) // found again before it is pushed out
		}
		if got, want := *known.of(path), readStem(path); got != want {
			t.Fatalf("%s: %+v, want %+v", path, got, want)
		}
	}
}

// The paths that every front end sees have places of their own.
func TestStemsOfAFrontEnd(t *testing.T) {
	taken := map[uint64]string{}
	for _, path := range []string{"/owa/", "/owa/auth.owa", "/owa/auth/logon.aspx", "/owa/service.svc", "/ecp/", "/EWS/Exchange.asmx",
		"/Microsoft-Server-ActiveSync/default.eas", "/mapi/emsmdb/", "/mapi/nspi/", "/rpc/rpcproxy.dll", "/Autodiscover/Autodiscover.xml",
		"/autodiscover/autodiscover.json", "/OAB/", "/powershell", "/api/v2.0/me/messages",
		"/owa/auth/15.2.1118/themes/resources/segoeui-semilight.ttf", "/owa/auth/15.2.1118/scripts/premium/flogon.js"} {
		if other := taken[place([]byte(path))]; other != "" {
			t.Errorf("%s and %s meet in one place", path, other)
		}
		taken[place([]byte(path))] = path
	}
}
