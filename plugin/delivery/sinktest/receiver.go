// Package sinktest holds what the tests of the network sinks share: a fake
// receiver of the forward protocol, messages, and TLS servers.
package sinktest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// Receiver is a fake in_forward that hands each connection to a function.
type Receiver struct {
	net.Listener
	serve func(r *Receiver, conn net.Conn)
	all   sync.WaitGroup

	mu     sync.Mutex
	Conns  []net.Conn
	chunks []Chunk // in the order in which they came
}

// Chunk is one message of the forward protocol.
type Chunk struct {
	Tag     string
	ID      string
	Times   []time.Time
	Records []map[string]any
}

// Numbers returns the field n of the records.
func (c Chunk) Numbers() (n []int) {
	for _, r := range c.Records {
		n = append(n, int(reflect.ValueOf(r["n"]).Convert(reflect.TypeFor[int64]()).Int()))
	}
	return n
}

// Listen starts a receiver on a free port of 127.0.0.1.
func Listen(t *testing.T, serve func(*Receiver, net.Conn)) *Receiver {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return Receive(t, l, serve)
}

// Receive starts a receiver over l. It ends with the test.
func Receive(t *testing.T, l net.Listener, serve func(*Receiver, net.Conn)) *Receiver {
	r := &Receiver{Listener: l, serve: serve}
	r.all.Go(func() {
		for {
			conn, err := r.Accept()
			if err != nil {
				return
			}
			r.mu.Lock()
			r.Conns = append(r.Conns, conn)
			r.mu.Unlock()
			r.all.Go(func() {
				defer conn.Close()
				r.serve(r, conn)
			})
		}
	})
	t.Cleanup(r.end)
	return r
}

func (r *Receiver) end() {
	_ = r.Close()
	r.mu.Lock()
	for _, conn := range r.Conns {
		_ = conn.Close()
	}
	r.mu.Unlock()
	r.all.Wait()
}

// Port returns the TCP port of the receiver.
func (r *Receiver) Port() int { return r.Addr().(*net.TCPAddr).Port }

// Took returns the chunks that came.
func (r *Receiver) Took() []Chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.chunks
}

// Keep adds a chunk to those that Took returns.
func (r *Receiver) Keep(c Chunk) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.chunks = append(r.chunks, c)
}

// Acknowledge serves one connection of a receiver that works.
func Acknowledge(r *Receiver, conn net.Conn) {
	for dec := msgpack.NewDecoder(conn); ; {
		c, err := ReadChunk(dec)
		if err != nil {
			r.Keep(Chunk{Tag: err.Error()}) // EOF, usually
			return
		}
		r.Keep(c)
		Answer(conn, map[string]any{"ack": c.ID})
	}
}

// Answer writes what in MessagePack.
func Answer(conn net.Conn, what any) {
	b, _ := msgpack.Marshal(what)
	_, _ = conn.Write(b)
}

// ReadChunk reads one message of the protocol.
func ReadChunk(dec *msgpack.Decoder) (c Chunk, err error) {
	if n, err := dec.DecodeArrayLen(); err != nil || n != 3 {
		return c, errors.Join(err, errors.New("not three elements"))
	}
	c.Tag, _ = dec.DecodeString()
	entries, _ := dec.DecodeBytes()
	options, err := dec.DecodeMap()
	if err != nil {
		return c, err
	}
	c.ID, _ = options["chunk"].(string)
	if options["compressed"] == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(entries))
		if err != nil {
			return c, err
		}
		if entries, err = io.ReadAll(z); err != nil {
			return c, err
		}
	}
	err = c.read(entries)
	if err == nil && fmt.Sprint(options["size"]) != fmt.Sprint(len(c.Records)) {
		err = errors.New("size is not the number of records")
	}
	return c, err
}

func (c *Chunk) read(entries []byte) error {
	for dec := msgpack.NewDecoder(bytes.NewReader(entries)); ; {
		n, err := dec.DecodeArrayLen()
		if errors.Is(err, io.EOF) {
			return nil
		}
		kind, size, err2 := dec.DecodeExtHeader()
		var at [8]byte
		if err := errors.Join(err, err2, dec.ReadFull(at[:])); err != nil || n != 2 || kind != 0 || size != 8 {
			return errors.Join(err, errors.New("not [EventTime, record]"))
		}
		record, err := dec.DecodeMap()
		if err != nil {
			return err
		}
		sec, nsec := int64(at[0])<<24|int64(at[1])<<16|int64(at[2])<<8|int64(at[3]), int64(at[4])<<24|int64(at[5])<<16|int64(at[6])<<8|int64(at[7])
		c.Times = append(c.Times, time.Unix(sec, nsec))
		c.Records = append(c.Records, record)
	}
}
