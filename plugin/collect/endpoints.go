package collect

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Endpoints are the base URLs of a cloud, without a slash at the end.
type Endpoints struct {
	Login, Management, Graph string
}

// clouds are Microsoft's, from the references of the two interfaces.
var clouds = map[string]Endpoints{
	"global":  {"https://login.microsoftonline.com", "https://manage.office.com", "https://graph.microsoft.com"},
	"gcc":     {"https://login.microsoftonline.com", "https://manage-gcc.office.com", "https://graph.microsoft.com"},
	"gcchigh": {"https://login.microsoftonline.us", "https://manage.office365.us", "https://graph.microsoft.us"},
	"dod":     {"https://login.microsoftonline.us", "https://manage.protection.apps.mil", "https://dod-graph.microsoft.us"},
}

// Clouds returns the names that Cloud knows, sorted.
func Clouds() []string { return slices.Sorted(maps.Keys(clouds)) }

// Cloud returns the endpoints of the cloud called name.
func Cloud(name string) (Endpoints, error) {
	e, ok := clouds[name]
	if !ok {
		return Endpoints{}, fmt.Errorf("cloud: %q: want %s", name, strings.Join(Clouds(), ", "))
	}
	return e, nil
}

func (e Endpoints) check() error {
	return errors.Join(checkEndpoint("login-url", e.Login), checkEndpoint("management-url", e.Management), checkEndpoint("graph-url", e.Graph))
}

// checkEndpoint requires https, since secrets and tokens are sent to the endpoint.
// It accepts http for loopback addresses.
func checkEndpoint(name, value string) error {
	u, err := url.Parse(value)
	if err == nil && u.Host != "" && u.RawQuery == "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())) {
		return nil
	}
	return fmt.Errorf("%s: %q: want https://host", name, value)
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
