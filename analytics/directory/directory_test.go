package directory

import (
	"fmt"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/state"
)

const sid = "S-1-5-21-1-2-3-1105"

// domains is how the policy of these tests spells names.
var domains = event.Domains{Default: "contoso.com", Names: map[string]string{"contoso": "contoso.com"}}

// seen takes a record to the directory and returns its account.
func seen(d *Directory, sid, user string) string {
	ev := &event.Event{RawUser: []byte(user), SID: []byte(sid)}
	d.Resolve(ev)
	acc := domains.Account(nil, ev.RawUser)
	ev.User, ev.UserKind = acc.User, acc.Kind
	d.Learn(ev)
	return string(ev.User)
}

func TestOneNameForEveryRecord(t *testing.T) {
	for _, c := range []struct{ name, sid, user, want string }{
		{"no name", sid, "", "alice@contoso.com"},
		{"the SID as the name", "", sid, "alice@contoso.com"},
		{"a name without a domain", sid, "alice", "alice@contoso.com"},
		{"the place in the directory", sid, "contoso.com/Users/Alice Smith", "alice@contoso.com"},
		{"an unknown SID", "", "S-1-5-21-1-2-3-1106", "s-1-5-21-1-2-3-1106"},
		{"an unknown SID and no name", "S-1-5-21-1-2-3-1106", "", "s-1-5-21-1-2-3-1106"},
		{"a failure", "S-1-0-0", "bob", "bob@contoso.com"},
		{"another name with a domain", sid, `FABRIKAM\bob`, `fabrikam\bob`},
		{"the system", "S-1-5-18", `NT AUTHORITY\SYSTEM`, `nt authority\system`},
	} {
		d := New(10)
		seen(d, sid, `CONTOSO\alice`)
		if got := seen(d, c.sid, c.user); got != c.want {
			t.Errorf("%s: %s (want %s)", c.name, got, c.want)
		}
	}
}

func TestWhatTeachesAName(t *testing.T) {
	for _, c := range []struct {
		name string
		sids [2]string
		user [2]string
		want string
	}{
		{"a logon", [2]string{sid, sid}, [2]string{`FABRIKAM\alice`, `FABRIKAM\alice`}, `fabrikam\alice`},
		{"the name of a later logon", [2]string{sid, sid}, [2]string{`FABRIKAM\alice`, `FABRIKAM\alice.smith`}, `fabrikam\alice.smith`},
		{"a principal name wins", [2]string{sid, sid}, [2]string{"alice@fabrikam.com", `FABRIKAM\alice`}, "alice@fabrikam.com"},
		{"a failed logon does not", [2]string{"S-1-0-0", "S-1-0-0"}, [2]string{`CONTOSO\alice`, `CONTOSO\alice`}, "s-1-5-21-1-2-3-1105"},
		{"a machine does not", [2]string{sid, sid}, [2]string{`CONTOSO\EX01$`, `CONTOSO\EX01$`}, "s-1-5-21-1-2-3-1105"},
		{"a name without a domain does not", [2]string{sid, sid}, [2]string{"alice", "alice"}, "s-1-5-21-1-2-3-1105"},
	} {
		d := New(10)
		for n := range c.sids {
			seen(d, c.sids[n], c.user[n])
		}
		if got := seen(d, "", sid); got != c.want {
			t.Errorf("%s: %s (want %s)", c.name, got, c.want)
		}
	}
}

func TestDirectoryIsBoundedAndSaved(t *testing.T) {
	d := New(3)
	d.names.Track()
	for n := range 9 {
		seen(d, fmt.Sprintf("S-1-5-21-1-2-3-%d", n), fmt.Sprintf(`CONTOSO\user%d`, n))
	}
	if n, _ := d.Table().Size(); n != 3 {
		t.Errorf("%d names, want 3", n)
	}
	again := New(3)
	w := state.NewWriter(func(e state.Entry) {
		if e.Value != nil {
			if err := again.Table().Restore(e.Key, e.Value); err != nil {
				t.Error(err)
			}
		}
	})
	d.Table().Changes(w)
	again.Table().Loaded()
	for n, want := range []string{5: "s-1-5-21-1-2-3-5", 6: "user6@contoso.com", 8: "user8@contoso.com"} {
		if want == "" {
			continue
		}
		if got := seen(again, "", fmt.Sprintf("S-1-5-21-1-2-3-%d", n)); got != want {
			t.Errorf("after a restart: %s (want %s)", got, want)
		}
	}
	if err := again.Table().Restore([]byte("short"), []byte{1}); err == nil {
		t.Error("a damaged entry was taken")
	}
}

func TestKnownNamesAllocateNothing(t *testing.T) {
	d := New(10)
	seen(d, sid, `CONTOSO\alice`)
	logon := &event.Event{RawUser: []byte(`CONTOSO\alice`), SID: []byte(sid), User: []byte("alice@contoso.com"), UserKind: event.UserPerson}
	bare := &event.Event{SID: []byte(sid)}
	if n := testing.AllocsPerRun(100, func() { d.Resolve(logon); d.Learn(logon); bare.RawUser = nil; d.Resolve(bare) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
