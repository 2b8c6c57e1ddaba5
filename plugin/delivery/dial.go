package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"time"
)

// TLSConfig says how a sink proves its receiver. The zero value uses no TLS
// for the forward sink, and the system's authorities for an https URL.
type TLSConfig struct {
	On       bool
	CAFile   string // PEM; empty: the authorities of the system
	Insecure bool   // takes any certificate, also that of an attacker in between
}

// client makes the configuration. Versions before 1.2 are never spoken.
func (c TLSConfig) client(serverName string) (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: serverName, InsecureSkipVerify: c.Insecure} // asked for by name
	if c.CAFile == "" {
		return out, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, err
	}
	out.RootCAs = x509.NewCertPool()
	if !out.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate in it (want PEM)", c.CAFile)
	}
	return out, nil
}

// dialer connects to one receiver, each step within timeout.
type dialer struct {
	network string // tcp or unix
	address string
	tls     *tls.Config // nil: none
	timeout time.Duration
}

// dial gives a connection that is the caller's to close. Both steps end with
// ctx too, so that Close need not wait for an address that swallows packets.
func (d *dialer) dial(ctx context.Context) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: d.timeout}).DialContext(ctx, d.network, d.address)
	if err != nil || d.tls == nil {
		return conn, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	secured := tls.Client(conn, d.tls)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the handshake may have
		return nil, fmt.Errorf("tls: %w", err)
	}
	return secured, nil
}
