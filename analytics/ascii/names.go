package ascii

// names is a table of a few dozen names, which are in lower case, found in any
// case. They are kept by their length: two or three looks at the first letter
// cost half of what it takes to fold a name and hash it for a map.
type names[T any] [maxName + 1][]entry[T]

type entry[T any] struct {
	name  string
	value T
}

// maxName is the longest name of a table, in bytes.
const maxName = 32

// newNames prepares a table. A name of more than maxName bytes is never found.
func NewNames[T any](values map[string]T) *names[T] {
	t := new(names[T])
	for name, value := range values {
		if len(name) <= maxName {
			t[len(name)] = append(t[len(name)], entry[T]{name, value})
		}
	}
	return t
}

// find is the value of a name, zero where the table has none.
func (t *names[T]) Find(name []byte) (value T) {
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
