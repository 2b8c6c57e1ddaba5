package state

import (
	"fmt"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

func TestSavedTries(t *testing.T) {
	want := Attempts{
		{At: 1_772_439_304_000, Client: [16]byte{1, 15: 2}, Key: 1 << 63, Name: "a@contoso.com", Agent: 7, Sources: 1 << 9, Marks: event.LeakedAccount, Reason: 3, Service: 4, Family: 5, Succeeded: true},
		{At: 1_772_439_303_000},
	}
	b, err := msgpack.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Attempts
	if err := msgpack.Unmarshal(b, &got); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v %v\nwant %v", err, got, want)
	}
	raw, _ := msgpack.Marshal(append([]byte{attemptVersion}, make([]byte, 20)...))
	if err := msgpack.Unmarshal(raw, &got); err == nil {
		t.Error("half a try was taken for one")
	}
	none, _ := msgpack.Marshal(Attempts(nil))
	if err := msgpack.Unmarshal(none, &got); err != nil || len(got) > 0 {
		t.Error(err, got)
	}
}

func FuzzSavedTries(f *testing.F) {
	b, err := msgpack.Marshal(Attempts{{At: 5, Name: "x"}, {At: 9}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(_ *testing.T, b []byte) {
		var got []window.Attempt
		_ = msgpack.Unmarshal(b, (*Attempts)(&got))
	})
}
