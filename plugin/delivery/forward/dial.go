package forward

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// dialer connects to one receiver. Each step is limited by timeout.
type dialer struct {
	network string // tcp or unix
	address string
	tls     *tls.Config // nil: no TLS
	timeout time.Duration
}

// dial returns a connection, which the caller closes. Both steps end with ctx, so
// that Close does not wait for an address that does not answer.
func (d *dialer) dial(ctx context.Context) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: d.timeout}).DialContext(ctx, d.network, d.address)
	if err != nil || d.tls == nil {
		return conn, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	secured := tls.Client(conn, d.tls)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the handshake may have closed it
		return nil, fmt.Errorf("tls: %w", err)
	}
	return secured, nil
}
