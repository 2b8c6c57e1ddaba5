package forward

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"redshank/plugin/delivery/sinktest"
)

func TestForwardTLS(t *testing.T) {
	sinktest.Leakless(t)
	server, ca := sinktest.Trusted(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := sinktest.Receive(t, tls.NewListener(l, &tls.Config{Certificates: server.TLS.Certificates}), sinktest.Acknowledge)
	for name, c := range sinktest.TLSCases {
		config := configOf(r)
		config.Host, config.TLS = c.Host, c.Config(ca)
		sinktest.CheckTLS(t, name, c.Want, newForward(t, config))
	}
}

// A receiver that speaks no TLS must not hold a delivery up.
func TestForwardTLSToPlainReceiver(t *testing.T) {
	sinktest.Leakless(t)
	r := sinktest.Listen(t, func(_ *sinktest.Receiver, conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1<<10))
		time.Sleep(time.Millisecond)
		_, _ = conn.Write([]byte("\x81\xa3ack\xa5other"))
	})
	c := configOf(r)
	c.TLS.On = true
	if n, err := newForward(t, c).Deliver(sinktest.Numbered(1, 1)); n != 0 || err == nil || !strings.Contains(err.Error(), "tls") {
		t.Error(n, err)
	}
}
