package input

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	bufferSize = 1 << 20
	// maxNesting is how many containers may stand around a log: a compressed
	// archive of compressed files.
	maxNesting = 3
	// zstdMemory bounds the window of a zstd stream, in bytes.
	zstdMemory = 128 << 20
)

// errBinary is the error of a file that is neither text nor of a known kind.
var errBinary = errors.New("not a log: binary data")

// Handler takes the records of logs, one log at a time. The bytes are valid until the
// method returns.
type Handler interface {
	// Begin starts a log; head is the beginning of its text, for a hash.
	Begin(name string, head []byte)
	// Line takes a line of text, without its line end. at is where it begins, in
	// bytes from the beginning of the text of the log.
	Line(at int64, line []byte)
	// JSON takes one JSON value; at as in Line, or the number of the value in a
	// log without text.
	JSON(at int64, value []byte)
	// End ends the log; err is nil if all of it was read.
	End(err error)
}

// reader reads one file.
type reader struct {
	ctx    context.Context
	to     Handler
	buf    []byte // of a record in several pieces
	joined []byte // a row of several lines
	at     int64  // bytes of the text that have been read
}

// Read reads one file, or standard input, with the logs packed in it. Errors go to
// Handler.End. read is called with the number of bytes that were read of the stored file.
func Read(ctx context.Context, file File, stdin io.Reader, to Handler, read func(n int)) {
	r := &reader{ctx: ctx, to: to}
	if file.Path == Stdin {
		r.stream("standard input", &counted{stdin, read, ctx}, 0)
		return
	}
	f, err := os.Open(file.Path)
	if err != nil {
		fail(r.to, file.Path, err)
		return
	}
	defer f.Close()
	var magic [8]byte
	n, _ := io.ReadFull(f, magic[:])
	if _, err := f.Seek(0, io.SeekStart); err != nil && n > 0 {
		r.stream(file.Path, &counted{io.MultiReader(bytes.NewReader(magic[:n]), f), read, ctx}, 0)
		return
	}
	switch {
	case bytes.HasPrefix(magic[:n], []byte("PK\x03\x04")):
		r.zip(file.Path, f, file.Size)
		read(int(file.Size))
	case bytes.HasPrefix(magic[:n], []byte(evtxMagic)):
		readEvtx(ctx, to, file.Path, f)
		read(int(file.Size))
	default:
		r.stream(file.Path, &counted{f, read, ctx}, 0)
	}
}

// counted is a Reader that counts bytes and stops when its context ends.
type counted struct {
	io.Reader
	read func(int)
	ctx  context.Context
}

func (c *counted) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.Reader.Read(b)
	c.read(n)
	return n, err
}

// fail reports a log of which nothing could be read.
func fail(to Handler, name string, err error) {
	to.Begin(name, nil)
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err // the name stands before it already
	}
	to.End(err)
}

// stream reads a log or container of any kind.
func (r *reader) stream(name string, from io.Reader, depth int) {
	b := bufio.NewReaderSize(from, bufferSize)
	head, err := b.Peek(512)
	if len(head) == 0 && err != nil && !errors.Is(err, io.EOF) {
		fail(r.to, name, err)
		return
	}
	switch {
	case depth >= maxNesting:
		fail(r.to, name, fmt.Errorf("more than %d containers around it", maxNesting))
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		r.gzip(name, b, depth)
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		r.zstd(name, b, depth)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte(evtxMagic)):
		r.seekable(name, b)
	case len(head) > 262 && bytes.HasPrefix(head[257:], []byte("ustar")):
		r.tar(name, b, depth)
	case isUTF16(head):
		order := unicode.LittleEndian
		if head[0] == 0 {
			order = unicode.BigEndian
		}
		utf16 := unicode.UTF16(order, unicode.UseBOM) // a mark takes precedence
		r.text(name, bufio.NewReaderSize(transform.NewReader(b, utf16.NewDecoder()), bufferSize))
	case isBinary(head):
		fail(r.to, name, errBinary)
	default:
		r.text(name, b)
	}
}

// isUTF16 reports whether a text is in UTF-16: it has a byte order mark, or every second
// byte at its beginning is NUL, and no other.
func isUTF16(head []byte) bool {
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) {
		return true
	}
	head = head[:min(len(head), 64)&^1]
	low, high := 0, 0
	for i := 0; i < len(head); i += 2 {
		if head[i] == 0 {
			high++
		}
		if head[i+1] == 0 {
			low++
		}
	}
	return len(head) >= 16 && (low == len(head)/2 && high == 0 || high == len(head)/2 && low == 0)
}

// isBinary reports whether bytes have control characters that no log has. NULs
// are not among them: IIS allocates its files ahead with zeroes.
func isBinary(head []byte) bool {
	for _, c := range head {
		if c < ' ' && c != 0 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b {
			return true
		}
	}
	return false
}

func (r *reader) gzip(name string, from io.Reader, depth int) {
	z, err := gzip.NewReader(from)
	if err != nil {
		fail(r.to, name, err)
		return
	}
	r.stream(name, z, depth+1)
}

func (r *reader) zstd(name string, from io.Reader, depth int) {
	z, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(zstdMemory))
	if err != nil {
		fail(r.to, name, err)
		return
	}
	defer z.Close()
	r.stream(name, z, depth+1)
}

// zip reads the members of an archive. The names of members are for display
// only; no file is made by them.
func (r *reader) zip(name string, from io.ReaderAt, size int64) {
	z, err := zip.NewReader(from, size)
	if err != nil {
		fail(r.to, name, err)
		return
	}
	for _, member := range z.File {
		if member.FileInfo().IsDir() {
			continue
		}
		inner := name + "/" + member.Name
		m, err := member.Open()
		if err != nil {
			fail(r.to, inner, err)
			continue
		}
		r.stream(inner, &counted{m, func(int) {}, r.ctx}, 1)
		m.Close()
	}
}

func (r *reader) tar(name string, from io.Reader, depth int) {
	t := tar.NewReader(from)
	for {
		header, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			fail(r.to, name, err)
			return
		case header.Typeflag == tar.TypeReg:
			r.stream(name+"/"+header.Name, t, depth+1)
		}
	}
}

// seekable copies what can only be read from a file to a temporary one: an event
// log in an archive, or an archive on standard input.
func (r *reader) seekable(name string, from *bufio.Reader) {
	f, err := os.CreateTemp("", "redshank-input-*")
	if err != nil {
		fail(r.to, name, err)
		return
	}
	defer os.Remove(f.Name())
	defer f.Close()
	magic, _ := from.Peek(4)
	zipped := bytes.HasPrefix(magic, []byte("PK"))
	size, err := io.Copy(f, from)
	switch {
	case err != nil:
		fail(r.to, name, err)
	case zipped:
		r.zip(name, f, size)
	default:
		readEvtx(r.ctx, r.to, name, f)
	}
}
