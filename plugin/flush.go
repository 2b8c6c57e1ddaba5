//go:build cgo && !fault

package main

// flush passes one chunk on to the instance.
func (a *attached) flush(tag string, chunk []byte) error { return a.instance.Flush(tag, chunk) }
