package delivery

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// TLSConfig is how a sink verifies its receiver. With the zero value the
// forward sink uses no TLS, and an https URL is verified by the authorities of
// the system.
type TLSConfig struct {
	On       bool
	CAFile   string // PEM; empty: the authorities of the system
	Insecure bool   // accepts any certificate, even that of an attacker in between
}

// Client returns the configuration of a client that talks to serverName, in TLS
// 1.2 or later.
func (c TLSConfig) Client(serverName string) (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: serverName, InsecureSkipVerify: c.Insecure} // set by sink_tls_verify off only
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
