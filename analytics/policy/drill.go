package policy

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/drill"
	"redshank/analytics/policy/strict"
)

// Drill is the section of a policy about drills. Its zero value allows none.
type Drill struct {
	Key      *drill.Key // nil: no drills
	Accounts []string   // as written
	known    map[string]struct{}
	keyFile  string
	node     *yaml.Node
}

// Has reports whether an account, as a record spells it, is in the list of drill
// accounts.
func (d *Drill) Has(account []byte) bool {
	_, ok := d.known[string(account)]
	return ok
}

// maxDrillAccounts bounds the list of drill accounts.
const maxDrillAccounts = 200

func (d *Drill) read(r *strict.Reader, at string, n *yaml.Node) {
	d.node = n
	strict.Section(strict.Fields{
		"key_file": strict.Text(&d.keyFile),
		"accounts": func(r *strict.Reader, at string, n *yaml.Node) {
			d.Accounts, d.known = nil, map[string]struct{}{}
			r.Items(at, n, func(item *yaml.Node) {
				var account string
				strict.Text(&account)(r, at, item)
				switch _, twice := d.known[account]; {
				case account == "":
				case strings.ContainsAny(account, "*, \t\"'\\") || !strings.Contains(account, "@"):
					r.Fail(item, at, "%q: not one account (want drill-01@contoso.com)", strict.Clip(account))
				case twice:
					r.Fail(item, at, "%q: twice", strict.Clip(account))
				case len(d.Accounts) == maxDrillAccounts:
					r.Fail(item, at, "%q: more than %d accounts", strict.Clip(account), maxDrillAccounts)
				default:
					d.Accounts = append(d.Accounts, account)
					d.known[account] = struct{}{}
				}
			})
		},
	})(r, at, n)
}

// finish reads the key.
func (d *Drill) finish(r *strict.Reader) {
	switch {
	case d.keyFile == "" && len(d.Accounts) == 0:
		return
	case d.keyFile == "":
		r.Fail(d.node, "drill.key_file", "missing (want key_file and accounts)")
		return
	case len(d.Accounts) == 0:
		r.Fail(d.node, "drill.accounts", "missing (want key_file and accounts)")
		return
	}
	key, err := drill.ReadKey(r.Path(d.keyFile))
	if err != nil {
		r.Fail(d.node, "drill.key_file", "%v", err)
	}
	d.Key = key
}
