package delivery

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"go.uber.org/goleak"
)

func newForward(t *testing.T, c ForwardConfig) *Forward {
	t.Helper()
	f, err := NewForward(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// leakless checks at the very end, after the cleanups that come later.
func leakless(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

func TestForwardSendsMaps(t *testing.T) {
	leakless(t)
	for _, compress := range []bool{false, true} {
		r := listen(t, acknowledge)
		c := r.config()
		c.Gzip = compress
		f := newForward(t, c)
		alert := fullAlert()
		doc := document(t, alert)
		for range 2 { // over one connection
			if n, err := f.Deliver([]Message{{JSON: doc, Time: alert.Time}, numbered(7, 1)[0]}); n != 2 || err != nil {
				t.Fatal(n, err, r.took())
			}
		}
		got := r.took()
		if len(got) != 2 || len(r.conns) != 1 || got[0].tag != "alert.redshank" || len(got[0].records) != 2 || !got[0].times[0].Equal(alert.Time) {
			t.Fatalf("%d connections, %+v", len(r.conns), got)
		}
		if back, _ := json.Marshal(got[0].records[0]); !sameJSON(t, back, doc) {
			t.Errorf("%s\nwant %s", back, doc)
		}
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func TestForwardRejectsWhatIsNoDocument(t *testing.T) {
	r := listen(t, acknowledge)
	f := newForward(t, r.config())
	batch := append(numbered(1, 1), messages("[1]", "{", "")...)
	if n, err := f.Deliver(batch); n != 1 || err != nil {
		t.Error(n, err)
	}
	for i := 1; i < len(batch); i++ {
		if n, err := f.Deliver(batch[i:]); n != 0 || !errors.As(err, new(*Rejected)) {
			t.Errorf("%s: %d, %v", batch[i].JSON, n, err)
		}
	}
}

// What is not acknowledged is sent again as the same chunk, on a connection on
// which no late answer can be mistaken for another's.
func TestForwardSendsAgainTheSameChunk(t *testing.T) {
	leakless(t)
	r := listen(t, func(r *receiver, conn net.Conn) {
		c, err := readChunk(msgpack.NewDecoder(conn))
		if err != nil {
			t.Error(err)
		}
		r.keep(c)
		if len(r.took()) > 1 {
			answer(conn, map[string]any{"ack": c.id})
			return
		}
		_, _ = io.Copy(io.Discard, conn)
	})
	c := r.config()
	c.Timeout = 50 * time.Millisecond
	f := newForward(t, c)
	var timeout net.Error
	if n, err := f.Deliver(numbered(1, 2)); n != 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatal(n, err)
	}
	f.dialer.timeout = time.Minute
	if n, err := f.Deliver(numbered(1, 2)); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := f.Deliver(numbered(2, 2)); n != 2 || err != nil {
		t.Fatal(n, err) // on a connection that the receiver has closed meanwhile
	}
	got := r.took()
	if len(got) != 3 || got[0].id != got[1].id || got[0].id == got[2].id {
		t.Errorf("%+v", got)
	}
}

func TestForwardRefusesOddAnswers(t *testing.T) {
	leakless(t)
	for name, c := range map[string]struct {
		answer string
		want   string
	}{
		"another chunk": {"\x81\xa3ack\xa5other", "of chunk"},
		"no ack":        {"\x81\xa3nak\xa5other", "no ack"},
		"greeting":      {"\x92\xa4HELO\x80", "shared key"},
		"text":          {"HTTP/1.1 400 Bad Request\r\n\r\n", "not an answer"},
		"endless text":  {"\x81\xa3ack\xdb\xff\xff\xff\xff" + strings.Repeat("x", 3*maxAnswer), "longer than"},
		"endless map":   {"\xdf\xff\xff\xff\xff" + strings.Repeat("\xa1x\xc0", 3*maxAnswer), "longer than"},
		"deep":          {strings.Repeat("\x91", 3*maxAnswer), "not an answer"},
		"closed":        {"", "EOF"},
		"half":          {"\x81\xa3ack\xa5oth", "EOF"},
	} {
		r := listen(t, func(r *receiver, conn net.Conn) {
			if _, err := readChunk(msgpack.NewDecoder(conn)); err == nil {
				_, _ = io.WriteString(conn, c.answer)
			}
		})
		n, err := newForward(t, r.config()).Deliver(numbered(1, 2))
		// The rest of an answer that is cut off may arrive as a reset.
		if n != 0 || err == nil || !strings.Contains(err.Error(), c.want) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}

// greet is a receiver with a shared key; change spoils what it says.
func greet(key string, change func(helo map[string]any, pong []any)) func(*receiver, net.Conn) {
	return func(r *receiver, conn net.Conn) {
		nonce := []byte("0123456789abcdef")
		helo, pong := map[string]any{"nonce": nonce, "auth": []byte{}, "keepalive": true}, []any{"PONG", true, "", "receiver", ""}
		dec := msgpack.NewDecoder(conn)
		change(helo, nil)
		answer(conn, []any{"HELO", helo})
		ping, err := dec.DecodeSlice()
		if err != nil || len(ping) != 6 || ping[0] != "PING" {
			return
		}
		salt, host := ping[2].(string), ping[1].(string)
		if ping[3] != keyDigest(salt, host, nonce, key) {
			pong[1], pong[2] = false, "shared key mismatch"
		} else {
			pong[4] = keyDigest(salt, "receiver", nonce, key)
		}
		change(nil, pong)
		if pong[3] == "mirror" {
			pong[3], pong[4] = ping[1], ping[3]
		}
		answer(conn, pong)
		for pong[1] == true {
			c, err := readChunk(dec)
			if err != nil {
				return
			}
			r.keep(c)
			answer(conn, map[string]any{"ack": c.id})
		}
	}
}

func TestForwardHandshake(t *testing.T) {
	leakless(t)
	same := func(map[string]any, []any) {}
	inHelo := func(key string, value any) func(map[string]any, []any) {
		return func(helo map[string]any, _ []any) {
			if helo != nil {
				helo[key] = value
			}
		}
	}
	inPong := func(i int, value any) func(map[string]any, []any) {
		return func(_ map[string]any, pong []any) {
			if pong != nil {
				pong[i] = value
			}
		}
	}
	for name, c := range map[string]struct {
		key    string
		change func(map[string]any, []any)
		want   string
	}{
		"right key":        {"secret", same, ""},
		"wrong key":        {"other", same, "refused"},
		"salts passwords":  {"secret", inHelo("auth", []byte("salt")), ""},
		"no nonce":         {"secret", inHelo("nonce", []byte{}), "no nonce"},
		"odd nonce":        {"secret", inHelo("nonce", 7), "HELO"},
		"more in the helo": {"secret", inHelo("more", []any{1, map[string]any{}}), ""},
		"does not know it": {"secret", inPong(4, "0000"), "does not know"},
		"mirrors":          {"secret", inPong(3, "mirror"), "as we do"},
		"odd pong":         {"secret", inPong(0, "PANG"), "PONG"},
		"odd verdict":      {"secret", inPong(1, "yes"), "PONG"},
	} {
		r := listen(t, greet(c.key, c.change))
		config := r.config()
		config.SharedKey = "secret"
		n, err := newForward(t, config).Deliver(numbered(1, 2))
		switch {
		case c.want == "" && (n != 2 || err != nil || len(r.took()) != 1):
			t.Errorf("%s: %d, %v", name, n, err)
		case c.want != "" && (n != 0 || err == nil || !strings.Contains(err.Error(), c.want) || len(r.took()) != 0):
			t.Errorf("%s: %d, %v (want %s)", name, n, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the key is in the error: %v", name, err)
		}
	}
}

func TestForwardWithoutGreeting(t *testing.T) {
	r := listen(t, func(_ *receiver, conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	c := r.config()
	c.SharedKey, c.Timeout = "secret", 30*time.Millisecond
	if n, err := newForward(t, c).Deliver(numbered(1, 1)); n != 0 || err == nil || !strings.Contains(err.Error(), "HELO") {
		t.Error(n, err)
	}
}

func TestForwardUnix(t *testing.T) {
	leakless(t)
	path := filepath.Join(t.TempDir(), "forward.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skipf("SKIPPED: no unix sockets here: %v", err)
	}
	r := receive(t, l, acknowledge)
	f := newForward(t, ForwardConfig{Path: path, Tag: "a"})
	if n, err := f.Deliver(numbered(1, 2)); n != 2 || err != nil || len(r.took()) != 1 {
		t.Error(n, err)
	}
}

func TestForwardRefusesAtStart(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none.pem")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []ForwardConfig{
		{Host: "127.0.0.1", Port: 24224},
		{Path: "/run/x.sock", Tag: "a", TLS: TLSConfig{On: true}},
		{Host: "127.0.0.1", Port: 24224, Tag: "a", TLS: TLSConfig{On: true, CAFile: none}},
		{Host: "127.0.0.1", Port: 24224, Tag: "a", TLS: TLSConfig{On: true, CAFile: empty}},
	} {
		if _, err := NewForward(c); err == nil || !strings.HasPrefix(err.Error(), "forward: ") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// Close must end a Deliver wherever it waits.
func TestForwardCloseEndsDeliver(t *testing.T) {
	leakless(t)
	for _, key := range []string{"", "secret"} {
		entered := make(chan struct{})
		r := listen(t, func(_ *receiver, conn net.Conn) {
			close(entered)
			_, _ = io.Copy(io.Discard, conn)
		})
		c := r.config()
		c.SharedKey = key
		f := newForward(t, c)
		done := make(chan error)
		go func() {
			_, err := f.Deliver(numbered(1, 1))
			done <- err
		}()
		<-entered
		_ = f.Close()
		if err := <-done; err == nil {
			t.Error("delivered")
		}
		if n, err := f.Deliver(numbered(1, 1)); n != 0 || err == nil {
			t.Error("delivered after Close")
		}
	}
}

func TestEventTime(t *testing.T) {
	for at, want := range map[time.Time]string{
		time.Unix(1, 2):             "\xd7\x00\x00\x00\x00\x01\x00\x00\x00\x02",
		time.Unix(1<<32-1, 0):       "\xd7\x00\xff\xff\xff\xff\x00\x00\x00\x00",
		time.Unix(1<<33, 0):         "\xd7\x00\xff\xff\xff\xff\x00\x00\x00\x00",
		time.Unix(-5, 0):            "\xd7\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		time.Unix(0x69a5_4488, 255): "\xd7\x00\x69\xa5\x44\x88\x00\x00\x00\xff",
	} {
		if got := appendEventTime(nil, at); string(got) != want {
			t.Errorf("%v: %x", at, got)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte("\x81\xa3ack\xa5other"))
	f.Add([]byte("\x92\xa4HELO\x83\xa5nonce\xc4\x02ab\xa4auth\xc4\x00\xa9keepalive\xc3"))
	f.Add([]byte("\x95\xa4PONG\xc3\xa0\xa1h\xa3abc"))
	f.Add([]byte("\xdf\xff\xff\xff\xff\xdb\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if id, err := readAck(bytes.NewReader(b)); err == nil && id == "" {
			t.Error("empty acknowledgement taken")
		}
		if nonce, err := readHelo(bytes.NewReader(b)); err == nil && len(nonce) == 0 {
			t.Error("empty nonce taken")
		}
		if readPong(bytes.NewReader(b), "salt", []byte("nonce"), "secret", "own") == nil {
			t.Error("a proof without the key")
		}
	})
}
