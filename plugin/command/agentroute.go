package command

import (
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// checkTags finds an output that is never given a record.
func (a *agentCheck) checkTags(o *redshankOutput) {
	if o.Get("match") == "" && o.Get("match_regex") == "" {
		if len(a.config.Inputs) != 1 || len(a.config.Outputs) != 1 {
			a.error(o.At("match"), "neither match nor match_regex: the output is given nothing")
		}
		return
	}
	tags := a.config.Tags()
	if len(tags) > 0 && !slices.ContainsFunc(tags, o.Matches) {
		a.error(o.At("match"), "matches the tag of no input (%s)", strings.Join(tags, ", "))
	}
}

// checkLoop finds alerts of o that come back to a redshank output.
func (a *agentCheck) checkLoop(o *redshankOutput) {
	tags := a.config.Tags()
	for i, in := range a.config.Inputs {
		tag := tags[i]
		switch name := strings.ToLower(in.Get("name")); {
		case name == "tail" && a.value(o, "sink") == "file" && a.tails(in.Get("path"), in.Get("exclude_path"), a.value(o, "sink_path")):
		case name == "forward" && a.value(o, "sink") == "forward" && a.value(o, "sink_port") == orElse(in.Get("port"), "24224") && local(a.value(o, "sink_host")):
			tag = a.value(o, "sink_tag")
		case name == "http" && a.value(o, "sink") == "http" && a.posts(o, orElse(in.Get("port"), "9880")):
			to, _ := url.Parse(a.value(o, "sink_url"))
			tag = strings.ReplaceAll(strings.Trim(to.Path, "/"), "/", ".")
		default:
			continue
		}
		for _, reader := range a.outputs {
			if reader.Matches(tag) {
				a.error(o.At("sink"), "alerts come back through the input at %s:%d with the tag %s, which the redshank output at %s:%d matches", in.File, in.Line, tag, reader.File, reader.Line)
			}
		}
	}
}

// tails reports whether an input with these paths reads the file path.
func (a *agentCheck) tails(paths, excluded, path string) bool {
	listed := func(patterns string) bool {
		for pattern := range strings.SplitSeq(patterns, ",") {
			if is, err := filepath.Match(strings.TrimSpace(pattern), path); err == nil && is {
				return true
			}
		}
		return false
	}
	return path != "" && listed(paths) && !listed(excluded)
}

// posts reports whether o sends to port on this machine over HTTP.
func (a *agentCheck) posts(o *redshankOutput, port string) bool {
	to, err := url.Parse(a.value(o, "sink_url"))
	return err == nil && to.Port() == port && local(to.Hostname())
}

// local reports whether host is this machine, by its name.
func local(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func orElse(value, def string) string {
	if value == "" {
		return def
	}
	return value
}

// exchangeLogs are the folders of an Exchange server whose logs are the only
// record of some sign-ins.
var exchangeLogs = []struct{ folder, service string }{{"Imap4", "IMAP"}, {"Pop3", "POP"}, {"SmtpReceive", "SMTP"}}

// checkCoverage finds logs that nothing reads on a server where others of its
// logs are read.
func (a *agentCheck) checkCoverage(path string) {
	var read strings.Builder
	for _, in := range a.config.Inputs {
		read.WriteString(strings.ToLower(in.Get("path")) + "\n")
	}
	if !strings.Contains(read.String(), "w3svc") && !strings.Contains(read.String(), "httpproxy") {
		return
	}
	for _, log := range exchangeLogs {
		if !strings.Contains(read.String(), strings.ToLower(log.folder)) {
			a.warn(path, "no input reads %s logs of Exchange: sign-ins by %s are not seen", log.folder, log.service)
		}
	}
}
