package explain

import (
	"fmt"
	"net/netip"
	"strings"
)

// Subject is an account, by its canonical name, or the address of a client.
type Subject struct {
	Account string     // empty: Address is the subject
	Address netip.Addr // invalid: Account is the subject
}

// String returns the name or the address.
func (s Subject) String() string {
	if s.Account != "" {
		return s.Account
	}
	return s.Address.String()
}

// Describer is an analytic that can describe its state of a subject.
type Describer interface {
	// Describe returns what the analytic holds about a subject now. It changes nothing
	// that matters to the detection.
	Describe(s Subject) []Fact
}

// Fact is one fact about a subject: a figure with the threshold that it
// is compared with, a failure, a signal.
type Fact struct {
	Of    string // id of the rule, or "policy"
	Name  string
	Value string
}

// Facts are a list of facts of one rule, as it is built.
type Facts struct {
	Of   string
	List []Fact
}

// Add adds a fact. format and args are those of fmt.Sprintf.
func (f *Facts) Add(name, format string, args ...any) {
	f.List = append(f.List, Fact{f.Of, name, strings.TrimSpace(fmt.Sprintf(format, args...))})
}
