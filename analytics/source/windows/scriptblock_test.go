package windows

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"redshank/analytics/event"
)

// blockRun feeds parts to script blocks and collects the emitted events.
type blockRun struct {
	blocks  *scriptBlocks
	now     time.Time
	emitted []string
	ids     map[string]bool
}

func newBlockRun() *blockRun {
	return &blockRun{blocks: newScriptBlocks(), now: time.Unix(1783681154, 0).UTC(), ids: map[string]bool{}}
}

func (b *blockRun) add(id string, number, total int, text string) {
	ev := &event.Event{Time: b.now, Host: []byte("EX01"), RawUser: []byte("alice")}
	b.blocks.add(scriptPart{id: []byte(id), number: number, total: total, text: []byte(text)}, ev, func(ev *event.Event) {
		b.emitted = append(b.emitted, string(ev.Detail))
		if len(ev.ID) > 0 {
			b.ids[string(ev.ID)] = true
		}
	})
}

func TestScriptBlocksJoin(t *testing.T) {
	b := newBlockRun()
	b.add("a", 2, 3, "two ")
	b.add("b", 1, 2, "other ")
	b.add("a", 1, 3, "one ")
	b.add("a", 1, 3, "one ") // delivered twice
	if len(b.emitted) != 0 {
		t.Fatalf("emitted too early: %q", b.emitted)
	}
	b.add("a", 3, 3, "three")
	b.add("b", 2, 2, "block")
	if strings.Join(b.emitted, "|") != "one two three|other block" || len(b.ids) != 2 {
		t.Errorf("%q, ids %v", b.emitted, b.ids)
	}
	if n := b.blocks.open.Len(); n != 0 {
		t.Errorf("%d blocks left", n)
	}
}

func TestScriptBlocksTellWhatIsThere(t *testing.T) {
	b := newBlockRun()
	b.add("a", 1, 3, "begin ")
	b.add("a", 3, 3, "end")
	b.now = b.now.Add(scriptPatience + time.Second)
	b.add("b", 1, 2, "x")
	if strings.Join(b.emitted, "|") != "begin end" {
		t.Errorf("too old: %q", b.emitted)
	}
	for i := range maxBlocks {
		b.add("c"+strconv.Itoa(i), 1, 2, "y")
	}
	if b.emitted[1] != "x" || b.blocks.open.Len() != maxBlocks {
		t.Errorf("in the way: %q, %d open", b.emitted, b.blocks.open.Len())
	}
}

func TestScriptBlocksBadNumbers(t *testing.T) {
	b := newBlockRun()
	for _, n := range [][2]int{{0, 3}, {4, 3}, {1, maxParts + 1}, {1 << 30, 1 << 30}} {
		b.add("a", n[0], n[1], "t")
	}
	if len(b.emitted) != 4 || b.blocks.open.Len() != 0 {
		t.Errorf("%q", b.emitted)
	}
	b.add("a", 1, 2, "one ")
	b.add("a", 5, 9, "five ") // another total: the first one holds
	b.add("a", 2, 2, "two")
	if b.emitted[len(b.emitted)-1] != "one two" {
		t.Errorf("%q", b.emitted)
	}
}

// TestScriptBlocksLong checks that a block of any length is emitted without a gap, in
// overlapping pieces, and that the memory for it stays bounded.
func TestScriptBlocksLong(t *testing.T) {
	b := newBlockRun()
	const total, size = 100, 20_000
	var whole bytes.Buffer
	random := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= total; n++ {
		part := make([]byte, size)
		for i := range part {
			part[i] = byte('a' + random.IntN(26))
		}
		whole.Write(part)
		b.add("a", n, total, string(part))
		if block, ok := b.blocks.open.Peek("EX01/a"); ok && block.size > maxScript+size {
			t.Fatalf("%d bytes kept", block.size)
		}
	}
	var joined strings.Builder
	for i, piece := range b.emitted {
		if i > 0 {
			piece = piece[scriptOverlap:]
		}
		joined.WriteString(piece)
	}
	if joined.String() != whole.String() || len(b.emitted) < 20 || len(b.ids) != len(b.emitted) {
		t.Errorf("%d pieces of %d bytes, want %d", len(b.emitted), joined.Len(), whole.Len())
	}
}
