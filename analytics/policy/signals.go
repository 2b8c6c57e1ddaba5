package policy

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// Signal is one observation that indicates AN0131, as content/signals.yaml
// has it.
type Signal struct {
	Code      string
	Access    bool // of the access to mail; else of the sign-in before it
	Weight    int  // 0 to 100, according to the policy
	Default   int  // default weight, according to the content
	Technique string
	Sources   string
	Says      string
}

// readSignals reads the list of the content. It is not a key of the policy.
func (c *content) readSignals(r *reader, at string, n *yaml.Node) {
	r.items(at, n, func(item *yaml.Node) {
		s, half := Signal{}, ""
		section(fields{
			"code":      text(&s.Code),
			"half":      oneOf(&half, "sign_in", "access"),
			"weight":    number(&s.Default, 0, 100),
			"technique": text(&s.Technique),
			"sources":   text(&s.Sources),
			"says":      text(&s.Says),
		})(r, at, item)
		s.Access, s.Weight = half == "access", s.Default
		c.signals = append(c.signals, s)
	})
}

// Signals returns all signals with the weights in force, in the order of the
// documentation.
func (p *Policy) Signals() []Signal {
	list := slices.Clone(p.content.signals)
	for i := range list {
		if weight, ok := p.Collection.Weights[list[i].Code]; ok {
			list[i].Weight = weight
		}
	}
	return list
}

// signalCodes returns the codes of all signals.
func (c *content) signalCodes() []string {
	codes := make([]string, len(c.signals))
	for i, s := range c.signals {
		codes[i] = s.Code
	}
	return codes
}

// checkWeights reports weights of unknown signals.
func (p *Policy) checkWeights(r *reader) {
	for code := range p.Collection.Weights {
		if !slices.ContainsFunc(p.content.signals, func(s Signal) bool { return s.Code == code }) {
			r.failAt(join("collection.weights", code), "no such signal ("+didYouMean(code, p.content.signalCodes())+"see redshank docs signals)")
		}
	}
}
