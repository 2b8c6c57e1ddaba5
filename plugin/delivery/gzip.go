package delivery

import (
	"bytes"
	"compress/gzip"
	"errors"
)

// Gzip returns b compressed.
func Gzip(b []byte) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(b)
	err = errors.Join(err, z.Close())
	return out.Bytes(), err
}
