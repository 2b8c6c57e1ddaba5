package source

import (
	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/record"
)

// openTable decodes the rows of a table, as the query interface of Log Analytics
// returns it: the names of the columns in one list, and each row as a list of values.
// Each row counts as a record.
func openTable(s *Set, m record.Value, depth int) (taken bool) {
	columns, rows := m.GetFold("columns"), m.GetFold("rows")
	if !columns.IsArray() || !rows.IsArray() || columns.Len() > maxColumns {
		return false
	}
	names := make([][]byte, 0, columns.Len())
	for column := range columns.Items() {
		name := column.GetFold("name").Bytes()
		if name == nil {
			name = column.GetFold("ColumnName").Bytes()
		}
		if name == nil {
			return false
		}
		names = append(names, name)
	}
	for row := range rows.Items() {
		if !row.IsArray() || row.Len() != len(names) {
			s.reject(row)
			continue
		}
		mark := len(s.scratch.Buf)
		s.visits, s.respelt = 0, 0
		if inner := tableRow(s, names, row); !s.open(inner, depth+1) {
			s.reject(inner)
		}
		s.scratch.Release(mark)
	}
	return len(names) > 0
}

// tableRow returns a row as a map.
func tableRow(s *Set, names [][]byte, row record.Value) record.Value {
	b := &s.scratch
	start := len(b.Buf)
	b.Buf = msgp.AppendMapHeader(b.Buf, uint32(len(names)))
	i := 0
	for value := range row.Items() {
		b.Buf = append(msgp.AppendStringFromBytes(b.Buf, names[i]), value...)
		i++
	}
	return record.Value(b.Buf[start:])
}
