package record

import (
	"bytes"
	"slices"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// slowPair returns what Pairs promises of one element, written down plainly.
func slowPair(item Value) (name []byte, value Value) {
	var keys []string
	var fields []Value
	for key, field := range item.All() {
		keys, fields = append(keys, string(key)), append(fields, field)
	}
	plain := slices.Equal(keys, []string{"Name", "Value"}) || slices.Equal(keys, []string{"Name", "NewValue", "OldValue"})
	if !item.IsMap() || !plain || fields[0].Type() != msgp.StrType || len(fields[0].Bytes()) > 255 || fields[0][0] > 0xd9 {
		return nil, item
	}
	return fields[0].Bytes(), fields[1]
}

func samePairs(t *testing.T, list Value) {
	t.Helper()
	pairs := list.Pairs()
	for item := range list.Items() {
		wantName, want := slowPair(item)
		name, value, ok := pairs.Next()
		if !ok || !bytes.Equal(name, wantName) || (name == nil) != (wantName == nil) || !bytes.Equal(value, want) {
			t.Fatalf("%q %x, %v; want %q %x in %x", name, []byte(value), ok, wantName, []byte(want), []byte(list))
		}
	}
	for range 2 {
		if name, value, ok := pairs.Next(); ok {
			t.Fatalf("behind the last one: %q %x in %x", name, []byte(value), []byte(list))
		}
	}
}

// listOf returns a list of few elements.
func listOf(items ...Value) Value {
	list := Value{0x90 | byte(len(items))}
	for _, item := range items {
		list = append(list, item...)
	}
	return list
}

func TestPairs(t *testing.T) {
	fields := func(head string, parts ...Value) Value {
		return slices.Concat(append([]Value{Value(head)}, parts...)...)
	}
	name, value, a, b := str("Name"), str("Value"), str("a"), str("b")
	for _, list := range []Value{
		listOf(
			fields("\x82", name, a, value, b),
			fields("\xdf\x00\x00\x00\x02", name, a, value, Value{0x91, 0x81, 1, 2}),
			fields("\x83", name, a, str("NewValue"), b, str("OldValue"), Value{0x90}),
			fields("\x83", name, a, str("NewValue"), b, value, a),
			fields("\x83", name, a, value, b, str("c"), a),
			fields("\x82", value, a, name, b),
			fields("\x82", name, Value{1}, value, b),
			fields("\x82", name, str(""), value, str("")),
			fields("\x82", str("name"), a, str("value"), b),
			fields("\x82", name, str(string(make([]byte, 255))), value, b),
			fields("\x82", name, str(string(make([]byte, 256))), value, b),
			fields("\x82", name, Value{0xc4, 1, 'a'}, value, b),
			fields("\x80"), name, listOf(name, a, value, b),
		),
		listOf(), fields("\x82", name, a, value, b), name, nil,
	} {
		samePairs(t, list)
		for cut := range list {
			samePairs(t, list[:cut])
		}
	}
}

func FuzzPairs(f *testing.F) {
	f.Add([]byte("\x91\x82\xa4Name\xa1a\xa5Value\xa1b"))
	f.Add([]byte("\x92\x83\xa4Name\xa1a\xa8NewValue\x91\x00\xa8OldValue\xc0\x80"))
	f.Fuzz(func(t *testing.T, list []byte) { samePairs(t, list) })
}
