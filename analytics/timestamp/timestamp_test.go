package timestamp

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"2021-03-26T08:50:52", "2021-03-26T08:50:52Z"},
		{"2021-03-26T08:50", "2021-03-26T08:50:00Z"},
		{"2022-01-24T05:10:14.1875602Z", "2022-01-24T05:10:14.1875602Z"},
		{"2022-01-24T05:10:14.1875602+00:00", "2022-01-24T05:10:14.1875602Z"},
		{"2019-10-18T04:45:48.0729893-05:00", "2019-10-18T09:45:48.0729893Z"},
		{"2019-10-18T04:45:48+0530", "2019-10-17T23:15:48Z"},
		{"2025-07-07 09:11:11.000000000", "2025-07-07T09:11:11Z"},
		{"2025-07-07 09:11:11.1234567891234", "2025-07-07T09:11:11.123456789Z"},
		{"2025-07-07 09:11:11 UTC", "2025-07-07T09:11:11Z"},
		{"2022-12-12 15:57:57", "2022-12-12T15:57:57Z"},
		{"4/28/2021, 2:08:45.221 PM", "2021-04-28T14:08:45.221Z"},
		{"5/18/2021 9:13:33 PM", "2021-05-18T21:13:33Z"},
		{"5/18/2021 12:13:33 AM", "2021-05-18T00:13:33Z"},
		{"5/18/2021 12:13:33 PM", "2021-05-18T12:13:33Z"},
		{"9/9/2022 21:54:27", "2022-09-09T21:54:27Z"},
		{"2022-09-09T8:48:50.361Z", "2022-09-09T08:48:50.361Z"},
		{"", ""}, {"x", ""}, {"2021", ""}, {"2021-13-01T00:00:00", ""}, {"2021-03-26T25:00:00", ""},
		{"2021-03-26T08:50:52 tomorrow", ""}, {"5/18/2021 13:13:33 PM", ""}, {"99999-01-01T00:00:00Z", ""},
		{"1601-01-01T00:00:00Z", ""}, {"2021-03-26T08:50:52+99:00", ""},
	} {
		got, ok := Parse([]byte(c.in))
		if ok != (c.want != "") || ok && got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%q: got %v %v, want %q", c.in, got, ok, c.want)
		}
	}
}

// samePlain holds plainTime against what reads every form.
func samePlain(t *testing.T, text string) {
	t.Helper()
	got, ok := parsePlain([]byte(text))
	if want, any := parseAny([]byte(text)); ok && (!any || got != want) {
		t.Fatalf("%q: %v, want %v %v", text, got, want, any)
	}
}

func TestPlainTime(t *testing.T) {
	const form = "2006-01-02T15:04:05"
	for at := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2262; at = at.Add(24*time.Hour + 7*time.Second) {
		text := at.Format(form)
		if got, ok := parsePlain([]byte(text)); !ok || got != at {
			t.Fatalf("%q: %v %v", text, got, ok)
		}
	}
	for i := range form {
		for c := range 256 {
			samePlain(t, form[:i]+string(byte(c))+form[i+1:])
		}
	}
	for _, text := range []string{"2021-02-30T23:59:60", "2021-02-31T24:00:00", "1969-12-31T23:59:59", "2262-01-01T00:00:00", "2024-02-29T00:00:00", "2100-03-01T00:60:00"} {
		samePlain(t, text)
	}
}

func TestParseTimeAllocatesNothing(t *testing.T) {
	text := []byte("2019-10-18T04:45:48.0729893-05:00")
	if n := testing.AllocsPerRun(100, func() { Parse(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParseTime(f *testing.F) {
	for _, seed := range []string{"2021-03-26T08:50:52Z", "4/28/2021, 2:08:45.221 PM", "2019-10-18T04:45:48.07-05:00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		samePlain(t, string(text))
		got, ok := Parse(text)
		if ok && (got.Year() < 1969 || got.Year() > 2263) {
			t.Errorf("%q: %v", text, got)
		}
		if want, err := time.Parse(time.RFC3339Nano, string(text)); err == nil && ok && !got.Equal(want) {
			t.Errorf("%q: got %v, time.Parse says %v", text, got, want)
		}
	})
}

func BenchmarkParseTime(b *testing.B) {
	text := []byte("2022-01-24T05:10:14.1875602Z")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(text)
	}
}
