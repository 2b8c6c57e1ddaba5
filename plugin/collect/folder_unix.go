//go:build !windows

package collect

import (
	"errors"
	"os"
)

// syncFolder makes the creation and the renaming of files in dir durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
