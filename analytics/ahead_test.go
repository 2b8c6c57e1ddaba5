package analytics

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"redshank/analytics/policy"
)

// anyLine is one of a front end on which people sign in, some with a form, and
// from which an attacker tries and gets in.
func anyLine(random *rand.Rand, at time.Time, n int) []byte {
	person := random.IntN(12)
	user, ip, agent := fmt.Sprintf(`CONTOSO\user%02d`, person), fmt.Sprintf("198.18.0.%d", 1+person), "Apple-iPhone15C2/2107.102"
	request, status := "POST /Microsoft-Server-ActiveSync/default.eas Cmd=Sync&DeviceId=ABC12", "200 0 0"
	switch random.IntN(12) {
	case 0:
		status = "401 1 1326"
	case 1:
		user, status = "-", "401 2 5"
	case 2:
		request, user = "GET /owa/auth/logon.aspx url=x", "-"
	case 3:
		request, user, status = "GET /owa/auth/logon.aspx reason=2", "-", "200 0 0"
	case 4:
		request, status, agent = "POST /owa/auth.owa -", "302 0 0", "Mozilla/5.0+(X11)"
	case 5:
		request, agent = "GET /owa/ a=b", "Mozilla/5.0+(X11)"
	case 6:
		request, agent, ip = "POST /EWS/Exchange.asmx SoapAction=FindItem", "python-requests/2.31", "203.0.113.5"
	case 7, 8:
		ip, status, agent = "203.0.113.5", "401 1 1326", "python-requests/2.31"
	}
	return fmt.Appendf(nil, "%s 10.0.0.5 %s&cafeReqId=%08x; 443 %s %s %s - %s 9", at.Format(time.DateTime), request, n, user, ip, agent, status)
}

// TestWaitingChangesNothing holds lines that came in chunks, where most events
// wait for one another, against the same lines one by one.
func TestWaitingChangesNothing(t *testing.T) {
	alerts := 0
	for seed := range uint64(30) {
		random, at := rand.New(rand.NewPCG(seed, 3)), time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)
		lines := [][]byte{[]byte("#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken")}
		for n := range 2000 {
			if random.IntN(15) == 0 {
				at = at.Add(time.Duration(random.IntN(90)) * time.Second)
			}
			lines = append(lines, anyLine(random, at, n/(1+random.IntN(2)))) // some with the id of another
		}
		p := policy.Default()
		together, apart := newTracked(t, p, nil), newTracked(t, p, nil)
		for _, chunk := range tailed(lines, 1+random.IntN(300)) {
			got := messages(together.Observe("iis", chunk))
			alerts += len(got)
		}
		for _, chunk := range tailed(lines, 1) {
			apart.Observe("iis", chunk)
		}
		got, want := messages(together.Close()), messages(apart.Close())
		slices.Sort(got) // incidents come in the order of their last chunk
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("seed %d:\n%q, one by one\n%q", seed, got, want)
		}
		sameStats(t, together.Stats(), apart.Stats())
		sameMemory(t, together, apart)
	}
	if alerts < 50 {
		t.Errorf("%d alerts: too little was tried", alerts)
	}
}

func sameStats(t *testing.T, a, b Stats) {
	t.Helper()
	a.Chunks, b.Chunks, a.Alerts, b.Alerts, a.Suppressed, b.Suppressed = 0, 0, 0, 0, 0, 0 // are of chunks
	if a != b {
		t.Errorf("%+v, one by one %+v", a, b)
	}
}

// sameMemory compares all that is put down, but for what is of chunks.
func sameMemory(t *testing.T, a, b *Engine) {
	t.Helper()
	got, want := memory{}, memory{}
	if err := errors.Join(a.Changes(got.put), b.Changes(want.put)); err != nil {
		t.Fatal(err)
	}
	for _, table := range [...]string{tableAccounts, tableClients, tableCampaigns, tableIDs, tableProfiles, tableFeatures} {
		if len(want[table]) == 0 || !reflect.DeepEqual(got[table], want[table]) {
			t.Errorf("%s: %d entries, one by one %d, and not the same", table, len(got[table]), len(want[table]))
		}
	}
}
