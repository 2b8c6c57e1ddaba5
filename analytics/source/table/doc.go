// Package table reads logs that name their columns in a header line: which column is
// where, the cells of CSV rows, and the same columns as the fields of a map.
package table
