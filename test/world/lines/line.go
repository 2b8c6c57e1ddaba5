// Package lines writes the logs of a world in the form in which they lie on
// servers and arrive from the cloud.
package lines

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/record"
	"redshank/test/world/dice"
)

// Line is one line of a log.
type Line struct {
	At      time.Time // when it happened
	Arrives time.Time // when an agent gets to read it
	Tag     string    // tag an agent gives it
	Path    string    // file it stands in
	JSON    bool      // one JSON object, else text
	Text    []byte    // without a line end
	Header  []string  // header lines of a new file
	Seq     int       // order in which lines were written
}

// Pack appends the line to a chunk as an agent does that reads the line at a time:
// [[time, {}], {...}].
func (l *Line) Pack(chunk []byte, read time.Time) []byte {
	at := read.Unix()
	chunk = append(chunk, 0x92, 0x92, 0xd7, 0x00, byte(at>>24), byte(at>>16), byte(at>>8), byte(at), 0, 0, 0, 0, 0x80)
	if l.JSON {
		chunk, _ = record.AppendJSON(chunk, l.Text) // always valid
		return chunk
	}
	chunk = msgp.AppendMapHeader(chunk, 2)
	chunk = msgp.AppendString(msgp.AppendString(chunk, "path"), l.Path)
	return msgp.AppendStringFromBytes(msgp.AppendString(chunk, "log"), l.Text)
}

// Client is where a request comes from: an address and the program behind it.
type Client struct {
	IP    netip.Addr
	Agent string
}

// Setup is how an organisation has set up its logs.
type Setup struct {
	Domain   string            // of mail, as contoso.example
	NetBIOS  string            // CONTOSO
	Others   map[string]string // NetBIOS names of further domains
	Tenant   string            // id of the tenant
	Servers  []string          // names of Exchange servers
	Balancer bool              // a balancer stands before IIS, which logs X-Forwarded-For in a last column
	Bytes    bool              // IIS logs sc-bytes and cs-bytes
	BackEnd  bool              // the log of the back-end site is collected, too
	Proxy    bool              // the logs of HttpProxy are collected
	Security bool              // the Security log is collected
	Entra    bool              // the sign-ins of Entra are exported; else the audit log alone has them
	Local    *time.Location
}

// Writer writes the lines of an organisation. It is not safe for concurrent use.
type Writer struct {
	*feed
	Server
	Tenant
}

// Server writes the logs on the premises.
type Server struct{ *feed }

// Tenant writes the logs of the cloud.
type Tenant struct{ *feed }

// feed hands lines to their reader.
type feed struct {
	Setup
	dice.Dice
	out     func(Line)
	country func(netip.Addr) (code, city string)
	seq     int
	events  int // Windows events so far
}

// NewWriter returns a writer that hands every line to out. country returns where
// an address is, for the location of Entra's records.
func NewWriter(s Setup, rng *rand.Rand, country func(netip.Addr) (code, city string), out func(Line)) *Writer {
	f := &feed{Setup: s, Dice: dice.New(rng, 0, 0), out: out, country: country}
	return &Writer{f, Server{f}, Tenant{f}}
}

// text writes one line of a text file.
func (f *feed) text(tag, path string, at, arrives time.Time, line string, header ...string) {
	f.add(Line{At: at, Arrives: arrives, Tag: tag, Path: path, Text: []byte(line), Header: header})
}

// json writes v as one line. Angle brackets stay as they are, as the services
// write them.
func (f *feed) json(tag, path string, at, arrives time.Time, v any) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // only structs of this package come here
	}
	f.add(Line{At: at, Arrives: arrives, Tag: tag, Path: path, JSON: true, Text: bytes.TrimSuffix(text.Bytes(), []byte("\n"))})
}

func (f *feed) add(l Line) {
	f.seq++
	l.Seq = f.seq
	f.out(l)
}

// flushed returns when a writer that empties its buffer every so often writes
// what happened at t.
func flushed(t time.Time, every time.Duration) time.Time { return t.Truncate(every).Add(every) }

// port draws an ephemeral port.
func (f *feed) port() int { return 49152 + f.Rand.IntN(16000) }
