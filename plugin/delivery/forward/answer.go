package forward

import (
	"bufio"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// maxAnswer bounds any one answer of a receiver, in bytes.
const maxAnswer = 4096

// answerReader reads one answer of at most left bytes. It is an io.ByteScanner, so
// that the decoder reads no byte beyond the answer.
type answerReader struct {
	r    *bufio.Reader
	left int
}

var errAnswer = errors.New("not an answer of the forward protocol")

func (a *answerReader) Read(b []byte) (int, error) {
	if a.left <= 0 {
		return 0, fmt.Errorf("%w: longer than %d bytes", errAnswer, maxAnswer)
	}
	n, err := a.r.Read(b[:min(len(b), a.left)])
	a.left -= n
	return n, err
}

func (a *answerReader) ReadByte() (byte, error) {
	var b [1]byte
	_, err := io.ReadFull(a, b[:])
	return b[0], err
}

func (a *answerReader) UnreadByte() error {
	a.left++
	return a.r.UnreadByte()
}

// readAck reads {"ack": id} and skips other keys.
func readAck(from io.Reader) (id string, err error) {
	dec := msgpack.NewDecoder(from)
	code, err := dec.PeekCode()
	if err != nil {
		return "", err
	}
	if msgpcode.IsFixedArray(code) {
		return "", fmt.Errorf("%w: an array (a receiver that starts a handshake expects a shared key)", errAnswer)
	}
	n, err := dec.DecodeMapLen()
	if err != nil {
		return "", fmt.Errorf("%w: %w", errAnswer, err)
	}
	for range n {
		key, err := dec.DecodeString()
		switch {
		case err != nil:
			return "", fmt.Errorf("%w: %w", errAnswer, err)
		case key == "ack":
			id, err = dec.DecodeString()
		default:
			err = dec.Skip()
		}
		if err != nil {
			return "", fmt.Errorf("%w: %.40q: %w", errAnswer, key, err)
		}
	}
	if id == "" {
		return "", fmt.Errorf("%w: no ack", errAnswer)
	}
	return id, nil
}

// shake performs the handshake, in which both sides prove to know the shared key:
// the receiver sends HELO with a nonce, the client PING with a salt, the receiver
// PONG.
func (f *Sink) shake() error {
	nonce, err := readHelo(f.expect())
	if err != nil {
		return fmt.Errorf("HELO: %w", err)
	}
	// 130 random bits as text: Fluent Bit accepts no binary salt.
	salt := rand.Text()
	ping, err := msgpack.Marshal([]any{"PING", f.name, salt, keyDigest(salt, f.name, nonce, f.key), "", ""})
	if err != nil {
		return err
	}
	if err := f.write(ping); err != nil {
		return fmt.Errorf("PING: %w", err)
	}
	if err := readPong(f.expect(), salt, nonce, f.key, f.name); err != nil {
		return fmt.Errorf("PONG: %w", err)
	}
	return nil
}

// keyDigest returns the proof of the key: hexadecimal SHA-512, as defined by
// version 1 of the protocol. The proofs of both sides differ in the host only.
func keyDigest(salt, host string, nonce []byte, key string) string {
	h := sha512.New()
	_, _ = io.WriteString(h, salt)
	_, _ = io.WriteString(h, host)
	_, _ = h.Write(nonce)
	_, _ = io.WriteString(h, key)
	return hex.EncodeToString(h.Sum(nil))
}

// readHelo reads ["HELO", {"nonce": bytes, "auth": bytes, "keepalive": bool}].
// auth is ignored: Fluent Bit sends that salt for passwords even when it expects
// no user. A receiver that does expect one refuses in its PONG.
func readHelo(from io.Reader) (nonce []byte, err error) {
	dec := msgpack.NewDecoder(from)
	if err := readHead(dec, 2, "HELO"); err != nil {
		return nil, err
	}
	n, err := dec.DecodeMapLen()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	for range n {
		key, err := dec.DecodeString()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errAnswer, err)
		}
		if key == "nonce" {
			nonce, err = dec.DecodeBytes()
		} else {
			err = dec.Skip()
		}
		if err != nil {
			return nil, fmt.Errorf("%.40q: %w", key, err)
		}
	}
	if len(nonce) == 0 {
		return nil, fmt.Errorf("%w: no nonce", errAnswer)
	}
	return nonce, nil
}

// readPong reads ["PONG", ok, reason, host, digest] and checks the digest. A
// receiver that does not know the key gets no alert.
func readPong(from io.Reader, salt string, nonce []byte, key, own string) error {
	dec := msgpack.NewDecoder(from)
	if err := readHead(dec, 5, "PONG"); err != nil {
		return err
	}
	ok, err := dec.DecodeBool()
	if err != nil {
		return fmt.Errorf("%w: %w", errAnswer, err)
	}
	var text [3]string // reason, host, digest
	for i := range text {
		if text[i], err = dec.DecodeString(); err != nil {
			return fmt.Errorf("%w: %w", errAnswer, err)
		}
	}
	want := keyDigest(salt, text[1], nonce, key)
	switch {
	case !ok:
		return fmt.Errorf("refused: %.200q (want the same shared key, and no users)", text[0])
	case text[1] == own:
		return errors.New("the receiver has the name of this client: its proof may be a copy of ours")
	case subtle.ConstantTimeCompare([]byte(text[2]), []byte(want)) != 1:
		return errors.New("the receiver does not know the shared key")
	}
	return nil
}

// readHead reads the header of an array and its first element, which names the
// message. The error quotes at most 40 bytes of another name.
func readHead(dec *msgpack.Decoder, length int, kind string) error {
	n, err := dec.DecodeArrayLen()
	if err != nil {
		return fmt.Errorf("%w: %w", errAnswer, err)
	}
	got := ""
	if n > 0 {
		got, err = dec.DecodeString()
	}
	if err != nil || n != length || got != kind {
		return fmt.Errorf("%w: %d elements, first %.40q (want %d and %s)", errAnswer, n, got, length, kind)
	}
	return nil
}
