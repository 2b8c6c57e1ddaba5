package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
)

// frameHead is the size of the head of a frame, in bytes.
const frameHead = 24

// segment is one file of the write-ahead log: batches in frames, each with a
// number and checksums.
type segment struct {
	file *os.File
	size int64 // of the complete frames, in bytes
	torn bool  // part of another frame may follow
}

// append writes a frame. A part that a failed write left is cut off before the
// next frame; at the end of a file such a part is ignored.
func (s *segment) append(frame []byte) error {
	if s.torn {
		if err := s.file.Truncate(s.size); err != nil {
			return err
		}
	}
	_, err := s.file.WriteAt(frame, s.size)
	if s.torn = err != nil; err == nil {
		s.size += int64(len(frame))
	}
	return err
}

// errStop ends the iteration of each early.
var errStop = errors.New("stop")

// first returns the number of the first frame, or 0 for an empty segment.
func (s *segment) first(format uint32) (first uint64, err error) {
	err = s.each(format, func(number uint64, _ []byte) error {
		first = number
		return errStop
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return first, err
}

// each calls do for every complete frame, in order. The batch belongs to do.
func (s *segment) each(format uint32, do func(number uint64, batch []byte) error) error {
	r := bufio.NewReaderSize(io.NewSectionReader(s.file, 0, math.MaxInt64), 1<<16)
	for {
		number, batch, err := readFrame(r, format)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err == nil {
			err = do(number, batch)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.file.Name(), err)
		}
	}
}

// readFrame reads one frame. An error that is io.EOF or io.ErrUnexpectedEOF
// means that the file ends before the frame does.
func readFrame(r io.Reader, format uint32) (number uint64, batch []byte, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	if crc32.Checksum(head[:20], castagnoli) != binary.BigEndian.Uint32(head[20:]) {
		return 0, nil, fmt.Errorf("%w: frame head", ErrDamaged)
	}
	if got := binary.BigEndian.Uint32(head[:]); got != format {
		return 0, nil, &formatError{got: got, want: format}
	}
	number = binary.BigEndian.Uint64(head[8:])
	batch = make([]byte, binary.BigEndian.Uint32(head[4:]))
	if _, err := io.ReadFull(r, batch); err != nil {
		return 0, nil, err
	}
	if crc32.Checksum(batch, castagnoli) != binary.BigEndian.Uint32(head[16:]) {
		return 0, nil, fmt.Errorf("%w: frame %d", ErrDamaged, number)
	}
	return number, batch, nil
}
