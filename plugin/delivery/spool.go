package delivery

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// minSpool and defaultSpool are the least and the default bound of the
	// messages in a spool, in bytes.
	minSpool     = 1 << 20
	defaultSpool = 64 << 20

	// MaxBatch is the most messages of one batch. Batches stay far below the 6 MB
	// that in_forward accepts.
	MaxBatch      = 128
	maxBatchBytes = 512 << 10

	storeRetry = 30 * time.Second // between attempts on a disk that failed
	dropLogged = time.Minute      // between log lines about a full spool
)

// errSpoolClosed is returned by Put after Close.
var errSpoolClosed = errors.New("spool: closed")

// SpoolConfig describes a spool.
type SpoolConfig struct {
	Folder string // of spool.db; empty: messages wait in memory only
	// MaxSize bounds the text of the waiting messages, in bytes; 0 stands for
	// defaultSpool. The file grows to about twice the bound and does not shrink.
	MaxSize int64
	Log     *slog.Logger
}

// Spool keeps messages, in the order of Put, from the chunk that raised them to
// the acknowledgement of the receiver. Delivery is at least once: a message is
// given out until it is settled, after a restart too.
//
// A full spool drops the least severe messages, the oldest of them first, counts
// each and logs the loss. Messages in flight are never dropped.
//
// All methods may be called from any goroutine, and none waits for a sink. One
// goroutine at a time may take messages.
type Spool struct {
	log   *slog.Logger
	max   int64
	ready chan struct{} // holds a token when messages may be waiting

	mu       sync.Mutex
	store    *spoolStore // nil: memory only
	waiting  queues
	inFlight []*entry  // taken and not settled
	batch    []Message // of inFlight
	unsaved  []*entry  // not in the store yet
	removals []uint64  // settled or dropped, and not removed from the store yet
	dead     []*entry  // refused, and not among the dead letters yet
	deadSize int64     // of dead, in bytes
	bytes    int64     // waiting and in flight
	last     uint64    // sequence number
	closed   bool
	retryAt  time.Time // earliest next use of a failing store; zero while the store works
	dropped  int       // since the last log line about drops
	loggedAt time.Time // of that line
	stats    SpoolStats
}

// SpoolStats counts messages since the spool was opened.
type SpoolStats struct {
	Put       uint64
	Delivered uint64 // acknowledged by the sink
	Dropped   uint64 // because the spool was full
	Dead      uint64 // refused by the receiver for good
	Unread    uint64 // damaged in the store after it was opened
	Recovered uint64 // found in the store when it was opened
}

// OpenSpool opens a spool. An error is for an operator to mend: a folder that
// cannot be written, a full disk, a folder in use by another instance. A damaged
// file is set aside, which the log says, and the spool starts empty.
func OpenSpool(c SpoolConfig) (*Spool, error) {
	s := &Spool{log: c.Log, max: max(c.MaxSize, minSpool), ready: make(chan struct{}, 1)}
	if c.MaxSize == 0 {
		s.max = defaultSpool
	}
	if c.Folder == "" {
		return s, nil
	}
	// The limit of the file guards against fragmentation beyond all experience.
	found, aside, err := openSpoolStore(c.Folder, int(4*s.max+64<<20))
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if aside != nil {
		s.log.Error("spool set aside, a new one is started", "error", aside)
	}
	s.store, s.last = found, found.last
	for _, e := range found.found {
		s.waiting.push(e)
		s.bytes += e.size
	}
	s.stats.Recovered = uint64(len(found.found))
	if len(found.found) > 0 {
		s.log.Info("alerts of an earlier run wait in the spool", "alerts", len(found.found), "bytes", s.bytes)
	}
	found.found = nil
	s.makeRoom() // the bound may have been lowered
	s.wake()
	return s, nil
}

// Put adds messages. A spool with a folder stores all of them in one transaction
// before Put returns. A failing disk is no error of Put: the messages are kept
// in memory, which the log says, and saved when the disk works again.
func (s *Spool) Put(messages []Message) error {
	if len(messages) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errSpoolClosed
	}
	now := time.Now().UnixNano()
	for i := range messages {
		s.last++
		m := messages[i]
		e := newEntry(s.last, m, now)
		e.unsaved = &m
		s.waiting.push(e)
		s.unsaved = append(s.unsaved, e)
		s.bytes += e.size
	}
	s.stats.Put += uint64(len(messages))
	s.makeRoom()
	s.save()
	s.wake()
	return nil
}

// makeRoom drops messages until the rest fits. The dropped one may be the newest,
// when all others are more severe.
func (s *Spool) makeRoom() {
	for s.bytes > s.max {
		e := s.waiting.least()
		if e == nil {
			break // all messages are in flight
		}
		s.forget(e)
		s.stats.Dropped++
		s.dropped++
	}
	if now := time.Now(); s.dropped > 0 && now.Sub(s.loggedAt) >= dropLogged {
		s.log.Error("spool full: alerts dropped, the least severe and oldest first", "dropped", s.dropped, "dropped_total", s.stats.Dropped,
			"waiting", s.waiting.len()+len(s.inFlight), "bytes", s.bytes)
		s.dropped, s.loggedAt = 0, now
	}
}

// forget releases an entry that has left its queue.
func (s *Spool) forget(e *entry) {
	s.bytes -= e.size
	e.gone = true
	if e.unsaved == nil {
		s.removals = append(s.removals, e.seq)
	}
}

