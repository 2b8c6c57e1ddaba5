package windows

import (
	"bytes"
	"strconv"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

const (
	// maxScript is how much of one script block is emitted at once, in bytes.
	// What is longer is emitted in several events.
	maxScript = 64 << 10
	// maxBlocks is how many blocks are put together at a time; with maxScript
	// that is 2 MiB at most. PowerShell logs the parts of a block at once, so
	// more than one on a machine is rare.
	maxBlocks = 32
	// maxParts is how many parts a block may have; the parts of a longer one
	// are emitted one by one. A part has about 20,000 letters.
	maxParts = 512
	// scriptPatience is how long in event time the rest of a block is waited
	// for. What has arrived is then emitted: a hole must not hide a script.
	scriptPatience = 10 * time.Minute
	// scriptOverlap is how much of what was emitted is emitted again with what
	// follows, in bytes, so that no name is cut in two.
	scriptOverlap = 256
)

// scriptPart is one 4104 event of several; its texts are views.
type scriptPart struct {
	id            []byte
	number, total int
	text          []byte
}

// scriptBlocks puts script blocks together. Parts are copied: it is the one
// place of this format that keeps anything, and allocates, which it does for
// scripts of more than one part only.
type scriptBlocks struct {
	open   *simplelru.LRU[string, *scriptBlock]
	joined []byte
}

type scriptBlock struct {
	parts      [][]byte // by number; nil: not here, or told
	seen       []bool
	left, size int
	told       int // events so far
	tail       []byte
	at         time.Time // of its earliest part
	user, host []byte
	id         []byte
}

func newScriptBlocks() *scriptBlocks {
	open, err := simplelru.NewLRU[string, *scriptBlock](maxBlocks, nil)
	if err != nil {
		panic("source: script blocks: " + err.Error()) // only a size below 1
	}
	return &scriptBlocks{open: open}
}

// add takes one part. ev is the event as far as it holds for the part alone;
// emit gets every block that has become complete, full or too old by it.
func (s *scriptBlocks) add(part scriptPart, ev *event.Event, emit format.Emit) {
	if part.number < 1 || part.number > part.total || part.total > maxParts {
		ev.Detail = ascii.Clip(part.text, maxScript)
		emit(ev)
		return
	}
	at, key := ev.Time, string(ev.Host)+"/"+string(part.id)
	block, ok := s.open.Get(key)
	if !ok {
		block = newScriptBlock(part, ev)
	}
	s.expire(key, at, ok, ev, emit)
	if !ok {
		s.open.Add(key, block)
	}
	if at.Before(block.at) {
		block.at = at
	}
	if block.take(part) && block.size >= maxScript {
		s.tell(block, ev, emit)
	}
	if block.left == 0 {
		s.tell(block, ev, emit)
		s.open.Remove(key)
	}
}

// expire emits the oldest block if it is too old, or in the way of a new one.
func (s *scriptBlocks) expire(key string, now time.Time, known bool, ev *event.Event, emit format.Emit) {
	oldest, block, ok := s.open.GetOldest()
	if !ok || oldest == key {
		return
	}
	full := !known && s.open.Len() == maxBlocks
	if full || now.Sub(block.at) > scriptPatience {
		s.tell(block, ev, emit)
		s.open.Remove(oldest)
	}
}

// newScriptBlock returns a block with copies of the metadata of its first part.
func newScriptBlock(part scriptPart, ev *event.Event) *scriptBlock {
	return &scriptBlock{
		parts: make([][]byte, part.total), seen: make([]bool, part.total), left: part.total, at: ev.Time,
		user: bytes.Clone(ascii.Clip(ev.RawUser, maxWinName)), host: bytes.Clone(ascii.Clip(ev.Host, maxWinName)),
		id: bytes.Clone(ascii.Clip(part.id, maxWinName)),
	}
}

// take adds a part, and reports whether the part is new.
func (b *scriptBlock) take(part scriptPart) bool {
	i := part.number - 1
	if i >= len(b.parts) || b.seen[i] {
		return false
	}
	b.seen[i] = true
	b.left--
	b.parts[i] = bytes.Clone(ascii.Clip(part.text, maxScript))
	b.size += len(b.parts[i])
	return true
}

// tell emits the parts of a block that have arrived, in order, and releases them.
func (s *scriptBlocks) tell(b *scriptBlock, ev *event.Event, emit format.Emit) {
	if b.size == 0 {
		return
	}
	s.joined = append(s.joined[:0], b.tail...)
	for i, part := range b.parts {
		s.joined = append(s.joined, part...)
		b.parts[i] = nil
	}
	b.size = 0
	b.told++
	b.tail = append(b.tail[:0], s.joined[max(0, len(s.joined)-scriptOverlap):]...)

	ev.Reset()
	ev.Source, ev.Service, ev.Action, ev.Outcome = event.WinEvent, event.PowerShell, event.Script, event.Success
	ev.Time, ev.RawUser, ev.Host = b.at, b.user, b.host
	ev.Detail = s.joined
	ev.ID = strconv.AppendInt(append(append(append([]byte(nil), b.host...), '/'), b.id...), int64(b.told), 10)
	emit(ev)
}
