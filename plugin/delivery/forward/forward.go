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

// Config says where a Forward sends to.
type Config struct {
	Host      string // with Port: TCP
	Port      int
	Path      string // of a unix socket, instead
	Tag       string
	SharedKey string // empty: no handshake
	Name      string // of this agent in the handshake; empty: redshank. and the machine's
	Gzip      bool
	TLS       delivery.TLSConfig
	Timeout   time.Duration // of each step; 0: delivery.DefaultTimeout
}

// Forward speaks the client's side of the Fluentd forward protocol, version 1,
// as in_forward of Fluentd and Fluent Bit take it: one batch is one chunk in
// PackedForward mode, out when its acknowledgement has come.
//
// It is an own client because none of the libraries has all of: handshake,
// acknowledgement, an authority of one's own, a limit of time on every step and
// of size on every answer. fluent-logger-golang (v1.10.2) has no handshake and
// no CA file; IBM/fluent-forward-go (v0.4.0) waits for ever in writing and in
// the handshake, and does not connect again.
type Sink struct {
	dialer dialer
	tag    string
	key    string
	name   string
	gzip   bool

	ctx   context.Context // of all connections: ended by Close
	abort context.CancelFunc

	mu     sync.Mutex // Close against Deliver
	conn   net.Conn   // nil: none
	closed bool
	answer *bufio.Reader // of conn; Deliver's alone
}

// New checks c; it connects at the first delivery only, so that an
// agent starts before its receiver does.
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
		// Not the machine's name as it is: receivers refuse one that is theirs,
		// and the receiver may well be the agent that this runs in.
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

// Deliver sends messages as one chunk and waits for its acknowledgement. The
// chunk's id is a digest of what is in it: sent again it is the same.
func (f *Sink) Deliver(messages []delivery.Message) (int, error) {
	entries, n, err := packEntries(messages)
	if n == 0 {
		return 0, err // the first is no document
	}
	frame, id, err := packChunk(f.tag, entries, n, f.gzip)
	if err != nil {
		return 0, fmt.Errorf("forward: %w", err)
	}
	if err := f.carry(frame, id); err != nil {
		return 0, err
	}
	return n, nil
}

// DeliverChunk sends n records as Fluent Bit has packed them, under a tag of
// their own, and waits for the acknowledgement.
func (f *Sink) DeliverChunk(tag string, records []byte, n int) error {
	frame, id, err := packChunk(tag, records, n, f.gzip)
	if err != nil {
		return fmt.Errorf("forward: %w", err)
	}
	return f.carry(frame, id)
}

func (f *Sink) carry(frame []byte, id string) error {
	reused := f.conn != nil
	err := f.send(frame, id)
	var timeout net.Error
	if err != nil && reused && !(errors.As(err, &timeout) && timeout.Timeout()) {
		// A receiver may close a connection that was idle, which shows only in
		// writing to it. That is no failure yet.
		err = f.send(frame, id)
	}
	if err != nil {
		return fmt.Errorf("forward %s: %w", f.dialer.address, err)
	}
	return nil
}

// send leaves no connection behind on which anything went wrong: what is still
// to come on it could be taken for the answer to another chunk.
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

// exchange is one chunk and its acknowledgement. Chunks are not sent ahead of
// it: order would be lost at the first failure, and an alert a millisecond is
// far more than there ever are.
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

// write sends b within one timeout, however slowly the receiver reads.
func (f *Sink) write(b []byte) error {
	// A deadline that cannot be set is that of a closed connection, which the
	// writing tells.
	_ = f.conn.SetWriteDeadline(time.Now().Add(f.dialer.timeout))
	_, err := f.conn.Write(b)
	return err
}

// expect is the reader of one answer, which is limited in time and size.
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

// adopt makes conn the one that Close ends, before anything waits on it.
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
		_ = f.conn.Close() // what went wrong before is what counts
	}
	f.conn, f.answer = nil, nil
}

// Close ends the connection, and with it a Deliver that waits.
func (f *Sink) Close() error {
	f.abort()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.conn == nil {
		return nil
	}
	// Not set to nil, as a Deliver may be using it.
	_ = f.conn.Close() // twice, or broken: gone in any case
	return nil
}
