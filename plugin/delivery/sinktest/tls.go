package sinktest

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redshank/plugin/delivery"
)

// Trusted starts a TLS server with httptest's certificate for 127.0.0.1 and
// example.com, and gives the file of its authority.
func Trusted(t *testing.T, handler http.HandlerFunc) (*httptest.Server, string) {
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

// TLSCases are the cases that every sink with TLS has to distinguish.
var TLSCases = map[string]struct {
	Host   string // of the receiver, as configured
	Config func(ca string) delivery.TLSConfig
	Want   string // in the error; empty: delivered
}{
	"right authority":    {"127.0.0.1", func(ca string) delivery.TLSConfig { return delivery.TLSConfig{On: true, CAFile: ca} }, ""},
	"system authorities": {"127.0.0.1", func(string) delivery.TLSConfig { return delivery.TLSConfig{On: true} }, "unknown authority"},
	"another host":       {"localhost", func(ca string) delivery.TLSConfig { return delivery.TLSConfig{On: true, CAFile: ca} }, "not localhost"},
	"not verified":       {"localhost", func(string) delivery.TLSConfig { return delivery.TLSConfig{On: true, Insecure: true} }, ""},
}

// CheckTLS delivers one message and compares the error with want, which is empty
// for a delivery that has to succeed.
func CheckTLS(t *testing.T, name, want string, sink delivery.Sink) {
	t.Helper()
	n, err := sink.Deliver(Numbered(1, 1))
	if want == "" && (n != 1 || err != nil) || want != "" && (n != 0 || err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: %d, %v (want %s)", name, n, err, want)
	}
}
