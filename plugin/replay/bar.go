package replay

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// bar shows how far a run is. Without a terminal it does nothing.
type bar struct {
	to    io.Writer // nil: not shown
	shown *progressbar.ProgressBar
}

func newBar(to io.Writer, shown bool) *bar {
	if !shown {
		to = nil
	}
	return &bar{to: to}
}

// start begins a phase of total bytes or events; 0: not known.
func (b *bar) start(what string, total int64, bytes bool) {
	if b.to == nil {
		return
	}
	if total == 0 {
		total = -1
	}
	b.shown = progressbar.NewOptions64(total, progressbar.OptionSetWriter(b.to), progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(bytes), progressbar.OptionShowCount(), progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
}

// add moves on. It may be called by several goroutines.
func (b *bar) add(n int) {
	if b.shown != nil {
		_ = b.shown.Add(n)
	}
}

// stop removes the bar.
func (b *bar) stop() {
	if b.shown != nil {
		_ = b.shown.Finish()
	}
	b.shown = nil
}
