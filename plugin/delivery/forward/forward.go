// Package forward is the sink that speaks the Fluentd forward protocol.
package forward

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"redshank/plugin/delivery"
)

// Config describes the receiver of a Sink and how to reach it.
type Config struct {
	Host      string
	Port      int
	Path      string // of a unix socket, instead of Host and Port
	Tag       string
	SharedKey string // empty: no handshake
	Name      string // of this agent in the handshake; empty: "redshank." and the host name
	Gzip      bool
	TLS       delivery.TLSConfig
	Timeout   time.Duration // of each step; 0: delivery.DefaultTimeout
}

// Sink is a client of the Fluentd forward protocol, version 1, for in_forward of
// Fluentd and Fluent Bit. One batch is one chunk in PackedForward mode, delivered
// when its acknowledgement has come.
//
// No library has all that a delivery needs: handshake, acknowledgement, a CA
// file, a timeout for every step and a bound for every answer.
// fluent-logger-golang (v1.10.2) has no handshake and no CA file;
// IBM/fluent-forward-go (v0.4.0) has no timeout for writes and the handshake,
// and does not reconnect.
type Sink struct {
	dialer dialer
	tag    string
	key    string
	name   string
	gzip   bool

	ctx   context.Context // of all connections; ended by Close
	abort context.CancelFunc

	mu     sync.Mutex // Close against Deliver
	conn   net.Conn   // nil: not connected
	closed bool
	answer *bufio.Reader // of conn; used by Deliver only
}

// New checks c and returns a sink. The sink connects at the first delivery, so an
// agent can start before its receiver.
func New(c Config) (*Sink, error) {
	f := &Sink{tag: c.Tag, key: c.SharedKey, name: c.Name, gzip: c.Gzip}
	f.dialer = dialer{network: "tcp", address: net.JoinHostPort(c.Host, strconv.Itoa(c.Port)), timeout: c.Timeout}
	if c.Path != "" {
		f.dialer.network, f.dialer.address = "unix", c.Path
	}
	if f.dialer.timeout <= 0 {
		f.dialer.timeout = delivery.DefaultTimeout
	}
	switch {
	case f.tag == "":
		return nil, errors.New("forward: no tag")
	case c.Path != "" && c.TLS.On:
		return nil, errors.New("forward: no TLS on a unix socket")
	}
	if f.name == "" {
		// A receiver refuses its own name, and the receiver may be the agent in
		// which the sink runs.
		host, _ := os.Hostname()
		f.name = "redshank." + host
	}
	if c.TLS.On {
		config, err := c.TLS.Client(c.Host)
		if err != nil {
			return nil, fmt.Errorf("forward: %w", err)
		}
		f.dialer.tls = config
	}
	f.ctx, f.abort = context.WithCancel(context.Background())
	return f, nil
}

// Deliver sends messages as one chunk and waits for its acknowledgement. The id
// of the chunk is a digest of its contents, so a chunk that is sent again has the
// same id.
func (f *Sink) Deliver(messages []delivery.Message) (int, error) {
	entries, n, err := packEntries(messages)
	if n == 0 {
		return 0, err // the first message is not a JSON object
	}
	frame, id, err := packChunk(f.tag, entries, n, f.gzip)
	if err != nil {
		return 0, fmt.Errorf("forward: %w", err)
	}
	if err := f.deliver(frame, id); err != nil {
		return 0, err
	}
	return n, nil
}

// DeliverChunk sends n records, packed by Fluent Bit, under tag and waits for the
// acknowledgement.
func (f *Sink) DeliverChunk(tag string, records []byte, n int) error {
	frame, id, err := packChunk(tag, records, n, f.gzip)
	if err != nil {
		return fmt.Errorf("forward: %w", err)
	}
	return f.deliver(frame, id)
}

func (f *Sink) deliver(frame []byte, id string) error {
	reused := f.conn != nil
	err := f.send(frame, id)
	var timeout net.Error
	if err != nil && reused && !(errors.As(err, &timeout) && timeout.Timeout()) {
		// The receiver may have closed an idle connection, which only a write
		// reveals. One attempt over a new connection follows.
		err = f.send(frame, id)
	}
	if err != nil {
		return fmt.Errorf("forward %s: %w", f.dialer.address, err)
	}
	return nil
}

// send drops a connection after any error, because a late answer on it could be
// taken for the answer to another chunk.
func (f *Sink) send(frame []byte, id string) error {
	err := f.connect()
	if err == nil {
		err = f.exchange(frame, id)
	}
	if err != nil {
		f.drop()
	}
	return err
}

// exchange sends one chunk and reads its acknowledgement. The next chunk waits for
// that, since a failure in between would change the order of the alerts.
func (f *Sink) exchange(frame []byte, id string) error {
	if err := f.write(frame); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	got, err := readAck(f.expect())
	if err != nil {
		return fmt.Errorf("acknowledgement: %w", err)
	}
	if got != id {
		return fmt.Errorf("acknowledgement: of chunk %.40q (want %q)", got, id)
	}
	return nil
}

// write sends b within one timeout, however slow the receiver is.
func (f *Sink) write(b []byte) error {
	// The deadline of a closed connection cannot be set; Write returns that error.
	_ = f.conn.SetWriteDeadline(time.Now().Add(f.dialer.timeout))
	_, err := f.conn.Write(b)
	return err
}

// expect returns a reader for one answer, limited in time and size.
func (f *Sink) expect() *answerReader {
	_ = f.conn.SetReadDeadline(time.Now().Add(f.dialer.timeout))
	return &answerReader{r: f.answer, left: maxAnswer}
}

func (f *Sink) connect() error {
	if f.conn != nil {
		return nil
	}
	conn, err := f.dialer.dial(f.ctx)
	if err != nil {
		return err
	}
	if err := f.adopt(conn); err != nil || f.key == "" {
		return err
	}
	if err := f.shake(); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	return nil
}

// adopt makes conn the connection that Close ends, before anything waits on it.
func (f *Sink) adopt(conn net.Conn) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		_ = conn.Close()
		return net.ErrClosed
	}
	f.conn, f.answer = conn, bufio.NewReaderSize(conn, maxAnswer)
	return nil
}

func (f *Sink) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn != nil {
		_ = f.conn.Close() // an earlier error is the one to report
	}
	f.conn, f.answer = nil, nil
}

// Close ends the connection and a waiting Deliver.
func (f *Sink) Close() error {
	f.abort()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.conn == nil {
		return nil
	}
	// conn stays set, because a Deliver may be using it.
	_ = f.conn.Close() // closed already, perhaps
	return nil
}
