package document

import (
	"strconv"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// ecsSource is the client of the incident.
type ecsSource struct {
	IP      string  `json:"ip"`
	Address string  `json:"address"` // the prefix when the client is a whole prefix
	Geo     *ecsGeo `json:"geo,omitempty"`
	AS      *ecsAS  `json:"as,omitempty"`
}

// ecsGeo is the location of the address, by the database that the policy names.
type ecsGeo struct {
	Country  string `json:"country_iso_code,omitempty"`
	City     string `json:"city_name,omitempty"`
	Location string `json:"location,omitempty"` // latitude,longitude: a geo_point as text
}

// ecsAS is the owner of the address, by the database that the policy names.
type ecsAS struct {
	Number       uint32           `json:"number,omitempty"`
	Organization *ecsOrganization `json:"organization,omitempty"`
}

type ecsOrganization struct {
	Name string `json:"name"`
}

// sourceOf returns nil for a campaign. ECS allows one source only; all addresses
// of a campaign are in related.ip.
func sourceOf(a *alert.Alert) *ecsSource {
	if !a.Source.IsValid() {
		return nil
	}
	out := &ecsSource{IP: a.Source.String(), Address: a.Source.String()}
	if a.Prefix.IsValid() {
		out.Address = a.Prefix.String()
	}
	if g := a.Geo; g.CountryISO != "" || g.City != "" || g.Located {
		out.Geo = &ecsGeo{Country: g.CountryISO, City: text.Cut(g.City, maxName)}
		if g.Located {
			out.Geo.Location = degrees(g.Lat) + "," + degrees(g.Lon)
		}
	}
	if a.AS.Number != 0 {
		out.AS = &ecsAS{Number: a.AS.Number}
		if a.AS.Organization != "" {
			out.AS.Organization = &ecsOrganization{text.Cut(a.AS.Organization, maxName)}
		}
	}
	return out
}

func degrees(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
