package agent

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// oneOf compares exactly: Fluent Bit folds the case of keys, not of values.
func oneOf(value string, known ...string) error {
	for _, k := range known {
		if value == k {
			return nil
		}
	}
	return errors.New("unknown")
}

// within reads a whole number from least to most, both included.
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

// mebibytes reads 64M or 2G, the units Fluent Bit itself uses. A bare number
// is refused, because half the readers take it for bytes.
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

// onOff reads a switch in the words that Fluent Bit takes.
func onOff(value string) (bool, error) {
	switch strings.ToLower(value) {
	case "on", "true", "yes":
		return true, nil
	case "off", "false", "no":
		return false, nil
	}
	return false, errors.New("unknown")
}

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

func oneWord(value string) error {
	if strings.ContainsAny(value, " \t\r\n*") {
		return errors.New("not a tag")
	}
	return nil
}

// hidden shows only that there is a value.
func hidden(string) string { return "(set)" }

// withoutSecrets is a URL without what may be secret in it: a password, and
// the query.
func withoutSecrets(value string) string {
	to, err := url.Parse(value)
	if err != nil || to.Host == "" {
		return "(set)"
	}
	return to.Scheme + "://" + to.Host + to.Path
}
