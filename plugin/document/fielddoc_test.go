package document

import (
	"reflect"
	"strings"
	"testing"
)

func TestEveryOwnFieldIsExplained(t *testing.T) {
	types := map[string]string{}
	fieldTypes("", reflect.TypeFor[ownFields](), "", types)
	for _, f := range ownFieldDocs {
		if types[f.path] == "" {
			t.Errorf("%s: no such field, or twice", f.path)
		}
		delete(types, f.path)
	}
	for path := range types {
		t.Errorf("%s: not explained", path)
	}
	if table := FieldsTable(); !strings.Contains(table, "| `redshank.counts.failures` | number |") || !strings.Contains(table, "| `redshank.users.name` | text[] |") {
		t.Error(table)
	}
}
