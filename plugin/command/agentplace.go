package command

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// checkFolders finds folders that do not exist, or that the user who runs the
// check cannot write.
func (a *agentCheck) checkFolders(o *redshankOutput) {
	if path := a.value(o, "sink_path"); path != "" && a.value(o, "sink") == "file" {
		a.checkFolder(o, "sink_path", filepath.Dir(path))
	}
	path := a.value(o, "state_path")
	if path == "" {
		a.warn(o.At("state_path"), "no state_path: a restart loses what is known and the alerts that wait for the sink")
		return
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		path = filepath.Dir(path) // the plugin makes the last folder of the path
	}
	a.checkFolder(o, "state_path", path)
}

func (a *agentCheck) checkFolder(o *redshankOutput, option, folder string) {
	info, err := os.Stat(folder)
	switch {
	case err != nil:
		a.error(o.At(option), "%s: %v", option, err)
	case !info.IsDir():
		a.error(o.At(option), "%s: %s: not a folder", option, folder)
	case !writable(folder):
		a.warn(o.At(option), "%s: %s: not writable by the user who runs this check", option, folder)
	}
}

// checkShared finds outputs that write to the same place.
func (a *agentCheck) checkShared() {
	for _, option := range []string{"state_path", "sink_path"} {
		first := map[string]*redshankOutput{}
		for i := range a.outputs {
			o := &a.outputs[i]
			path := filepath.Clean(a.value(o, option))
			if a.value(o, option) == "" || option == "sink_path" && a.value(o, "sink") != "file" {
				continue
			}
			if other := first[path]; other != nil {
				a.error(o.At(option), "%s: %s: used by the redshank output at %s:%d too (want one for each)", option, path, other.File, other.Line)
				continue
			}
			first[path] = o
		}
	}
}

// checkTransport finds alerts that leave the machine in plain text.
func (a *agentCheck) checkTransport(o *redshankOutput) {
	switch a.value(o, "sink") {
	case "http":
		to, err := url.Parse(a.value(o, "sink_url"))
		if err == nil && strings.EqualFold(to.Scheme, "http") && !local(to.Hostname()) {
			a.warn(o.At("sink_url"), "sink_url: alerts and headers cross the network in plain text (want https)")
		}
		a.checkVerify(o)
	case "forward":
		if a.value(o, "sink_path") != "" || local(a.value(o, "sink_host")) {
			return
		}
		if !isOn(a.value(o, "sink_tls")) {
			a.warn(o.At("sink_tls"), "sink_tls off: alerts cross the network in plain text (want on)")
			return
		}
		a.checkVerify(o)
	}
}

func (a *agentCheck) checkVerify(o *redshankOutput) {
	if !isOn(a.value(o, "sink_tls_verify")) {
		a.warn(o.At("sink_tls_verify"), "sink_tls_verify off: anybody on the way can pose as the receiver (want on)")
	}
}

// isOn reports whether the value of a switch is on.
func isOn(value string) bool {
	switch strings.ToLower(value) {
	case "on", "true", "yes":
		return true
	}
	return false
}
