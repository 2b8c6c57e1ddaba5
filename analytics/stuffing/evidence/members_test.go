package evidence

import (
	"slices"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

func at(minutes ...int64) (list []*Failure) {
	for _, m := range minutes {
		list = append(list, &Failure{Attempt: window.Attempt{At: m * event.Minute}})
	}
	return list
}

func TestAround(t *testing.T) {
	list := at(0, 30, 60, 91, 121, 151, 182)
	for _, c := range []struct{ at, want, from int64 }{{110, 3, 91}, {5, 3, 0}, {300, 1, 182}} {
		got := Around(list, c.at*event.Minute, 30*event.Minute)
		if len(got) != int(c.want) || got[0].At != c.from*event.Minute {
			t.Errorf("around %d: %d failures from %d, want %d from %d", c.at, len(got), got[0].At/event.Minute, c.want, c.from)
		}
	}
	if n := len(Around(list, 0, 1000*event.Minute)); n != len(list) {
		t.Errorf("%d failures without a pause, want all", n)
	}
}

// A tool stands out if it made a fifth of the failures, and those that stand out three
// fifths together.
func TestCharacteristic(t *testing.T) {
	made := func(counts ...int) (list []*Failure) {
		for tool, n := range counts {
			for range n {
				list = append(list, &Failure{Attempt: window.Attempt{Tool: uint32(tool + 1), Agent: uint32(100 + len(list))}})
			}
		}
		return list
	}
	for _, c := range []struct {
		list []*Failure
		want []uint32
		n    int
	}{
		{made(8, 1, 1), []uint32{1}, 8},
		{made(4, 4, 1, 1), []uint32{1, 2}, 8},
		{made(7, 2, 1), []uint32{1, 2}, 9},
		{made(6, 1, 1, 1, 1), []uint32{1}, 6},
		{made(5, 1, 1, 1, 1, 1), nil, 10},
		{made(2, 1, 1, 1, 1, 1, 1, 1, 1), nil, 10},
	} {
		of, only := Characteristic(c.list)
		if !slices.Equal(only, c.want) || len(of) != c.n {
			t.Errorf("%v and %d failures, want %v and %d", only, len(of), c.want, c.n)
		}
	}
}

func TestCensus(t *testing.T) {
	list := at(1, 2, 3, 4, 5, 6)
	for n, f := range list {
		f.Client, f.Key = event.ClientKey{15: byte(n / 2)}, uint64(n/3) // half of them name no account
		f.Marks = event.LeakedAccount
	}
	c := CensusOf(list, func(k event.ClientKey) event.ClientKey { return k })
	if c.Clients != 3 || c.Accounts != 1 || c.Leaked != 1 || c.Tried() != 1 {
		t.Errorf("%+v", c)
	}
	if c = CensusOf(append(list, at(7, 8, 9)...), func(k event.ClientKey) event.ClientKey { return event.ClientKey{} }); c.Clients != 1 || c.Tried() != 3 {
		t.Errorf("%+v, tried %d; want one client and half of six nameless failures", c, c.Tried())
	}
}

// A typo is taken out by its account and subnet; another log finds its failure.
func TestForgiveAndFind(t *testing.T) {
	var e List
	client := event.ClientKey{15: 1}
	for n := range 3 {
		e.Add(Failure{Attempt: window.Attempt{At: int64(n) * event.Minute, Client: client, Key: uint64(n + 1), Tool: window.ToolNamed}})
	}
	e.Add(Failure{Attempt: window.Attempt{At: event.Minute, Client: event.ClientKey{1: 1}, Key: 2}}) // from another subnet
	e.Forgive(client, 2, 0, 0, event.Hour, func(*window.Attempt) bool { return true })
	for f := range e.Since(0) {
		if f.Succeeded != (f.Key == 2 && f.Client == client) {
			t.Errorf("account %d from %v: explained %v", f.Key, f.Client, f.Succeeded)
		}
	}
	for _, c := range []struct {
		t    window.Attempt
		want bool
	}{
		{window.Attempt{At: event.Minute + window.JoinWithin, Client: client, Key: 2}, true},
		{window.Attempt{At: event.Minute + window.JoinWithin + 1, Client: client, Key: 2}, false},
		{window.Attempt{At: event.Minute, Client: event.ClientKey{15: 2}, Key: 2}, false},
		{window.Attempt{At: event.Minute, Client: client}, false}, // names no account, and the other names a program
	} {
		if f := e.Find(&c.t); (f != nil) != c.want {
			t.Errorf("%+v: found %v", c.t, f)
		}
	}
}

func TestNearest(t *testing.T) {
	list := at(0, 10, 20, 30, 40, 50)
	for _, c := range []struct{ at, from int64 }{{50, 30}, {60, 30}, {0, 0}, {21, 10}} {
		near, others := Nearest(list, c.at*event.Minute, 3)
		if len(near) != 3 || near[0].At != c.from*event.Minute || len(others) != 3 {
			t.Errorf("nearest to %d: %d from %d, want 3 from %d", c.at, len(near), near[0].At/event.Minute, c.from)
		}
	}
	if near, others := Nearest(list, 0, 9); len(near) != 6 || len(others) != 0 {
		t.Errorf("%d near and %d others, want all near", len(near), len(others))
	}
}

// Failures begin beside others only if these go on, or have long ended.
func TestBeside(t *testing.T) {
	for _, c := range []struct {
		others, of []int64 // minutes
		want       bool
	}{
		{[]int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, []int64{9, 10, 11, 12}, true},
		{[]int64{0, 1, 2, 3, 4, 5, 6, 7, 8}, []int64{9, 10, 11, 12}, false},       // the others moved
		{[]int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []int64{9, 18, 27, 36}, false},    // nearly so
		{[]int64{0, 1, 2, 3, 4, 5, 6, 7, 8}, []int64{30, 31, 32, 33}, true},       // long after
		{[]int64{5, 6, 9, 10, 11, 12, 13, 14, 15}, []int64{9, 10, 11, 12}, false}, // began together
	} {
		of := at(c.of...)
		if got := Beside(of, of, at(c.others...)); got != c.want {
			t.Errorf("%v beside %v: %t, want %t", c.of, c.others, got, c.want)
		}
	}
}

func TestMoreFrequent(t *testing.T) {
	of := func(text string) (list []*Failure) {
		for _, c := range text {
			list = append(list, &Failure{Attempt: window.Attempt{Tool: uint32(c) - '0', Key: uint64(c)}})
		}
		return list
	}
	for _, c := range []struct {
		failures, others string
		want             int
		same             bool
	}{
		{"1112", "33333333", 4, false},
		{"1112", "12", 0, true},
		{"1112", "2333333333331111", 1, true}, // 2: four times as frequent
		{"0003", "11", 1, false},              // 0: not known
		{"1111", "2233456789", 0, false},      // more new values are to be expected
	} {
		got := MoreFrequent(of(c.failures), of(c.others), func(f *Failure) uint32 { return f.Tool })
		if len(got) != c.want || SameAccounts(of(c.failures), of(c.others)) != c.same {
			t.Errorf("%s beside %s: %d more frequent, same accounts %t; want %d, %t", c.failures, c.others, len(got), !c.same, c.want, c.same)
		}
	}
}

// A tool that comes up, or ends, far from where the others do is that of another attack.
func TestTogether(t *testing.T) {
	made := func(tools string) (list []*Failure) {
		for _, tool := range tools {
			list = append(list, &Failure{Attempt: window.Attempt{Tool: uint32(tool)}})
		}
		return list
	}
	for _, c := range []struct {
		tools string
		want  string
	}{
		{"ababababab", "ab"},
		{"aaabababab", "ab"}, // by chance
		{"aaaaaaaaababababab", "a"},
		{"babababaaaaaaaaaa", "a"},
		{"aaaaaaaaabbbbbbbbb", "a"},
	} {
		of, together := Together(made(c.tools), []uint32{'a', 'b'})
		got := ""
		for _, tool := range together {
			got += string(rune(tool))
		}
		if got != c.want || len(of) == 0 || (len(of) == len(c.tools)) != (c.want == "ab") {
			t.Errorf("%s: %q of %d failures, want %q", c.tools, got, len(of), c.want)
		}
	}
}
