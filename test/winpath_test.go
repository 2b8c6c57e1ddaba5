package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// drive returns the folder that Windows programs see as C:.
func drive(t *testing.T) string {
	t.Helper()
	windowsOnly(t)
	return filepath.Join(os.Getenv("WINEPREFIX"), "drive_c")
}

// onDrive returns the path on the host of a path that begins with C:\.
func onDrive(t *testing.T, path string) string {
	t.Helper()
	return filepath.Join(drive(t), strings.ReplaceAll(strings.TrimPrefix(path, `C:\`), `\`, "/"))
}

func put(t *testing.T, path, text string) {
	t.Helper()
	write(t, onDrive(t, path), text)
}

// TestWindowsPaths uses absolute and relative paths with backslashes and spaces in options and the policy.
func TestWindowsPaths(t *testing.T) {
	const policy, alerts = `C:\Program Files\redshank test\policy.yaml`, `C:\ProgramData\redshank test\alerts of today.ndjson`
	put(t, `C:\Program Files\redshank test\lists\scanners.txt`, "# ours\r\n203.0.113.8\r\n")
	put(t, alerts, "")
	input := attackAt(attackStart, "203.0.113.7", "user", 12) + attackAt(attackStart.AddDate(0, 0, 1), "203.0.113.8", "other", 12)
	for _, list := range []string{`C:\Program Files\redshank test\lists\scanners.txt`, `lists\scanners.txt`, `lists/scanners.txt`} {
		put(t, policy, "version: 1\r\nnetworks:\r\n  allowed:\r\n    - file: "+list+"\r\n")
		put(t, alerts, "")
		onHost(t, input, "-f", "json", "-p", "policy="+policy, "-p", "sink=file", "-p", "sink_path="+alerts).quiet(t)
		if got := sources(parseAlerts(t, read(t, onDrive(t, alerts)))); got != "203.0.113.7" {
			t.Errorf("%s: %q", list, got)
		}
	}
	missing := onHost(t, "x\n", "-p", `policy=C:\Program Files\none here\policy.yaml`)
	missing.refused(t, `C:\Program Files\none here\policy.yaml`)
}

func TestWindowsSocketRefused(t *testing.T) {
	windowsOnly(t)
	onHost(t, "x\n", "-p", "sink=forward", "-p", `sink_path=C:\redshank.sock`).refused(t, "no unix sockets on Windows")
}

// windowsPath is a path that a Windows administrator would write.
var windowsPath = regexp.MustCompile(`^[A-Z]:\\[^/"]+$`)

// TestWindowsConfiguration: the shipped configuration has only Windows paths, and
// its options are valid.
func TestWindowsConfiguration(t *testing.T) {
	windowsOnly(t)
	put(t, `C:\ProgramData\redshank\policy.yaml`, read(t, filepath.Join(confDir, "policy.yaml")))
	for _, name := range []string{"exchange-windows.yaml", "exchange-windows.conf"} {
		text := settings(t, filepath.Join(confDir, name))
		args := []string{"check"}
		section := ""
		for line := range strings.Lines(text) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			if key == "name" {
				section = value
			}
			if strings.ContainsAny(value, `/\`) && key != "match_regex" && key != "channels" {
				for path := range strings.SplitSeq(value, ",") {
					if !windowsPath.MatchString(path) {
						t.Errorf("%s: %s: %q is not a path of Windows", name, key, path)
					}
				}
			}
			if section == "redshank" && !hostKeys[key] {
				args = append(args, key+"="+value)
			}
		}
		if r := execute(t, "", artefact(t, "redshank"), args...); r.code != 0 || !strings.Contains(r.out, `C:\ProgramData\redshank\alerts.ndjson`) || len(args) < 5 {
			t.Errorf("%s: %q: %s %s", name, args, r.out, r.log)
		}
	}
}
