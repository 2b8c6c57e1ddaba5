package test

import (
	"os/exec"
	"strings"
	"testing"
)

// The engine imports neither the host, nor the network, nor C.
func TestAnalyticsImports(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-test=false", "redshank/analytics")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		if name == "runtime/cgo" || name == "net/http" || strings.Contains(name, "fluent-bit-go") || strings.HasPrefix(name, "redshank/plugin") {
			t.Errorf("analytics depends on %s", name)
		}
	}
}
