package baseline

import (
	"redshank/analytics/window"
)

// placeNames are the names of the places that baselines know by hash alone.
// They are shared by all accounts, as most places are, and bounded: about 150
// bytes each. The oldest goes first; what is still in use comes back with the
// next sign-in from that place.
type Names struct {
	*window.Recent[Name]
}

type Name struct {
	Kind Kind
	Text string
}

// usersPerName: only devices are an account's own, and few sources log them.
const usersPerName = 4

// maxPlaceName caps what is kept of a device or an application, in bytes.
const MaxFeatureName = 80

func NewNames(users int) Names {
	return Names{window.NewRecent[Name](max(users/usersPerName, 1024))}
}
