//go:build unix

package command

import "golang.org/x/sys/unix"

// writable reports whether this process may make files in folder.
func writable(folder string) bool { return unix.Access(folder, unix.W_OK) == nil }
