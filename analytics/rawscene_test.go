package analytics

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/policy"
	"redshank/analytics/source"
)

// rawScene is a scene in log lines: what needs the sources and the policy as
// well as the analytics.
type rawScene struct {
	t      *testing.T
	policy *policy.Policy
	lines  [][]byte
}

const iisFields = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken X-Forwarded-For"

func newRawScene(t *testing.T, policyText string) *rawScene {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(path, []byte("version: 1\n"+policyText), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return (&rawScene{t: t, policy: p}).line(iisFields)
}

func (s *rawScene) line(text string) *rawScene {
	s.lines = append(s.lines, []byte(text))
	return s
}

// request is one IIS line; the status is "401 1 1326" and its like.
func (s *rawScene) request(at time.Duration, method, stem, user, ip, agent, status, forwarded string) *rawScene {
	when := midnight.Add(at)
	id := fmt.Sprintf("%08x-0000-4000-8000-000000000000", len(s.lines))
	return s.line(fmt.Sprintf("%s 10.0.0.5 %s %s &cafeReqId=%s; 443 %s %s %s - %s 15 %s",
		when.Format("2006-01-02 15:04:05"), method, stem, id, user, ip, strings.ReplaceAll(agent, " ", "+"), status, forwarded))
}

func (s *rawScene) play() ([]*alert.Alert, *Engine) {
	s.t.Helper()
	all, e := run(s.t, s.policy, "iis", chunked(s.lines, 50, asLines))
	return byRule(all, "AN1269"), e
}

func (s *rawScene) quiet(understood int) {
	s.t.Helper()
	got, e := s.play()
	for _, a := range got {
		s.t.Errorf("raised %s", a.Message)
	}
	counts := e.Stats().Sources
	if n := counts.Read(); n != uint64(len(s.lines)) {
		s.t.Errorf("%d of %d lines accounted for", n, len(s.lines))
	}
	if n := counts.Total(source.Understood); n < uint64(understood) {
		s.t.Errorf("only %d lines understood, want %d: the scene tests nothing", n, understood)
	}
}

const (
	outlookAgent = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17000; Pro)"
	easStem      = "/Microsoft-Server-ActiveSync/default.eas"
	wrong        = "401 1 1326"
)

func TestHandshakesProbesAndScanners(t *testing.T) {
	t.Run("NTLM handshakes", func(t *testing.T) {
		s := newRawScene(t, "")
		for n := range 60 {
			at := time.Duration(n) * 9 * time.Second
			s.request(at, "POST", "/mapi/emsmdb/", "-", "192.0.2.44", outlookAgent, "401 1 2148074254", "-")
			s.request(at, "POST", "/mapi/emsmdb/", "-", "192.0.2.44", outlookAgent, "401 2 5", "-")
			s.request(at, "POST", "/mapi/emsmdb/", `CONTOSO\alice`, "192.0.2.44", outlookAgent, "200 0 0", "-")
		}
		s.quiet(60)
	})
	t.Run("probes", func(t *testing.T) {
		s := newRawScene(t, "")
		for n := range 60 {
			at := time.Duration(n) * 9 * time.Second
			health := fmt.Sprintf("HealthMailbox%032x@contoso.com", n)
			s.request(at, "GET", easStem, health, "::1", "AMProbe/Local/ClientAccess", wrong, "-")
			s.request(at, "GET", "/owa/", health, "10.0.0.9", "Mozilla/4.0 (compatible; MSIE 9.0; MSEXCHMON; ACTIVEMONITORING; OWACTP)", wrong, "-")
			s.request(at, "GET", "/owa/exhealth.check", "-", "168.63.129.16", "-", "200 0 0", "-")
			s.request(at, "GET", "/ews/exchange.asmx", `CONTOSO\EX04$`, "10.0.0.9", "-", wrong, "-")
		}
		s.quiet(0)
	})
	t.Run("a scanner without accounts", func(t *testing.T) {
		s := newRawScene(t, "")
		for n := range 300 {
			s.request(time.Duration(n)*time.Second, "GET", fmt.Sprintf("/ews/%d", n), "-", attacker, "Mozilla/5.0 zgrab/0.x", "401 0 0", "-")
		}
		s.quiet(0)
	})
}

