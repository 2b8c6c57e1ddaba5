package drill

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// Key is the secret with which drills are marked. It does not print itself.
type Key struct{ secret [32]byte }

// String implements fmt.Stringer.
func (*Key) String() string { return "(secret)" }

// GoString implements fmt.GoStringer.
func (k *Key) GoString() string { return k.String() }

// NewKeyFile writes a new key to path, which must not exist. Only the owner can read
// the file.
func NewKeyFile(path string) error {
	var k Key
	_, _ = rand.Read(k.secret[:]) // never fails
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, hex.EncodeToString(k.secret[:]))
	return errors.Join(err, file.Close())
}

// ReadKey reads the key in a file that NewKeyFile has written. A file that everybody
// can read is an error, except on Windows, where the mode does not show it. No error
// has a part of the content.
func ReadKey(path string) (*Key, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file", path)
	case info.Mode().Perm()&0o007 != 0 && runtime.GOOS != "windows":
		return nil, fmt.Errorf("%s: mode %o lets everybody use the key (want 600)", path, info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(file, 256))
	if err != nil {
		return nil, err
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
	var k Key
	if err != nil || len(secret) != len(k.secret) {
		return nil, fmt.Errorf("%s: not a key (want the file that redshank drill --new-key writes)", path)
	}
	copy(k.secret[:], secret)
	return &k, nil
}
