package command

// writable reports true: what an access list of Windows allows is known only
// after writing.
func writable(string) bool { return true }
