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
	// maxScript bounds the text of one event, in bytes. A longer script block is
	// emitted as several events.
	maxScript = 64 << 10
	// maxBlocks bounds the incomplete blocks; with maxScript they take at most 2
	// MiB. PowerShell logs the parts of a block at once, so a machine rarely has
	// more than one.
	maxBlocks = 32
	// maxParts bounds the parts of a block; the parts of a longer block are emitted
	// one by one. A part has about 20,000 characters.
	maxParts = 512
	// scriptPatience is the event time after which an incomplete block is emitted: a
	// missing part must not hide a script.
	scriptPatience = 10 * time.Minute
	// scriptOverlap is the number of bytes at the end of one event that the next
	// event repeats, so that no name is split.
	scriptOverlap = 256
)

// scriptPart is one of several 4104 events of a block; its texts are views.
type scriptPart struct {
	id            []byte
	number, total int
	text          []byte
}

// scriptBlocks assembles script blocks. Only here does this format keep data and
// allocate: it copies the parts of scripts with more than one part.
type scriptBlocks struct {
	open   *simplelru.LRU[string, *scriptBlock]
	joined []byte
}

type scriptBlock struct {
	parts      [][]byte // by number; nil: missing, or emitted
	seen       []bool
	left, size int
	emitted    int // events emitted so far
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

// add adds one part. ev has the fields of the part alone; emit receives every block
// that is now complete, full or too old.
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
		s.emitParts(block, ev, emit)
	}
	if block.left == 0 {
		s.emitParts(block, ev, emit)
		s.open.Remove(key)
	}
}

// expire emits the oldest block if it is too old, or if a new block needs its
// place.
func (s *scriptBlocks) expire(key string, now time.Time, known bool, ev *event.Event, emit format.Emit) {
	oldest, block, ok := s.open.GetOldest()
	if !ok || oldest == key {
		return
	}
	full := !known && s.open.Len() == maxBlocks
	if full || now.Sub(block.at) > scriptPatience {
		s.emitParts(block, ev, emit)
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

// take adds a part, and reports whether it is new.
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

// emitParts emits the parts of a block that have arrived, in order, and releases them.
func (s *scriptBlocks) emitParts(b *scriptBlock, ev *event.Event, emit format.Emit) {
	if b.size == 0 {
		return
	}
	s.joined = append(s.joined[:0], b.tail...)
	for i, part := range b.parts {
		s.joined = append(s.joined, part...)
		b.parts[i] = nil
	}
	b.size = 0
	b.emitted++
	b.tail = append(b.tail[:0], s.joined[max(0, len(s.joined)-scriptOverlap):]...)

	ev.Reset()
	ev.Source, ev.Service, ev.Action, ev.Outcome = event.WinEvent, event.PowerShell, event.Script, event.Success
	ev.Time, ev.RawUser, ev.Host = b.at, b.user, b.host
	ev.Detail = s.joined
	ev.ID = strconv.AppendInt(append(append(append([]byte(nil), b.host...), '/'), b.id...), int64(b.emitted), 10)
	emit(ev)
}
