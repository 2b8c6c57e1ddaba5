package coverage

import (
	"fmt"
	"strings"
)

// Words returns the name of a column in words.
func (e Evidence) Words() string { return strings.ReplaceAll(e.String(), "_", " ") }

// Text returns a cell as a table shows it: "yes", a share, "no", "?" or "-".
func (c Cell) Text() string {
	switch c.State {
	case Present:
		return "yes"
	case Partial:
		return fmt.Sprintf("%d %%", c.Share())
	case Missing:
		return "no"
	case NotSeen:
		return "?"
	}
	return "-"
}

// Found returns in how many events the evidence of a cell was found, as text.
func (c Cell) Found() string {
	switch c.State {
	case NotSeen:
		return "no event seen that could have it"
	case Missing:
		return fmt.Sprintf("in none of %d events", c.Of)
	}
	return fmt.Sprintf("in %d of %d events (%d %%)", c.With, c.Of, c.Share())
}

// Names returns the names of the services as text.
func (u Unseen) Names() string { return strings.Join(namesOf(u.Services), ", ") }

// Sentence returns what is blind on the services as text. AN1269 is named as a whole.
func (u Unseen) Sentence() string {
	for n, p := range u.Blind {
		if p.Rule != "AN1269" && n > 0 {
			return "AN1269; " + Sentence(u.Blind[n:])
		}
	}
	return Sentence(u.Blind)
}

// Sentence returns parts as text: "AN1269 valid_credentials; AN0131 signin.tool".
func Sentence(list []Part) string {
	var b strings.Builder
	rule := ""
	for _, p := range list {
		switch {
		case rule == p.Rule:
			b.WriteString(", ")
		case rule != "":
			b.WriteString("; " + p.Rule + " ")
		default:
			b.WriteString(p.Rule + " ")
		}
		rule = p.Rule
		b.WriteString(p.Code)
	}
	return b.String()
}
