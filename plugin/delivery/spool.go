package delivery

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// MinSpool and DefaultSpool are the least and the usual bound of a spool,
	// in bytes of its messages.
	MinSpool     = 1 << 20
	DefaultSpool = 64 << 20

	// Bounds of one batch, far below what in_forward takes at once (6 MB).
	MaxBatch      = 128
	maxBatchBytes = 512 << 10

	storeRetry = 30 * time.Second // between attempts on a disk that failed
	dropTold   = time.Minute      // between log lines about a full spool
)

// ErrSpoolClosed is what Put says after Close.
var ErrSpoolClosed = errors.New("spool: closed")

// SpoolConfig says where alerts wait. MaxSize bounds their text in bytes,
// 0 is DefaultSpool; the file takes about twice that at most and does not
// shrink.
type SpoolConfig struct {
	Folder  string // of spool.db; empty: alerts wait in memory only
	MaxSize int64
	Log     *slog.Logger
}

// Spool holds messages between the chunk that raised them and the receiver
// that has acknowledged them, in the order of Put. It is at-least-once: what
// Put took is given out until it is settled, over restarts too.
//
// When it is full, the least severe messages go first, and the oldest of
// them; each is counted and the loss is logged. What is on its way out is
// never dropped.
//
// All methods may be called from any goroutine; none waits for a sink. Only
// one goroutine may take.
type Spool struct {
	log   *slog.Logger
	max   int64
	ready chan struct{} // holds a token when there may be something to take

	mu       sync.Mutex
	ledger   *ledger // nil: memory only
	waiting  lanes
	inFlight []*entry  // taken and not settled
	batch    []Message // of inFlight
	unsaved  []*entry  // only in memory until the store takes them
	owed     []uint64  // settled, and not yet removed from the store
	bytes    int64     // waiting and in flight
	last     uint64    // sequence number
	closed   bool
	retryAt  time.Time // of the store after a failure; zero while it works
	dropped  int       // since the last log line about it
	toldAt   time.Time
	stats    SpoolStats
}

// SpoolStats are counts since the spool was opened.
type SpoolStats struct {
	Put       uint64
	Settled   uint64 // delivered and acknowledged
	Dropped   uint64 // by a full spool
	Dead      uint64 // refused by the receiver for good
	Unread    uint64 // damaged in the store after it was opened
	Recovered uint64 // found in the store when it was opened
}

// OpenSpool opens the spool. Its errors are for an operator: a folder that
// cannot be written, a full disk, another instance on the same folder. A file
// that cannot be understood is set aside, said in the log, and a new one begun.
func OpenSpool(c SpoolConfig) (*Spool, error) {
	s := &Spool{log: c.Log, max: max(c.MaxSize, MinSpool), ready: make(chan struct{}, 1)}
	if c.MaxSize == 0 {
		s.max = DefaultSpool
	}
	if c.Folder == "" {
		return s, nil
	}
	// The limit of the file is a backstop for what fragmentation could do.
	ledger, aside, err := openLedger(c.Folder, int(4*s.max+64<<20))
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if aside != nil {
		s.log.Error("spool set aside, a new one is begun", "error", aside)
	}
	s.ledger, s.last = ledger, ledger.last
	for _, e := range ledger.found {
		s.waiting.push(e)
		s.bytes += e.size
	}
	s.stats.Recovered = uint64(len(ledger.found))
	if len(ledger.found) > 0 {
		s.log.Info("alerts of an earlier run wait in the spool", "alerts", len(ledger.found), "bytes", s.bytes)
	}
	ledger.found = nil
	s.makeRoom() // the bound may be lower than it was
	s.wake()
	return s, nil
}

// Put takes messages, durably where there is a store: one transaction for all
// of them. A disk that fails does not fail Put: they are kept in memory then,
// which the log tells, and saved when the disk works again.
func (s *Spool) Put(messages []Message) error {
	if len(messages) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrSpoolClosed
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
	s.save(nil)
	s.wake()
	return nil
}

