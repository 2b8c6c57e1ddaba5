package input

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
)

// A large file of lines is decoded in blocks, on several cores.
const (
	minSplit  = 32 << 20 // smaller files are read in one piece
	splitSize = 8 << 20
	// warmSize is how much of the text before a block is decoded once more, because
	// an act may have several lines and begin there.
	warmSize = 256 << 10
	// maxHeaders bounds the header lines that a block is given.
	maxHeaders = 16
)

// Block is a piece of a log: whole lines.
type Block struct {
	name    string
	head    []byte   // of the log
	headers [][]byte // lines before the block that name columns or dates
	warm    []byte   // lines right before data
	data    []byte
	at      int64 // where data begins
	json    bool
}

// Muter is a Handler that can be told to learn from records without reporting them.
type Muter interface {
	Handler
	Mute(on bool)
}

// Split reads a large plain file of lines, or of one JSON object on each line, and calls
// take with its blocks. For any other file Split does nothing and returns false.
func Split(ctx context.Context, file File, read func(n int), take func(*Block)) (bool, error) {
	if file.Size < minSplit || file.Path == Stdin {
		return false, nil
	}
	f, err := os.Open(file.Path)
	if err != nil {
		return false, nil // Read finds the same
	}
	defer f.Close()
	s := splitter{from: bufio.NewReaderSize(&counted{f, read, ctx}, bufferSize), take: take}
	if !s.begin(file.Path) {
		if _, err := f.Seek(0, io.SeekStart); err == nil {
			read(-bufferSize) // has been counted
		}
		return false, nil
	}
	return true, s.run()
}

// splitter cuts one file into blocks.
type splitter struct {
	from *bufio.Reader
	take func(*Block)
	next Block // without data
}

// begin reports whether the file can be split.
func (s *splitter) begin(name string) bool {
	head, _ := s.from.Peek(headSize)
	for _, magic := range []string{"\x1f\x8b", "\x28\xb5\x2f\xfd", "PK\x03\x04", evtxMagic, string(byteOrderMark)} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return false
		}
	}
	line, _, whole := bytes.Cut(head, []byte{'\n'})
	line = bytes.TrimRight(line, "\r")
	kind := kindOf(head)
	switch {
	case isUTF16(head), isBinary(head[:min(len(head), 512)]), kind == kindExport, kind == kindEvents, len(head) > 262 && bytes.HasPrefix(head[257:], []byte("ustar")):
		return false
	case kind == kindJSON && (!whole || line[0] != '{' || line[len(line)-1] != '}' || isEnvelope(line)):
		return false
	}
	s.next = Block{name: name, head: bytes.Clone(head), json: kind == kindJSON}
	if kind == kindLines && line[0] != '#' && (line[0]|0x20 >= 'a' && line[0]|0x20 <= 'z' || line[0] == '"') {
		s.next.headers = [][]byte{bytes.Clone(line)} // names of columns without a mark
	}
	return true
}

// run reads the file and passes its blocks to take.
func (s *splitter) run() error {
	for {
		data := make([]byte, splitSize, splitSize+bufferSize)
		n, err := io.ReadFull(s.from, data)
		data = data[:n]
		if err == nil {
			var rest []byte
			rest, err = s.from.ReadBytes('\n')
			data = append(data, rest...)
		}
		if len(data) > 0 {
			b := s.next
			b.data = data
			s.take(&b)
			s.follow(data)
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// follow prepares the block behind data.
func (s *splitter) follow(data []byte) {
	s.next.at += int64(len(data))
	warm := data[max(0, len(data)-warmSize):]
	if cut := bytes.IndexByte(warm, '\n'); len(warm) < len(data) && cut >= 0 {
		warm = warm[cut+1:]
	}
	s.next.warm = warm
	if s.next.json {
		return
	}
	for rest := data; ; {
		at := bytes.IndexByte(rest, '#')
		if at < 0 {
			return
		}
		line, after, _ := bytes.Cut(rest[at:], []byte{'\n'})
		if at == 0 || rest[at-1] == '\n' {
			s.header(bytes.TrimRight(line, "\r"))
		}
		rest = after
	}
}

// header keeps a header line, in place of an earlier one of its kind.
func (s *splitter) header(line []byte) {
	kind, _, named := bytes.Cut(line, []byte{':'})
	if !named {
		return
	}
	var headers [][]byte
	for _, h := range s.next.headers { // a new slice: blocks have the old one
		if old, _, _ := bytes.Cut(h, []byte{':'}); !bytes.Equal(old, kind) {
			headers = append(headers, h)
		}
	}
	if len(headers) < maxHeaders {
		s.next.headers = append(headers, bytes.Clone(line))
	}
}

// Read passes the records of a block to a handler.
func (b *Block) Read(to Muter) {
	to.Begin(b.name, b.head)
	to.Mute(true)
	for _, h := range b.headers {
		to.Line(0, h)
	}
	b.lines(to, b.warm, b.at-int64(len(b.warm)))
	to.Mute(false)
	b.lines(to, b.data, b.at)
	to.End(nil)
}

func (b *Block) lines(to Handler, text []byte, at int64) {
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		begin := at
		at += int64(len(text) - len(rest))
		text = rest
		line = withoutEnd(line)
		switch {
		case len(line) == 0:
		case b.json:
			if line = bytes.TrimLeft(line, " \t\x00"); len(line) > 0 {
				to.JSON(begin, line)
			}
		default:
			to.Line(begin, line)
		}
	}
}
