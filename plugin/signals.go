package main

import (
	"fmt"
	"strings"

	"redshank/analytics/policy"
)

// signalsTable is the table of the README, in markdown: the signals of AN0131
// with the weights that they have where no policy overrules them.
func signalsTable() string {
	var b strings.Builder
	b.WriteString("| signal | half | weight | sources | ATT&CK | meaning |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, s := range policy.Default().Signals() {
		half := "sign-in"
		if s.Access {
			half = "access"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %d | %s | %s | %s |\n", s.Code, half, s.Default, s.Sources, s.Technique, s.Says)
	}
	return b.String()
}
