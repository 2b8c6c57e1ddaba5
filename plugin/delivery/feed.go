package delivery

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// MaxFeed is how many addresses a feed has at most. In a full feed the address
// that expires first makes room.
const MaxFeed = 10_000

// feedTick is how often expired addresses leave the files.
const feedTick = time.Minute

// FeedEntry is one address of a feed. In a message the time of expiry is not set:
// the sink counts it from the time of the message. An entry of a message without an
// address withdraws those of its incident.
type FeedEntry struct {
	Value    string    `json:"value"` // an address or a prefix
	Expires  time.Time `json:"expires,omitzero"`
	Incident string    `json:"incident"`
	Reason   string    `json:"reason"` // class of the incident
	Severity string    `json:"severity"`
}

// Feed keeps a list of addresses to block in three files:
//
//	PATH       one address or prefix a line, for firewalls
//	PATH.csv   for `cscli decisions import` of CrowdSec: time left, scope, address, reason
//	PATH.json  address, incident, reason, severity and time of expiry; read at the start
//
// Each file is replaced whole, so a reader never sees part of one.
type Feed struct {
	path    string
	ttl     time.Duration
	allowed func(netip.Prefix) bool // may stand in the feed by the policy of this moment

	mu      sync.Mutex
	entries map[string]FeedEntry
	stop    chan struct{}
	stopped sync.WaitGroup
	once    sync.Once
}

// NewFeed opens the feed at path, whose folder has to exist, and takes over what
// an earlier run left there. An address stays for ttl after the last alert about
// it, as long as allowed reports that it may.
func NewFeed(path string, ttl time.Duration, allowed func(netip.Prefix) bool) (*Feed, error) {
	f := &Feed{path: path, ttl: ttl, allowed: allowed, entries: map[string]FeedEntry{}, stop: make(chan struct{})}
	if err := f.read(); err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	if err := f.write(time.Now()); err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	f.stopped.Go(f.expire)
	return f, nil
}

// read takes over the entries of an earlier run.
func (f *Feed) read() error {
	body, err := os.ReadFile(f.path + ".json")
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(body) == 0 { // empty after a loss of power
		return nil
	}
	if err != nil {
		return err
	}
	var list []FeedEntry
	if err := json.Unmarshal(body, &list); err != nil {
		return fmt.Errorf("%s.json: not a feed of an earlier run (want it removed): %w", f.path, err)
	}
	for _, e := range list[:min(len(list), MaxFeed)] {
		f.entries[e.Value] = e
	}
	return nil
}

// expire writes the files anew from time to time, until Close.
func (f *Feed) expire() {
	tick := time.NewTicker(feedTick)
	defer tick.Stop()
	for {
		select {
		case <-f.stop:
			return
		case now := <-tick.C:
			f.mu.Lock()
			_ = f.write(now) // the next delivery reports the error
			f.mu.Unlock()
		}
	}
}

// Deliver adds or withdraws the addresses of messages, each a list of FeedEntry. The time of
// expiry counts from the time of the message, or from now where that lies in the
// future.
func (f *Feed) Deliver(messages []Message) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	for n, m := range messages {
		var list []FeedEntry
		if err := json.Unmarshal(m.JSON, &list); err != nil {
			if n > 0 {
				return n, f.write(now)
			}
			return 0, &Rejected{Err: fmt.Errorf("feed: %w", err)}
		}
		from := m.Time
		if from.After(now) {
			from = now
		}
		for _, e := range list {
			if e.Value == "" {
				maps.DeleteFunc(f.entries, func(_ string, o FeedEntry) bool { return o.Incident == e.Incident })
				continue
			}
			e.Expires = from.Add(f.ttl).UTC().Truncate(time.Second)
			if old, ok := f.entries[e.Value]; !ok || e.Expires.After(old.Expires) {
				f.entries[e.Value] = e
			}
		}
	}
	if err := f.write(now); err != nil {
		return 0, fmt.Errorf("feed: %w", err)
	}
	return len(messages), nil
}

// current returns the entries that may stand in the feed at a time, sorted by
// value, and drops the others.
func (f *Feed) current(now time.Time) []FeedEntry {
	var list []FeedEntry
	for value, e := range f.entries {
		prefix, err := feedPrefix(value)
		if err != nil || !e.Expires.After(now) || !f.allowed(prefix) {
			delete(f.entries, value)
			continue
		}
		list = append(list, e)
	}
	if over := len(list) - MaxFeed; over > 0 {
		slices.SortFunc(list, func(a, b FeedEntry) int { return a.Expires.Compare(b.Expires) })
		for _, e := range list[:over] {
			delete(f.entries, e.Value)
		}
		list = list[over:]
	}
	slices.SortFunc(list, func(a, b FeedEntry) int { return strings.Compare(a.Value, b.Value) })
	return list
}

// feedPrefix parses an address or a prefix.
func feedPrefix(value string) (netip.Prefix, error) {
	if strings.Contains(value, "/") {
		return netip.ParsePrefix(value)
	}
	ip, err := netip.ParseAddr(value)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(ip, ip.BitLen()), nil
}

// write replaces the files. The caller holds mu.
func (f *Feed) write(now time.Time) error {
	list := f.current(now)
	var plain, table bytes.Buffer
	rows := csv.NewWriter(&table)
	_ = rows.Write([]string{"duration", "scope", "value", "reason"}) // to memory
	for _, e := range list {
		plain.WriteString(e.Value + "\n")
		scope := "ip"
		if strings.Contains(e.Value, "/") {
			scope = "range"
		}
		left := max(int(e.Expires.Sub(now).Seconds()), 1)
		_ = rows.Write([]string{strconv.Itoa(left) + "s", scope, e.Value, "redshank/" + e.Reason})
	}
	rows.Flush()
	if list == nil {
		list = []FeedEntry{}
	}
	all, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return err
	}
	return errors.Join(replaceFile(f.path+".json", append(all, '\n'), feedMode), replaceFile(f.path+".csv", table.Bytes(), feedMode), replaceFile(f.path, plain.Bytes(), feedMode))
}

// feedMode allows a firewall or a web server of another user to read the addresses.
const feedMode = 0o644

// replaceFile writes a file beside path and, once it is on disk, renames it to path: a loss of
// power leaves the old contents or the new ones.
func replaceFile(path string, body []byte, mode os.FileMode) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = file.Write(body)
	if err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// Close ends the removal of expired addresses. The files stay.
func (f *Feed) Close() error {
	f.once.Do(func() { close(f.stop) })
	f.stopped.Wait()
	return nil
}
