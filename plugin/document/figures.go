package document

// Figures are the counts of one instance since its start, as a health record
// shows them.
type Figures struct {
	Final      bool              `json:"final"` // the last record of the instance
	Records    Records           `json:"records"`
	Sources    map[string]Source `json:"sources,omitempty"`        // sources with at least one record
	Unread     []Unread          `json:"not_understood,omitempty"` // at most ten, the most frequent first
	Coverage   *Coverage         `json:"coverage,omitempty"`
	Events     Events            `json:"events"`
	Tables     Tables            `json:"tables"`
	Baselines  Baselines         `json:"baselines"`
	Incidents  uint64            `json:"incidents"`
	Alerts     uint64            `json:"alerts"`
	Suppressed uint64            `json:"suppressed"` // alerts over the cap per minute
	Muted      uint64            `json:"muted"`      // alerts that the policy kept back
	Mutes      []Mute            `json:"mutes,omitempty"`
	Rules      map[string]Raised `json:"rules"` // by rule id
	Spool      Spool             `json:"spool"`
	Enriched   Enriched          `json:"enriched"`
	Errors     uint64            `json:"sink_errors"`   // failed deliveries
	Flush      float64           `json:"flush_seconds"` // spent in the flush callback
	Crashes    uint64            `json:"crashes"`       // recovered panics
}

// Mute is a mute of the policy, with the alerts that it kept back.
type Mute struct {
	Reason  string `json:"reason"`
	Owner   string `json:"owner"`
	Expires string `json:"expires"`
	Alerts  uint64 `json:"alerts"`
}

// Records counts what was read. Read is the sum of Understood, Ignored, Unknown
// and Malformed.
type Records struct {
	Chunks     uint64 `json:"chunks"`
	Repeated   uint64 `json:"repeated_chunks"`
	Read       uint64 `json:"read"`
	Understood uint64 `json:"understood"`
	Ignored    uint64 `json:"ignored"`
	Unknown    uint64 `json:"unknown"`
	Malformed  uint64 `json:"malformed"`
	Bad        uint64 `json:"bad"`
	LostBytes  uint64 `json:"lost_bytes"`
}

// Source counts the records of one log format.
type Source struct {
	Understood uint64 `json:"understood"`
	Ignored    uint64 `json:"ignored"`
	Malformed  uint64 `json:"malformed"`
}

// Unread is a kind of record that a source does not understand, with the names of the
// fields of one such record and none of their values.
type Unread struct {
	Source  string `json:"source"`
	Reason  string `json:"reason"`
	Tag     string `json:"tag,omitempty"` // empty: any
	Records uint64 `json:"records"`
	Fields  string `json:"fields"`
}

// Events counts the events found in the records.
type Events struct {
	Total      uint64 `json:"total"`
	Duplicates uint64 `json:"duplicates"`
	Late       uint64 `json:"late"`
	Future     uint64 `json:"future"`
	Drill      uint64 `json:"drill"` // of drills; not in the other counts
}

// Tables are the bounded tables of the engine: entries held and evicted.
type Tables struct {
	Clients         int    `json:"clients"`
	ClientsEvicted  uint64 `json:"clients_evicted"`
	Accounts        int    `json:"accounts"`
	AccountsEvicted uint64 `json:"accounts_evicted"`
}

// Baselines counts the accounts with a baseline, and those among them whose
// learning period is over. The name ripe in the record is that of the first
// release.
type Baselines struct {
	Mature int `json:"ripe"`
	All    int `json:"all"`
}

// Raised counts incidents and alerts by severity: low, medium, high, critical.
type Raised struct {
	Incidents map[string]uint64 `json:"incidents"`
	Alerts    map[string]uint64 `json:"alerts"`
}

// Spool is what waits for the sink, and what became of the rest.
type Spool struct {
	Messages  int     `json:"messages"`
	Bytes     int64   `json:"bytes"`
	Age       float64 `json:"age_seconds"` // of the oldest message
	Delivered uint64  `json:"delivered"`
	Dropped   uint64  `json:"dropped"`
	Refused   uint64  `json:"refused"`
}

// Enriched counts chunks of enriched records, and records refused for good.
type Enriched struct {
	Chunks  uint64 `json:"chunks"`
	Errors  uint64 `json:"errors"`
	Refused uint64 `json:"refused"`
}
