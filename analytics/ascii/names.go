package ascii

// Names maps a few dozen names in lower case to values, and finds them in any
// case. Names are kept by their length: two or three comparisons of the first
// letter take half the time of folding a name and hashing it for a map.
type Names[T any] [maxName + 1][]entry[T]

type entry[T any] struct {
	name  string
	value T
}

// maxName is the longest name of a table, in bytes.
const maxName = 32

// NewNames returns a table of values. A name of more than maxName bytes is never found.
func NewNames[T any](values map[string]T) *Names[T] {
	t := new(Names[T])
	for name, value := range values {
		if len(name) <= maxName {
			t[len(name)] = append(t[len(name)], entry[T]{name, value})
		}
	}
	return t
}

// Find returns the value of a name, and the zero value if the table has no such
// name.
func (t *Names[T]) Find(name []byte) (value T) {
	if len(name) == 0 || len(name) > maxName {
		return value
	}
	first := Lower(name[0])
	for i := range t[len(name)] {
		if e := &t[len(name)][i]; e.name[0] == first && HasPrefix(name, e.name) {
			return e.value
		}
	}
	return value
}
