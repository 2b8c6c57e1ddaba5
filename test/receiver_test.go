package test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// identity is a self-signed certificate for localhost, with the files that an
// agent reads.
type identity struct {
	tls.Certificate
	certFile, keyFile string
}

func newIdentity(t *testing.T, folder string) identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	i := identity{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")}
	write(t, i.certFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, i.keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	return i
}

// arrival is one request, or one line of syslog, as received.
type arrival struct {
	header http.Header
	body   []byte
}

// receiver imitates a SIEM: it accepts and keeps every message.
type receiver struct {
	address string // localhost and port

	mu   sync.Mutex
	took []arrival
}

func (r *receiver) take(d arrival) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took = append(r.took, d)
}

func (r *receiver) all() []arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.took)
}

// webReceiver starts a receiver over HTTPS that answers requests by path.
func webReceiver(t *testing.T, id identity, answers map[string]string) *receiver {
	t.Helper()
	r := &receiver{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err == nil && q.Header.Get("Content-Encoding") == "gzip" {
			body, err = unzip(body)
		}
		answer, known := answers[q.URL.Path]
		if err != nil || !known {
			http.Error(w, "not for this receiver", http.StatusNotFound)
			return
		}
		r.take(arrival{q.Header, body})
		w.Header().Set("Content-Type", "application/json")
		if answer == "" {
			w.WriteHeader(http.StatusNoContent)
		}
		_, _ = io.WriteString(w, answer) // the agent may have closed the connection
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{id.Certificate}}
	server.StartTLS()
	t.Cleanup(server.Close)
	r.address = localhost(server.Listener.Addr())
	return r
}

func unzip(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// lineReceiver starts a receiver of lines over TLS without answers, like syslog.
func lineReceiver(t *testing.T, id identity) *receiver {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{id.Certificate}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	r := &receiver{address: localhost(listener.Addr())}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go r.lines(conn)
		}
	}()
	return r
}

func (r *receiver) lines(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		r.take(arrival{body: bytes.Clone(lines.Bytes())})
	}
}

// localhost returns the address with the host name of the certificate.
func localhost(a net.Addr) string {
	return "localhost:" + a.String()[strings.LastIndex(a.String(), ":")+1:]
}
