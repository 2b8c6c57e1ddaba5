package http

import (
	"net/http"
	"strings"
	"testing"

	"redshank/plugin/delivery/sinktest"
)

func TestHTTPTLS(t *testing.T) {
	sinktest.Leakless(t)
	server, ca := sinktest.Trusted(t, func(http.ResponseWriter, *http.Request) {})
	for name, c := range sinktest.TLSCases {
		h := newHTTP(t, Config{URL: strings.Replace(server.URL, "127.0.0.1", c.Host, 1), TLS: c.Config(ca)})
		sinktest.CheckTLS(t, name, c.Want, h)
	}
}
