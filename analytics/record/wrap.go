package record

import "redshank/analytics/ascii"

// maxWraps bounds the maps and lists that Unwrap enters.
const maxWraps = 4

// Unwrap returns the scalar that v is or contains: of a list the first element, and
// of a map the field with one of the names, which are in lower case and in order of
// preference. Keys are compared without regard to case and without the prefixes of
// JSON that was converted from XML ("@Name", "#text"); the empty name stands for a
// prefix alone ("_", "$"). Unwrap returns an absent Value if no field has one of
// the names.
func (v Value) Unwrap(names ...string) Value {
	for range maxWraps {
		switch {
		case v.IsMap():
			v = v.named(names)
		case v.IsArray():
			v = v.first()
		default:
			return v
		}
	}
	return nil
}

func (v Value) first() Value {
	for item := range v.Items() {
		return item
	}
	return nil
}

// named returns the field whose name comes first in names. If no field has one, the
// map below a bare prefix or below "attributes" is searched.
func (v Value) named(names []string) (found Value) {
	best := len(names)
	for key, field := range v.All() {
		for len(key) > 0 && isSign(key[0]) {
			key = key[1:]
		}
		if field.IsMap() && found == nil && (len(key) == 0 || ascii.EqualAnyFold(key, "attributes") || ascii.EqualAnyFold(key, "attr")) {
			found = field
		}
		for i, name := range names[:best] {
			if ascii.EqualAnyFold(key, name) && len(field) > 0 && field[0] != 0xc0 && (name != "" || !field.IsMap()) {
				found, best = field, i
			}
		}
	}
	return found
}

func isSign(c byte) bool { return c == '@' || c == '#' || c == '$' || c == '_' || c == '-' }