// makeRoom drops messages until the rest fits. A new one that is less severe
// than all others drops itself.
func (s *Spool) makeRoom() {
	for s.bytes > s.max {
		e := s.waiting.least()
		if e == nil {
			break // all is in flight
		}
		s.forget(e)
		s.stats.Dropped++
		s.dropped++
	}
	if now := time.Now(); s.dropped > 0 && now.Sub(s.toldAt) >= dropTold {
		s.log.Error("spool full: alerts dropped, the least severe and oldest first", "dropped", s.dropped, "dropped_total", s.stats.Dropped,
			"waiting", s.waiting.len()+len(s.inFlight), "bytes", s.bytes)
		s.dropped, s.toldAt = 0, now
	}
}

// forget lets go of an entry that is in no queue any more.
func (s *Spool) forget(e *entry) {
	s.bytes -= e.size
	e.gone = true
	if e.unsaved == nil {
		s.owed = append(s.owed, e.seq)
	}
}

// save brings the store up to date, and bury with it. Where the disk fails,
// what is unsaved stays in memory, what is owed may be delivered again after a
// restart, and the disk is tried again later.
func (s *Spool) save(bury []*entry) {
	s.unsaved = live(s.unsaved)
	if s.ledger == nil || s.closed || len(s.unsaved)+len(s.owed)+len(bury) == 0 || time.Now().Before(s.retryAt) {
		return
	}
	err := s.ledger.apply(change{save: s.unsaved, remove: s.owed, bury: bury})
	if err != nil {
		if s.retryAt.IsZero() {
			s.log.Error("spool cannot be written: alerts wait in memory until it can", "unsaved", len(s.unsaved), "error", err)
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
	s.unsaved, s.owed = nil, nil
}

// live leaves out, in place, what was delivered or dropped before it was saved.
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

// wake leaves a token for the sender; one is enough for any number of Puts.
func (s *Spool) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// take is the oldest messages, as many as make a batch. Until they are settled
// it gives the same ones, so that a chunk that is sent again is the same chunk.
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

// batchOpen tells whether another message belongs to the batch of size bytes
// that is being made; one that was given out before is not added to.
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

// message reads what e stands for. What cannot be read stays in the file, for
// the next start to judge, and is out of the way of the others.
func (s *Spool) message(e *entry) (Message, bool) {
	if e.unsaved != nil {
		return *e.unsaved, true
	}
	m, err := s.ledger.read(e.seq)
	if err == nil {
		return m, true
	}
	s.bytes -= e.size
	s.stats.Unread++
	s.log.Error("alert in the spool cannot be read", "sequence", e.seq, "error", err)
	return Message{}, false
}

// settle says that the first n of the batch are acknowledged.
func (s *Spool) settle(n int) {
	if n <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n = min(n, len(s.inFlight))
	s.shift(n)
	s.stats.Settled += uint64(n)
	s.save(nil)
}

// bury says that the first of the batch will never be taken: it becomes a
// dead letter of the store. Without one, only the count and the log are left.
// It is the incident that the message is of.
func (s *Spool) bury() (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.inFlight) == 0 {
		return ""
	}
	e, m := s.inFlight[0], s.batch[0]
	e.unsaved = &m // its record in the grave is written anew
	s.shift(1)
	s.stats.Dead++
	s.save([]*entry{e})
	return m.ID
}

// shift takes the first n out of flight, for whatever reason.
func (s *Spool) shift(n int) {
	for _, e := range s.inFlight[:n] {
		s.forget(e)
	}
	s.inFlight, s.batch = s.inFlight[n:], s.batch[n:]
	if len(s.inFlight) == 0 {
		s.inFlight, s.batch = nil, nil
	}
}

// Depth is how many messages wait, their size in bytes, and when the oldest
// was put; zero where none waits.
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

// Stats are the counts so far.
func (s *Spool) Stats() SpoolStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// DeadLetters calls each with what receivers refused for good, oldest first.
func (s *Spool) DeadLetters(each func(Message)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ledger == nil || s.closed {
		return nil
	}
	return s.ledger.each(bucketDead, func(_ uint64, _ []byte, m Message, _ int64) { each(m) })
}

// Close ends the spool; stop its sender first. Messages that were in memory
// only are lost.
func (s *Spool) Close() (lost int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, nil
	}
	s.retryAt = time.Time{}
	s.save(nil)
	s.closed = true
	if s.ledger != nil {
		err = s.ledger.Close()
	}
	return len(s.unsaved), err
}
