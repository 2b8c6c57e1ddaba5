package delivery

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// trusted starts a TLS server with httptest's certificate for 127.0.0.1 and
// example.com, and gives the file of its authority.
func trusted(t *testing.T, handler http.HandlerFunc) (*httptest.Server, string) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "ca.pem")
	b := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return server, path
}

var tlsCases = map[string]struct {
	host   string // of the receiver, as configured
	config func(ca string) TLSConfig
	want   string // in the error; empty: delivered
}{
	"right authority":    {"127.0.0.1", func(ca string) TLSConfig { return TLSConfig{On: true, CAFile: ca} }, ""},
	"system authorities": {"127.0.0.1", func(string) TLSConfig { return TLSConfig{On: true} }, "unknown authority"},
	"another host":       {"localhost", func(ca string) TLSConfig { return TLSConfig{On: true, CAFile: ca} }, "not localhost"},
	"not verified":       {"localhost", func(string) TLSConfig { return TLSConfig{On: true, Insecure: true} }, ""},
}

func TestForwardTLS(t *testing.T) {
	leakless(t)
	server, ca := trusted(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := receive(t, tls.NewListener(l, &tls.Config{Certificates: server.TLS.Certificates}), acknowledge)
	for name, c := range tlsCases {
		config := r.config()
		config.Host, config.TLS = c.host, c.config(ca)
		checkTLS(t, name, c.want, newForward(t, config))
	}
}

func TestHTTPTLS(t *testing.T) {
	leakless(t)
	server, ca := trusted(t, func(http.ResponseWriter, *http.Request) {})
	for name, c := range tlsCases {
		h := newHTTP(t, HTTPConfig{URL: strings.Replace(server.URL, "127.0.0.1", c.host, 1), TLS: c.config(ca)})
		checkTLS(t, name, c.want, h)
	}
}

func checkTLS(t *testing.T, name, want string, sink Sink) {
	t.Helper()
	n, err := sink.Deliver(numbered(1, 1))
	if want == "" && (n != 1 || err != nil) || want != "" && (n != 0 || err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: %d, %v (want %s)", name, n, err, want)
	}
}

// A receiver that speaks no TLS must not hold a delivery up.
func TestForwardTLSToPlainReceiver(t *testing.T) {
	leakless(t)
	r := listen(t, func(_ *receiver, conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1<<10))
		time.Sleep(time.Millisecond)
		_, _ = conn.Write([]byte("\x81\xa3ack\xa5other"))
	})
	c := r.config()
	c.TLS.On = true
	if n, err := newForward(t, c).Deliver(numbered(1, 1)); n != 0 || err == nil || !strings.Contains(err.Error(), "tls") {
		t.Error(n, err)
	}
}
