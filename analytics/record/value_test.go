package record

import (
	"math"
	"testing"

	"redshank/analytics/ascii"

	"github.com/tinylib/msgp/msgp"
)

func str(s string) Value { return msgp.AppendString(nil, s) }

func TestAbsentValueAnswersZero(t *testing.T) {
	for name, v := range map[string]Value{"nil": nil, "empty": {}, "nil value": {0xc0}, "never used": {0xc1}, "cut": {0xda, 1}} {
		i, iok := v.Int()
		f, fok := v.Float()
		b, bok := v.Bool()
		if i != 0 || iok || f != 0 || fok || b || bok {
			t.Errorf("%s: %v %v, %v %v, %v %v", name, i, iok, f, fok, b, bok)
		}
		if v.IsMap() || v.IsArray() || v.Bytes() != nil || v.Len() != 0 || v.Get("a").Present() ||
			v.GetFold("a").Present() || v.Path("a", "b").Present() || len(v.AppendText(nil)) > 0 {
			t.Errorf("%s: something", name)
		}
		for range v.All() {
			t.Errorf("%s: a field", name)
		}
		for range v.Items() {
			t.Errorf("%s: an element", name)
		}
	}
}

func TestValueMembers(t *testing.T) {
	// {"a": 1, 7: 2, bin "b": [3, "x"], "a": 4, "M": {"n": {"o": 5}}}, as map32
	m := Value(join([]byte{0xdf, 0, 0, 0, 5},
		str("a"), []byte{1}, []byte{7, 2}, []byte{0xc4, 1, 'b', 0xdd, 0, 0, 0, 2, 3}, str("x"),
		str("a"), []byte{4}, str("M"), []byte{0x81}, str("n"), []byte{0xde, 0, 1}, str("o"), []byte{5}))
	t.Run("all", func(t *testing.T) {
		var keys []string
		for k, v := range m.All() {
			keys = append(keys, string(k))
			if k == nil && (v.Size() != 1 || v[0] != 2) {
				t.Errorf("field of key 7: %x", []byte(v))
			}
		}
		if len(keys) != 5 || keys[0] != "a" || keys[1] != "" || keys[2] != "b" || keys[4] != "M" {
			t.Errorf("%q", keys)
		}
	})
	t.Run("get", func(t *testing.T) {
		if n, _ := m.Get("a").Int(); n != 1 {
			t.Errorf("of a repeated key: %d, want the first", n)
		}
		if m.Get("A").Present() || m.Get("").Present() || m.GetFold("").Present() {
			t.Error("found what is not there")
		}
		if n, _ := m.GetFold("A").Int(); n != 1 {
			t.Errorf("GetFold: %d", n)
		}
		if n, _ := m.Path("M", "n", "o").Int(); n != 5 {
			t.Errorf("Path: %d", n)
		}
		if m.Path("M", "x", "o").Present() || m.Path("a", "n").Present() || m.Path().Size() != m.Size() {
			t.Error("Path astray")
		}
	})
	t.Run("sizes", func(t *testing.T) {
		if m.Size() != len(m) || m.Len() != 5 || m.Get("b").Len() != 2 || m[:len(m)-1].Size() != 0 {
			t.Errorf("size %d of %d, len %d, %d", m.Size(), len(m), m.Len(), m.Get("b").Len())
		}
		if longer := append(m[:len(m):len(m)], 1, 2, 3); longer.Size() != len(m) {
			t.Error("Size counts what is behind")
		}
	})
	t.Run("items", func(t *testing.T) {
		var text string
		for v := range m.Get("b").Items() {
			text += string(v.AppendText(nil)) + ";"
		}
		if text != "3;x;" {
			t.Error(text)
		}
		for range m.Get("b").Items() {
			break
		}
	})
	t.Run("cut", func(t *testing.T) {
		for cut := range m {
			n := 0
			for range m[:cut].All() {
				n++
			}
			if n >= 5 {
				t.Errorf("cut to %d of %d: %d fields", cut, len(m), n)
			}
		}
	})
	t.Run("allocations", func(t *testing.T) {
		n := testing.AllocsPerRun(100, func() {
			for _, v := range m.All() {
				for range v.Items() {
				}
			}
			m.Get("b").Len()
			m.GetFold("m").Size()
			m.Path("M", "n", "o").Int()
		})
		if n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func TestEqualFold(t *testing.T) {
	if !ascii.EqualAnyFold([]byte("ClientIP"), "clientip") || ascii.EqualAnyFold([]byte("a["), "a{") ||
		ascii.EqualAnyFold([]byte("@"), "`") || ascii.EqualAnyFold([]byte("ab"), "abc") || ascii.EqualAnyFold([]byte("\u212a"), "k") {
		t.Error("folds what it must not, or not what it must")
	}
}

// scalar is a value and all it should read as; NaN stands for "no number".
type scalar struct {
	v    Value
	i    int64
	isI  bool
	f    float64
	b    bool
	isB  bool
	text string
}

func scalars() map[string]scalar {
	const none = math.MaxFloat64 // as f: no number
	float, integer := func(f float64) Value { return msgp.AppendFloat64(nil, f) }, func(i int64) Value { return msgp.AppendInt64(nil, i) }
	return map[string]scalar{
		"0":            {integer(0), 0, true, 0, false, true, "0"},
		"1":            {integer(1), 1, true, 1, true, true, "1"},
		"-1":           {integer(-1), -1, true, -1, false, false, "-1"},
		"int64 min":    {integer(math.MinInt64), math.MinInt64, true, math.MinInt64, false, false, "-9223372036854775808"},
		"uint64 max":   {msgp.AppendUint64(nil, math.MaxUint64), 0, false, math.MaxUint64, false, false, "18446744073709551615"},
		"uint8":        {Value{0xcc, 200}, 200, true, 200, false, false, "200"},
		"uint64 small": {Value{0xcf, 0, 0, 0, 0, 0, 0, 0, 1}, 1, true, 1, true, true, "1"},
		"float whole":  {float(1000000), 1000000, true, 1e6, false, false, "1000000"},
		"float one":    {float(1), 1, true, 1, true, true, "1"},
		"float":        {float(1.5), 0, false, 1.5, false, false, "1.5"},
		"float epoch":  {float(1700000000.25), 0, false, 1700000000.25, false, false, "1700000000.25"},
		"float large":  {float(1e300), 0, false, 1e300, false, false, "1e+300"},
		"float 1<<63":  {float(1 << 63), 0, false, 1 << 63, false, false, "9.223372036854776e+18"},
		"float -1<<63": {float(-1 << 63), math.MinInt64, true, -1 << 63, false, false, "-9.223372036854776e+18"},
		"float tiny":   {float(1e-9), 0, false, 1e-9, false, false, "1e-09"},
		"float32":      {msgp.AppendFloat32(nil, 0.1), 0, false, float64(float32(0.1)), false, false, "0.1"},
		"NaN":          {float(math.NaN()), 0, false, none, false, false, ""},
		"Inf":          {float(math.Inf(1)), 0, false, none, false, false, ""},
		"true":         {Value{0xc3}, 0, false, none, true, true, "true"},
		"false":        {Value{0xc2}, 0, false, none, false, true, "false"},
		"text":         {str("x y"), 0, false, none, false, false, "x y"},
		"text empty":   {str(""), 0, false, none, false, false, ""},
		"text True":    {str("True"), 0, false, none, true, true, "True"},
		"text FALSE":   {str("FALSE"), 0, false, none, false, true, "FALSE"},
		"text truer":   {str("truer"), 0, false, none, false, false, "truer"},
		"text 0":       {str("0"), 0, true, 0, false, true, "0"},
		"text 1":       {str("1"), 1, true, 1, true, true, "1"},
		"text 007":     {str("007"), 7, true, 7, false, false, "007"},
		"text -42":     {str("-42"), -42, true, -42, false, false, "-42"},
		"text -":       {str("-"), 0, false, none, false, false, "-"},
		"text +1":      {str("+1"), 0, false, none, false, false, "+1"},
		"text 0x10":    {str("0x10"), 0, false, none, false, false, "0x10"},
		"text 1.5e3":   {str("1.5e3"), 0, false, 1500, false, false, "1.5e3"},
		"text inf":     {str("inf"), 0, false, none, false, false, "inf"},
		"text 1_0":     {str("1_0"), 0, false, none, false, false, "1_0"},
		"text .5":      {str(".5"), 0, false, none, false, false, ".5"},
		"text 5.":      {str("5."), 0, false, none, false, false, "5."},
		"text 1e":      {str("1e+"), 0, false, none, false, false, "1e+"},
		"text 1.5 kg":  {str("1.5 kg"), 0, false, none, false, false, "1.5 kg"},
		"text max":     {str("9223372036854775807"), math.MaxInt64, true, math.MaxInt64, false, false, "9223372036854775807"},
		"text max+1":   {str("9223372036854775808"), 0, false, 1 << 63, false, false, "9223372036854775808"},
		"text min":     {str("-9223372036854775808"), math.MinInt64, true, math.MinInt64, false, false, "-9223372036854775808"},
		"text min-1":   {str("-9223372036854775809"), 0, false, -1 << 63, false, false, "-9223372036854775809"},
		"bin":          {Value{0xc4, 2, '1', '2'}, 12, true, 12, false, false, "12"},
		"bin invalid":  {Value{0xc4, 1, 0xff}, 0, false, none, false, false, "\xff"},
		"map":          {Value{0x80}, 0, false, none, false, false, ""},
		"ext":          {Value{0xd4, 5, 1}, 0, false, none, false, false, ""},
		"int cut":      {Value{0xd3, 0, 0}, 0, false, none, false, false, ""},
		"uint cut":     {Value{0xcf, 0, 0}, 0, false, none, false, false, ""},
		"float cut":    {Value{0xcb, 0, 0}, 0, false, none, false, false, ""},
		"text cut":     {Value{0xa5, 't', 'r'}, 0, false, none, false, false, ""},
	}
}

func TestScalars(t *testing.T) {
	for name, want := range scalars() {
		if i, ok := want.v.Int(); i != want.i || ok != want.isI {
			t.Errorf("%s: Int %d, %v", name, i, ok)
		}
		f, ok := want.v.Float()
		if isF := want.f != math.MaxFloat64; ok != isF || ok && f != want.f {
			t.Errorf("%s: Float %v, %v", name, f, ok)
		}
		if b, ok := want.v.Bool(); b != want.b || ok != want.isB {
			t.Errorf("%s: Bool %v, %v", name, b, ok)
		}
		if text := string(want.v.AppendText([]byte("> "))); text != "> "+want.text {
			t.Errorf("%s: text %q", name, text)
		}
	}
}

func TestScalarAllocations(t *testing.T) {
	all, dst := scalars(), make([]byte, 0, 64)
	values := make([]Value, 0, len(all))
	for _, s := range all {
		values = append(values, s.v)
	}
	n := testing.AllocsPerRun(100, func() {
		for _, v := range values {
			v.Int()
			v.Float()
			v.Bool()
			dst = v.AppendText(dst[:0])
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestBytesAgainstText(t *testing.T) {
	for c := range 256 {
		for _, more := range []int{0, 1, 2, 5, 31, 300} {
			v := append(Value{byte(c)}, make([]byte, more)...)
			if l := leads[(c-0xc0)&31]; c >= 0xc0 && c < 0xe0 && l.width > 0 && more > int(l.width) {
				v[l.width] = 3
			}
			want, _, _ := textExtent(v, 0)
			if got := v.Bytes(); string(got) != string(want) || (got == nil) != (want == nil) {
				t.Errorf("%#x and %d more: %q, want %q", c, more, got, want)
			}
		}
	}
}
