package delivery

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

// receiver is a fake in_forward: each connection goes to serve.
type receiver struct {
	net.Listener
	serve func(r *receiver, conn net.Conn)
	all   sync.WaitGroup

	mu     sync.Mutex
	conns  []net.Conn
	chunks []chunk // in the order in which they came
}

// chunk is one message of the forward protocol as it came.
type chunk struct {
	tag     string
	id      string
	times   []time.Time
	records []map[string]any
}

func (c chunk) numbers() (n []int) {
	for _, r := range c.records {
		n = append(n, int(reflect.ValueOf(r["n"]).Convert(reflect.TypeFor[int64]()).Int()))
	}
	return n
}

func listen(t *testing.T, serve func(*receiver, net.Conn)) *receiver {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return receive(t, l, serve)
}

func receive(t *testing.T, l net.Listener, serve func(*receiver, net.Conn)) *receiver {
	r := &receiver{Listener: l, serve: serve}
	r.all.Go(func() {
		for {
			conn, err := r.Accept()
			if err != nil {
				return
			}
			r.mu.Lock()
			r.conns = append(r.conns, conn)
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

func (r *receiver) end() {
	_ = r.Close()
	r.mu.Lock()
	for _, conn := range r.conns {
		_ = conn.Close()
	}
	r.mu.Unlock()
	r.all.Wait()
}

func (r *receiver) config() ForwardConfig {
	at := r.Addr().(*net.TCPAddr)
	return ForwardConfig{Host: "127.0.0.1", Port: at.Port, Tag: "alert.redshank", Timeout: time.Minute}
}

func (r *receiver) took() []chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.chunks
}

func (r *receiver) keep(c chunk) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.chunks = append(r.chunks, c)
}

// acknowledge is a receiver that works.
func acknowledge(r *receiver, conn net.Conn) {
	for dec := msgpack.NewDecoder(conn); ; {
		c, err := readChunk(dec)
		if err != nil {
			r.keep(chunk{tag: err.Error()}) // EOF, usually
			return
		}
		r.keep(c)
		answer(conn, map[string]any{"ack": c.id})
	}
}

func answer(conn net.Conn, what any) {
	b, _ := msgpack.Marshal(what)
	_, _ = conn.Write(b)
}

func readChunk(dec *msgpack.Decoder) (c chunk, err error) {
	if n, err := dec.DecodeArrayLen(); err != nil || n != 3 {
		return c, errors.Join(err, errors.New("not three elements"))
	}
	c.tag, _ = dec.DecodeString()
	entries, _ := dec.DecodeBytes()
	options, err := dec.DecodeMap()
	if err != nil {
		return c, err
	}
	c.id, _ = options["chunk"].(string)
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
	if err == nil && fmt.Sprint(options["size"]) != fmt.Sprint(len(c.records)) {
		err = errors.New("size is not the number of records")
	}
	return c, err
}

func (c *chunk) read(entries []byte) error {
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
		c.times = append(c.times, time.Unix(sec, nsec))
		c.records = append(c.records, record)
	}
}
