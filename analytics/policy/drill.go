package policy

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/drill"
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

func (d *Drill) read(r *reader, at string, n *yaml.Node) {
	d.node = n
	section(fields{
		"key_file": text(&d.keyFile),
		"accounts": func(r *reader, at string, n *yaml.Node) {
			d.Accounts, d.known = nil, map[string]struct{}{}
			r.items(at, n, func(item *yaml.Node) {
				var account string
				text(&account)(r, at, item)
				switch _, twice := d.known[account]; {
				case account == "":
				case strings.ContainsAny(account, "*, \t\"'\\") || !strings.Contains(account, "@"):
					r.fail(item, at, "%q: not one account (want drill-01@contoso.com)", clip(account))
				case twice:
					r.fail(item, at, "%q: twice", clip(account))
				case len(d.Accounts) == maxDrillAccounts:
					r.fail(item, at, "%q: more than %d accounts", clip(account), maxDrillAccounts)
				default:
					d.Accounts = append(d.Accounts, account)
					d.known[account] = struct{}{}
				}
			})
		},
	})(r, at, n)
}

// finish reads the key.
func (d *Drill) finish(r *reader) {
	switch {
	case d.keyFile == "" && len(d.Accounts) == 0:
		return
	case d.keyFile == "":
		r.fail(d.node, "drill.key_file", "missing (want key_file and accounts)")
		return
	case len(d.Accounts) == 0:
		r.fail(d.node, "drill.accounts", "missing (want key_file and accounts)")
		return
	}
	key, err := drill.ReadKey(r.path(d.keyFile))
	if err != nil {
		r.fail(d.node, "drill.key_file", "%v", err)
	}
	d.Key = key
}
