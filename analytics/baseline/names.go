package baseline

import (
	"redshank/analytics/window"
)

// Names are the names of features, of which a baseline keeps only the hash. Names
// are shared by all accounts and bounded, at about 100 bytes each. The oldest name
// is dropped first; a feature still in use gets its name back on the next day.
type Names struct {
	*window.Recent[Name]
}

// Name is the name of a feature.
type Name struct {
	Kind Kind
	Text string
}

// usersPerName is how many accounts share a name: only devices belong to a single
// account, and few sources log them.
const usersPerName = 4

// MaxFeatureName bounds the name of a device or an application, in bytes.
const MaxFeatureName = 80

// NewNames returns names for a number of accounts.
func NewNames(maxUsers int) Names {
	return Names{window.NewRecent[Name](max(maxUsers/usersPerName, 1024))}
}