func TestFiveSpellingsAreOneAccount(t *testing.T) {
	s := newRawScene(t, "domains: {default: contoso.com, netbios: {CONTOSO: contoso.com}, aliases: {contoso.onmicrosoft.com: contoso.com}}\n")
	spellings := []string{`CONTOSO\Alice`, "alice@contoso.com", "ALICE@contoso.onmicrosoft.com", "alice", "contoso.com/alice"}
	for n, user := range spellings {
		s.request(minutes(n), "POST", easStem, user, attacker, "-", wrong, "-")
	}
	s.quiet(len(spellings))
	for n := range 5 {
		s.request(minutes(5+n), "POST", easStem, person(n), attacker, "-", wrong, "-")
	}
	got, _ := s.play()
	if len(got) != 1 || got[0].Counts.DistinctUsers != 6 {
		t.Errorf("got %+v, want one incident of 6 accounts", got)
	}
}

func TestForgedForwardedHeader(t *testing.T) {
	spray := func(t *testing.T, policyText, ip string) []*alert.Alert {
		s := newRawScene(t, policyText)
		for n := range 6 {
			s.request(minutes(n), "POST", easStem, person(n), ip, "-", wrong, fmt.Sprintf("192.0.2.%d", 10+n))
		}
		got, _ := s.play()
		return got
	}
	t.Run("from a client", func(t *testing.T) {
		got := spray(t, "", attacker)
		if len(got) != 1 || got[0].Source.String() != attacker {
			t.Errorf("got %v, want one incident from %s, whatever its header says", got, attacker)
		}
	})
	t.Run("from a trusted proxy", func(t *testing.T) {
		if got := spray(t, "networks: {trusted_proxies: [10.1.0.0/24]}\n", "10.1.0.7"); len(got) != 0 {
			t.Errorf("got %v, want six clients with one try each", got)
		}
	})
}

func TestLeakedAccounts(t *testing.T) {
	list := filepath.Join(t.TempDir(), "leaked.txt")
	if err := os.WriteFile(list, []byte("user00@contoso.com:Winter2025!\nuser01@contoso.com\nuser02@contoso.com\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newRawScene(t, "leaked_accounts: [{file: "+list+"}]\n")
	for n := range 3 {
		s.request(time.Duration(n)*4*time.Hour, "POST", easStem, person(n), attacker, "-", wrong, "-")
	}
	got, _ := s.play()
	if len(got) != 1 || got[0].Window != "leaked" || got[0].Counts.Leaked != 3 || got[0].Class != "credential_stuffing" || got[0].Severity != alert.High {
		t.Fatalf("got %+v, want one incident opened by three leaked accounts", got)
	}
	if strings.Contains(fmt.Sprintf("%+v", got[0]), "Winter") {
		t.Error("a secret of the list stands in the alert")
	}
}

func TestAllowedNetworkAndIgnoredAccount(t *testing.T) {
	for name, text := range map[string]string{
		"network": "networks: {allowed: [203.0.113.0/24]}\n",
		"account": "accounts: {ignored: ['user*@contoso.com']}\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := newRawScene(t, text)
			for n := range 20 {
				s.request(time.Duration(n)*time.Second, "POST", easStem, person(n), attacker, "-", wrong, "-")
			}
			s.quiet(20)
		})
	}
}

func TestSuccessfulSMTPSessionRaisesNothing(t *testing.T) {
	s := newRawScene(t, "")
	s.lines = nil
	s.line("#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context")
	for n := range 30 {
		row := func(sequence int, event, data, context string) {
			s.line(fmt.Sprintf(`%s,EX01\Client Frontend EX01,08DE%012X,%d,10.0.0.5:587,192.0.2.80:%d,%s,%s,%s`,
				midnight.Add(time.Duration(n)*time.Second).Format("2006-01-02T15:04:05.000Z"), n, sequence, 40000+n, event, data, context))
		}
		row(1, "<", "AUTH LOGIN", "")
		row(2, ">", "334 <authentication response>", "")
		row(3, "*", "scanner@contoso.com", "authenticated")
		row(4, ">", "235 2.7.0 Authentication successful", "")
	}
	s.quiet(30)
}