// save brings the store up to date. When the disk fails, unsaved and refused
// messages stay in memory, removed ones may be delivered again after a restart,
// and the disk is tried again later.
func (s *Spool) save() {
	s.unsaved = live(s.unsaved)
	if s.store == nil || s.closed || len(s.unsaved)+len(s.removals)+len(s.dead) == 0 || time.Now().Before(s.retryAt) {
		return
	}
	err := s.store.apply(change{save: s.unsaved, remove: s.removals, dead: s.dead})
	if err != nil {
		if s.retryAt.IsZero() {
			s.log.Error("spool cannot be written: alerts wait in memory until it can be", "unsaved", len(s.unsaved), "error", err)
		}
		s.retryAt = time.Now().Add(storeRetry)
		return
	}
	if !s.retryAt.IsZero() {
		s.log.Info("spool can be written again", "saved", len(s.unsaved))
		s.retryAt = time.Time{}
	}
	for _, e := range s.unsaved {
		e.unsaved = nil
	}
	s.unsaved, s.removals, s.dead, s.deadSize = nil, nil, nil, 0
}

// live removes, in place, entries that were delivered or dropped before they were
// saved.
func live(entries []*entry) []*entry {
	kept := entries[:0]
	for _, e := range entries {
		if !e.gone {
			kept = append(kept, e)
		}
	}
	clear(entries[len(kept):])
	return kept
}

// wake leaves a token for the sender. One token serves any number of Puts.
func (s *Spool) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// take returns the oldest messages, at most a batch. Until they are settled, take
// returns the same ones, so that a chunk that is sent again is the same chunk.
func (s *Spool) take() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := int64(0)
	for len(s.inFlight) < MaxBatch && !s.closed && s.batchOpen(size) {
		e := s.waiting.next()
		m, ok := s.message(e)
		if !ok {
			continue
		}
		size += e.size
		s.inFlight = append(s.inFlight, e)
		s.batch = append(s.batch, m)
	}
	return s.batch
}

// batchOpen reports whether the batch of size bytes that take is filling has room
// for the next message. Nothing is added to a batch that was given out before.
func (s *Spool) batchOpen(size int64) bool {
	next := s.waiting.peek()
	switch {
	case next == nil:
		return false
	case size == 0:
		return len(s.inFlight) == 0
	}
	return size+next.size <= maxBatchBytes
}

// message returns the message of an entry. A message that cannot be read is
// skipped and stays in the file, which the next start checks.
func (s *Spool) message(e *entry) (Message, bool) {
	if e.unsaved != nil {
		return *e.unsaved, true
	}
	m, err := s.store.read(e.seq)
	if err == nil {
		return m, true
	}
	s.bytes -= e.size
	s.stats.Unread++
	s.log.Error("alert in the spool cannot be read", "sequence", e.seq, "error", err)
	return Message{}, false
}

// acknowledge removes the first n messages of the batch, which the sink has acknowledged.
func (s *Spool) acknowledge(n int) {
	if n <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n = min(n, len(s.inFlight))
	s.shift(n)
	s.stats.Delivered += uint64(n)
	s.save()
}

// reject moves the first message of the batch to the dead letters, because its
// receiver will never accept the message, and returns the id of its incident.
// Without a store the message is only counted.
func (s *Spool) reject() (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.inFlight) == 0 {
		return ""
	}
	e, m := s.inFlight[0], s.batch[0]
	e.unsaved = &m // to be written among the dead letters
	s.shift(1)
	s.stats.Dead++
	if s.store != nil {
		s.addDead(e)
		s.save()
	}
	return m.ID
}

// addDead marks a refused entry for the dead letters. While the disk fails, the entries that
// wait for it have the same bound as the dead letters: the oldest are dropped.
func (s *Spool) addDead(e *entry) {
	s.dead = append(s.dead, e)
	s.deadSize += e.size
	for s.deadSize > maxDead {
		oldest := s.dead[0]
		s.removals = append(s.removals, oldest.seq)
		s.dead, s.deadSize = s.dead[1:], s.deadSize-oldest.size
	}
}

// shift removes the first n entries in flight.
func (s *Spool) shift(n int) {
	for _, e := range s.inFlight[:n] {
		s.forget(e)
	}
	s.inFlight, s.batch = s.inFlight[n:], s.batch[n:]
	if len(s.inFlight) == 0 {
		s.inFlight, s.batch = nil, nil
	}
}

// Depth returns the number of waiting messages, their size in bytes, and the time
// of the oldest Put; the zero time for an empty spool.
func (s *Spool) Depth() (messages int, bytes int64, oldest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	messages = s.waiting.len() + len(s.inFlight)
	first := s.waiting.peek()
	if len(s.inFlight) > 0 {
		first = s.inFlight[0]
	}
	if first != nil {
		oldest = time.Unix(0, first.put)
	}
	return messages, s.bytes, oldest
}

// Stats returns the counts so far.
func (s *Spool) Stats() SpoolStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// DeadLetters calls each with the messages that receivers refused for good, the
// oldest first.
func (s *Spool) DeadLetters(each func(Message)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.store == nil || s.closed {
		return nil
	}
	return s.store.each(bucketDead, func(_ uint64, _ []byte, m Message, _ int64) { each(m) })
}

// Close closes the spool, whose sender has to be stopped first, and returns the
// number of messages that were in memory only and are lost.
func (s *Spool) Close() (lost int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, nil
	}
	s.retryAt = time.Time{}
	s.save()
	s.closed = true
	if s.store != nil {
		err = s.store.Close()
	}
	return len(s.unsaved), err
}
