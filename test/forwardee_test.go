package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// forwardee is a receiver of the forward protocol with acknowledgements. It keeps
// each record as a line of JSON.
type forwardee struct {
	mu    sync.Mutex
	lines strings.Builder
}

func newForwardee(t *testing.T, port int) *forwardee {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	r := &forwardee{}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(conn)
		}
	}()
	return r
}

func (r *forwardee) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lines.String()
}

func (r *forwardee) serve(conn net.Conn) {
	defer conn.Close()
	for dec := msgpack.NewDecoder(conn); ; {
		_, err := dec.DecodeArrayLen()
		_, err2 := dec.DecodeString()
		entries, err3 := dec.DecodeBytes()
		options, err4 := dec.DecodeMap()
		if errors.Join(err, err2, err3, err4) != nil {
			return
		}
		lines, err := jsonLines(entries)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.lines.WriteString(lines)
		r.mu.Unlock()
		ack, _ := msgpack.Marshal(map[string]any{"ack": options["chunk"]})
		if _, err := conn.Write(ack); err != nil {
			return
		}
	}
}

// jsonLines returns the records of [time, record] pairs as lines of JSON.
func jsonLines(entries []byte) (string, error) {
	var b strings.Builder
	for dec := msgpack.NewDecoder(bytes.NewReader(entries)); ; {
		if _, err := dec.DecodeArrayLen(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return b.String(), err
		}
		_, size, err := dec.DecodeExtHeader()
		if err == nil {
			err = dec.ReadFull(make([]byte, size))
		}
		record, err2 := dec.DecodeMap()
		line, err3 := json.Marshal(record)
		if err := errors.Join(err, err2, err3); err != nil {
			return "", err
		}
		b.Write(append(line, '\n'))
	}
}
