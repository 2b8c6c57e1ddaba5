package source

import (
	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// The query interface of Log Analytics returns a table: the names of the columns in one
// list, and each row as a list of values.

// queryTable returns the names of the columns and the rows of a table, or nil if m is
// no table.
func queryTable(m record.Value) (names [][]byte, rows record.Value) {
	columns, rows := m.GetFold("columns"), m.GetFold("rows")
	if !columns.IsArray() || !rows.IsArray() || columns.Len() > maxColumns {
		return nil, nil
	}
	for column := range columns.Items() {
		name := column.GetFold("name").Bytes()
		if name == nil {
			name = column.GetFold("ColumnName").Bytes()
		}
		if name == nil {
			return nil, nil
		}
		names = append(names, name)
	}
	return names, rows
}

// tableRow returns a row, which has a value for each name, as a map.
func tableRow(b *format.Scratch, names [][]byte, row record.Value) record.Value {
	start := len(b.Buf)
	b.Buf = msgp.AppendMapHeader(b.Buf, uint32(len(names)))
	i := 0
	for value := range row.Items() {
		b.Buf = append(msgp.AppendStringFromBytes(b.Buf, names[i]), value...)
		i++
	}
	return record.Value(b.Buf[start:])
}
