package forward

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

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
