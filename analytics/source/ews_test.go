package source

import (
	"strings"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

func ewsRow(kind, authenticated, user, agent, ip, action, status, err, impersonated, actAs string) string {
	return "2026-03-02T08:00:00.5Z,5e58f5e5-1ddc-48d3-82c6-0199bc121640,15,1,2375,7,," + kind + "," + authenticated + "," + user + ",," + agent +
		",Target=None;," + ip + ",EX01,EX01.CONTOSO.COM," + action + "," + status + ",1,2," + err + "," + impersonated + ",," + actAs + ",x"
}

func TestEWSRows(t *testing.T) {
	for _, c := range []struct {
		name, row, mailbox string
		want               *want
	}{
		{"impersonated", ewsRow("OAuth", "true", "app@contoso.com", "python-requests/2.31", outside, "GetItem", "200", "", "bob@contoso.com", ""), "bob@contoso.com",
			&want{outcome: event.Success, action: event.MailAccess, user: "app@contoso.com", ip: outside, agent: "python-requests/2.31", op: "GetItem"}},
		{"acting as", ewsRow("Basic", "true", "alice", "A", outside, "SyncFolderItems", "200", "", "", "carol"), "carol", &want{outcome: event.Success, action: event.MailAccess}},
		{"folders", ewsRow("Basic", "True", "alice", "A", outside, "GetFolder", "200", "", "", ""), "", &want{outcome: event.Success, action: event.SignIn}},
		{"turned down", ewsRow("Basic", "true", "alice", "A", outside, "GetItem", "500", "ErrorItemNotFound", "", ""), "", &want{outcome: event.Success, action: event.SignIn}},
		{"challenge", ewsRow("", "false", "", "A", outside, "", "401", "", "", ""), "", &want{outcome: event.Challenge}},
		{"the server itself", ewsRow("Kerberos", "true", `CONTOSO\EX01$`, "A", "::1", "GetItem", "200", "", "", ""), "", nil},
		{"busy", ewsRow("Basic", "true", "alice", "A", outside, "GetItem", "503", "", "", ""), "", nil},
	} {
		b := newBench()
		emitted := b.lines(c.row)
		if c.want == nil != (len(emitted) == 0) || b.counts[format.Malformed]+b.counts[format.Unknown] > 0 {
			t.Errorf("%s: emitted %v, %v", c.name, emitted, b.counts)
			continue
		}
		if c.want != nil {
			c.want.service, c.want.at = "ews", "2026-03-02T08:00:00.5Z"
			c.want.check(t, &emitted[0])
			if string(emitted[0].Mailbox) != c.mailbox || emitted[0].Source != event.EWS {
				t.Errorf("%s: %s, mailbox %q, want %q", c.name, emitted[0].Source, emitted[0].Mailbox, c.mailbox)
			}
		}
	}
}

func cmdletRow(user, name, parameters, id string) string {
	return `2026-03-02T08:00:00.5Z,2026-03-02T08:00:00.4Z,7b91be61-3d94-406e-b00c-3d80e3e5f115,,15,1,2375,7,EX01,1,w3wp,85,,,` + user + `,S-1-5-21-1,,,True,Remote-ManagementShell-Unknown,` + name + `,` + parameters + `,` + id + `,,`
}

func TestCmdletRows(t *testing.T) {
	b := newBench()
	emitted := b.lines(
		cmdletRow(`CONTOSO\admin`, "New-MailboxExportRequest", `"-Mailbox ""alice"" -FilePath ""\\host\share\a.pst"""`, "id1"),
		cmdletRow(`CONTOSO\admin`, "Get-Mailbox", `"-Identity ""bob"""`, "id2"),
		cmdletRow(`CONTOSO\admin`, "Set-Mailbox", `"`+strings.Repeat("x", 5000)+` -ForwardTo ""eve@example.com"""`, "id3"),
		cmdletRow(`CONTOSO\admin`, "Set-Mailbox", `"`+strings.Repeat("x", 50_000)+`"`, "id4"),
	)
	if len(emitted) != 4 {
		t.Fatalf("emitted %d, %v", len(emitted), b.counts)
	}
	for i, w := range []want{
		{action: event.MailboxChange, user: `CONTOSO\admin`, op: "New-MailboxExportRequest", at: "2026-03-02T08:00:00.5Z", service: "powershell"},
		{action: event.Script, op: "Get-Mailbox"}, {action: event.MailboxChange, op: "Set-Mailbox"},
	} {
		w.check(t, &emitted[i])
	}
	if string(emitted[0].Detail) != `-Mailbox "alice" -FilePath "\\host\share\a.pst"` || string(emitted[0].Mailbox) != "alice" || string(emitted[1].Mailbox) != "bob" {
		t.Errorf("%q of %q", emitted[0].Detail, emitted[0].Mailbox)
	}
	if !strings.HasSuffix(string(emitted[2].Detail), ` -ForwardTo "eve@example.com"`) || len(emitted[3].Detail) != 16<<10 {
		t.Errorf("details of %d and %d bytes", len(emitted[2].Detail), len(emitted[3].Detail))
	}
	named := newBench().lines("#Fields: DateTime,AuthenticatedUser,Cmdlet,Parameters,ExecutionResult", "2026-03-02T08:00:00.5Z,alice,Set-Mailbox,,Error")
	if len(named) != 0 {
		t.Error("a row of another shape is taken")
	}
}

func FuzzEWS(f *testing.F) {
	f.Add("", ewsRow("", "false", `"a`, "", "", "", "401", "", "", ""), ewsRow("Basic", "true", "a", "b", outside, "GetItemResponse", "200", "", "b", "c"))
	fuzzLines(f)
}

func FuzzCmdlet(f *testing.F) {
	f.Add("#Fields: TimeStamp,ServerName,EventId,EventData", cmdletRow("a", "Get-X", `"-Identity """`, "i"), `2026-03-02T08:00:00.5Z,EX01,ECP.Request,S:TIME="`)
	fuzzLines(f)
}
