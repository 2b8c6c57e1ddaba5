package forward

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

	"redshank/plugin/delivery"
	"redshank/plugin/delivery/sinktest"
)

func newForward(t *testing.T, c Config) *Sink {
	t.Helper()
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// configOf is how r is reached.
func configOf(r *sinktest.Receiver) Config {
	return Config{Host: "127.0.0.1", Port: r.Port(), Tag: "alert.redshank", Timeout: time.Minute}
}

// alertTime is when the alert of sample happened.
var alertTime = time.Date(2026, 3, 2, 8, 15, 4, 250e6, time.UTC)

// sample is the document of an alert with every field.
func sample(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "document", "testdata", "ecs", "account.json"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestForwardSendsMaps(t *testing.T) {
	sinktest.Leakless(t)
	for _, compress := range []bool{false, true} {
		r := sinktest.Listen(t, sinktest.Acknowledge)
		c := configOf(r)
		c.Gzip = compress
		f := newForward(t, c)
		doc := sample(t)
		for range 2 { // over one connection
			if n, err := f.Deliver([]delivery.Message{{JSON: doc, Time: alertTime}, sinktest.Numbered(7, 1)[0]}); n != 2 || err != nil {
				t.Fatal(n, err, r.Took())
			}
		}
		got := r.Took()
		if len(got) != 2 || len(r.Conns) != 1 || got[0].Tag != "alert.redshank" || len(got[0].Records) != 2 || !got[0].Times[0].Equal(alertTime) {
			t.Fatalf("%d connections, %+v", len(r.Conns), got)
		}
		if back, _ := json.Marshal(got[0].Records[0]); !sameJSON(t, back, doc) {
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
	r := sinktest.Listen(t, sinktest.Acknowledge)
	f := newForward(t, configOf(r))
	batch := append(sinktest.Numbered(1, 1), delivery.Message{JSON: []byte("[1]")}, delivery.Message{JSON: []byte("{")}, delivery.Message{})
	if n, err := f.Deliver(batch); n != 1 || err != nil {
		t.Error(n, err)
	}
	for i := 1; i < len(batch); i++ {
		if n, err := f.Deliver(batch[i:]); n != 0 || !errors.As(err, new(*delivery.Rejected)) {
			t.Errorf("%s: %d, %v", batch[i].JSON, n, err)
		}
	}
}

// What is not acknowledged is sent again as the same chunk, on a connection on
// which no late answer can be mistaken for another's.
func TestForwardSendsAgainTheSameChunk(t *testing.T) {
	sinktest.Leakless(t)
	r := sinktest.Listen(t, func(r *sinktest.Receiver, conn net.Conn) {
		c, err := sinktest.ReadChunk(msgpack.NewDecoder(conn))
		if err != nil {
			t.Error(err)
		}
		r.Keep(c)
		if len(r.Took()) > 1 {
			sinktest.Answer(conn, map[string]any{"ack": c.ID})
			return
		}
		_, _ = io.Copy(io.Discard, conn)
	})
	c := configOf(r)
	c.Timeout = 50 * time.Millisecond
	f := newForward(t, c)
	var timeout net.Error
	if n, err := f.Deliver(sinktest.Numbered(1, 2)); n != 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatal(n, err)
	}
	f.dialer.timeout = time.Minute
	if n, err := f.Deliver(sinktest.Numbered(1, 2)); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := f.Deliver(sinktest.Numbered(2, 2)); n != 2 || err != nil {
		t.Fatal(n, err) // on a connection that the receiver has closed meanwhile
	}
	got := r.Took()
	if len(got) != 3 || got[0].ID != got[1].ID || got[0].ID == got[2].ID {
		t.Errorf("%+v", got)
	}
}

func TestForwardRefusesOddAnswers(t *testing.T) {
	sinktest.Leakless(t)
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
		r := sinktest.Listen(t, func(r *sinktest.Receiver, conn net.Conn) {
			if _, err := sinktest.ReadChunk(msgpack.NewDecoder(conn)); err == nil {
				_, _ = io.WriteString(conn, c.answer)
			}
		})
		n, err := newForward(t, configOf(r)).Deliver(sinktest.Numbered(1, 2))
		// The rest of an answer that is cut off may arrive as a reset.
		if n != 0 || err == nil || !strings.Contains(err.Error(), c.want) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}

// greet returns a receiver with a shared key; change alters its handshake messages.
func greet(key string, change func(helo map[string]any, pong []any)) func(*sinktest.Receiver, net.Conn) {
	return func(r *sinktest.Receiver, conn net.Conn) {
		nonce := []byte("0123456789abcdef")
		helo, pong := map[string]any{"nonce": nonce, "auth": []byte{}, "keepalive": true}, []any{"PONG", true, "", "receiver", ""}
		dec := msgpack.NewDecoder(conn)
		change(helo, nil)
		sinktest.Answer(conn, []any{"HELO", helo})
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
		sinktest.Answer(conn, pong)
		for pong[1] == true {
			c, err := sinktest.ReadChunk(dec)
			if err != nil {
				return
			}
			r.Keep(c)
			sinktest.Answer(conn, map[string]any{"ack": c.ID})
		}
	}
}

func TestForwardHandshake(t *testing.T) {
	sinktest.Leakless(t)
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
		"mirrors":          {"secret", inPong(3, "mirror"), "the name of this client"},
		"odd pong":         {"secret", inPong(0, "PANG"), "PONG"},
		"odd verdict":      {"secret", inPong(1, "yes"), "PONG"},
	} {
		r := sinktest.Listen(t, greet(c.key, c.change))
		config := configOf(r)
		config.SharedKey = "secret"
		n, err := newForward(t, config).Deliver(sinktest.Numbered(1, 2))
		switch {
		case c.want == "" && (n != 2 || err != nil || len(r.Took()) != 1):
			t.Errorf("%s: %d, %v", name, n, err)
		case c.want != "" && (n != 0 || err == nil || !strings.Contains(err.Error(), c.want) || len(r.Took()) != 0):
			t.Errorf("%s: %d, %v (want %s)", name, n, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the key is in the error: %v", name, err)
		}
	}
}

func TestForwardWithoutGreeting(t *testing.T) {
	r := sinktest.Listen(t, func(_ *sinktest.Receiver, conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	c := configOf(r)
	c.SharedKey, c.Timeout = "secret", 30*time.Millisecond
	if n, err := newForward(t, c).Deliver(sinktest.Numbered(1, 1)); n != 0 || err == nil || !strings.Contains(err.Error(), "HELO") {
		t.Error(n, err)
	}
}

func TestForwardUnix(t *testing.T) {
	sinktest.Leakless(t)
	path := filepath.Join(t.TempDir(), "forward.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skipf("SKIPPED: no unix sockets here: %v", err)
	}
	r := sinktest.Receive(t, l, sinktest.Acknowledge)
	f := newForward(t, Config{Path: path, Tag: "a"})
	if n, err := f.Deliver(sinktest.Numbered(1, 2)); n != 2 || err != nil || len(r.Took()) != 1 {
		t.Error(n, err)
	}
}

func TestForwardRefusesAtStart(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none.pem")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []Config{
		{Host: "127.0.0.1", Port: 24224},
		{Path: "/run/x.sock", Tag: "a", TLS: delivery.TLSConfig{On: true}},
		{Host: "127.0.0.1", Port: 24224, Tag: "a", TLS: delivery.TLSConfig{On: true, CAFile: none}},
		{Host: "127.0.0.1", Port: 24224, Tag: "a", TLS: delivery.TLSConfig{On: true, CAFile: empty}},
	} {
		if _, err := New(c); err == nil || !strings.HasPrefix(err.Error(), "forward: ") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// Close must end a Deliver wherever it waits.
func TestForwardCloseEndsDeliver(t *testing.T) {
	sinktest.Leakless(t)
	for _, key := range []string{"", "secret"} {
		entered := make(chan struct{})
		r := sinktest.Listen(t, func(_ *sinktest.Receiver, conn net.Conn) {
			close(entered)
			_, _ = io.Copy(io.Discard, conn)
		})
		c := configOf(r)
		c.SharedKey = key
		f := newForward(t, c)
		done := make(chan error)
		go func() {
			_, err := f.Deliver(sinktest.Numbered(1, 1))
			done <- err
		}()
		<-entered
		_ = f.Close()
		if err := <-done; err == nil {
			t.Error("delivered")
		}
		if n, err := f.Deliver(sinktest.Numbered(1, 1)); n != 0 || err == nil {
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

func TestForwardTakesChunks(t *testing.T) {
	sinktest.Leakless(t)
	r := sinktest.Listen(t, sinktest.Acknowledge)
	f := newForward(t, configOf(r))
	record := []byte("\x92\xd7\x00\x69\xa5\x45\x88\x00\x00\x00\x00\x81\xa1a\x01") // the old form, without metadata
	if _, err := delivery.NewStream(f, "redshank.enriched").Send("m365", bytes.Repeat(record, 3)); err != nil {
		t.Fatal(err)
	}
	got := r.Took()
	if len(got) != 1 || got[0].Tag != "redshank.enriched.m365" || len(got[0].Records) != 3 {
		t.Errorf("%+v", got)
	}
}
