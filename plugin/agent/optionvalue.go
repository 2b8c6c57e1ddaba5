package agent

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// oneOf returns an error unless value is one of known. Case matters, as in all
// values of Fluent Bit.
func oneOf(value string, known ...string) error {
	for _, k := range known {
		if value == k {
			return nil
		}
	}
	return errors.New("unknown")
}

// within parses a whole number from least to most, both included.
func within(value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil {
		return 0, errors.New("not a whole number")
	}
	if n < least || n > most {
		return 0, errors.New("out of range")
	}
	return n, nil
}

// mebibytes parses a size such as 64M or 2G, in the units of Fluent Bit, and
// returns MiB. A number without a unit is an error, because some readers would
// take it for bytes.
func mebibytes(value string) (int, error) {
	digits, unit := value, 0
	switch strings.ToUpper(value[max(0, len(value)-1):]) {
	case "M":
		digits, unit = value[:len(value)-1], 1
	case "G":
		digits, unit = value[:len(value)-1], 1024
	}
	n, err := strconv.Atoi(digits)
	if err != nil || unit == 0 {
		return 0, errors.New("not a size with its unit")
	}
	if n < 1 || n > 1<<20/unit {
		return 0, errors.New("out of range")
	}
	return n * unit, nil
}

// onOff parses a switch in the words of Fluent Bit.
func onOff(value string) (bool, error) {
	switch strings.ToLower(value) {
	case "on", "true", "yes":
		return true, nil
	case "off", "false", "no":
		return false, nil
	}
	return false, errors.New("unknown")
}

// between parses a duration from least to most, both included.
func between(value string, least, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil {
		return 0, errors.New("not a duration")
	}
	if d < least || d > most {
		return 0, errors.New("out of range")
	}
	return d, nil
}

// oneWord returns an error unless value can be a tag.
func oneWord(value string) error {
	if strings.ContainsAny(value, " \t\r\n*") {
		return errors.New("not a tag")
	}
	return nil
}

// hidden replaces a secret value.
func hidden(string) string { return "(set)" }

// withoutSecrets returns a URL without user, password and query, which may be
// secret.
func withoutSecrets(value string) string {
	to, err := url.Parse(value)
	if err != nil || to.Host == "" {
		return "(set)"
	}
	return to.Scheme + "://" + to.Host + to.Path
}
