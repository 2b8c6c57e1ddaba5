// The instructions guard counts what the engine executes for each record of a
// fixed input, under valgrind, and holds that against a budget: unlike time it
// is the same on a busy machine. It needs neither cgo nor a plugin.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics"
	"redshank/analytics/policy"
	"redshank/analytics/record"
	"redshank/test/bench/iis"
	"redshank/test/bench/smtp"
	"redshank/test/day"
)

// tolerance is by how much a count may exceed its budget, and how far below it
// may fall before the budget is out of date, in percent.
const tolerance = 15

// inputs are what is counted: the lines of the host benchmark, the rows of a
// botnet, and a day of all logs, text as lines and JSON as maps.
var inputs = map[string]func() []chunk{"iis": iisLines, "smtp": smtpRows, "day": wholeDay}

func main() {
	budgets := flag.String("budgets", ".ci/instructions.txt", "`file` with a name and instructions a record on each line")
	count := flag.String("count", "", "read this input, under valgrind")
	idle := flag.Bool("idle", false, "with -count: all but the reading")
	flag.Parse()
	err := error(nil)
	if *count != "" {
		err = read(inputs[*count](), *idle)
	} else {
		err = check(*budgets)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "instructions:", err)
		os.Exit(1)
	}
}

// check counts every input of the budgets.
func check(path string) error {
	if _, err := exec.LookPath("valgrind"); err != nil {
		fmt.Println("SKIPPED: no valgrind on PATH, instructions are not counted")
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var wrong []error
	for line := range strings.Lines(string(text)) {
		var name string
		var budget int
		if _, err := fmt.Sscan(line, &name, &budget); err != nil || inputs[name] == nil {
			return fmt.Errorf("%s: %q: want a name of an input and a number", path, strings.TrimSpace(line))
		}
		got, err := perRecord(name)
		if err != nil {
			return err
		}
		fmt.Printf("%-4s %5d instructions a record, budget %d\n", name, got, budget)
		if got*100 > budget*(100+tolerance) || got*100 < budget*(100-tolerance) {
			wrong = append(wrong, fmt.Errorf("%s: %d instructions a record, want %d and at most %d %% more or less", name, got, budget, tolerance))
		}
	}
	return errors.Join(wrong...)
}

// perRecord is the difference between reading and not reading, so that start
// and making of the input do not count.
func perRecord(name string) (int, error) {
	records := 0
	for _, c := range inputs[name]() {
		records += c.records
	}
	busy, err := instructions("-count", name)
	if err != nil {
		return 0, err
	}
	idle, err := instructions("-count", name, "-idle")
	return (busy - idle) / records, err
}

var collected = regexp.MustCompile(`Collected : (\d+)`)

// instructions runs this program under valgrind, which loses its way in the
// signals by which Go preempts, and now and then without them: three attempts.
func instructions(args ...string) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	var out []byte
	for range 3 {
		cmd := exec.Command("valgrind", append([]string{"--tool=callgrind", "--callgrind-out-file=/dev/null", self}, args...)...)
		cmd.Env = append(os.Environ(), "GOGC=off", "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
		if out, err = cmd.CombinedOutput(); err != nil {
			continue
		}
		if found := collected.FindSubmatch(out); found != nil {
			return strconv.Atoi(string(found[1]))
		}
	}
	return 0, fmt.Errorf("valgrind: %v\n%s", err, out)
}

func read(chunks []chunk, idle bool) error {
	e, err := analytics.New(analytics.Options{Policy: policy.Default(), Source: "auto", MaxIPs: 200_000, MaxUsers: 200_000})
	if err != nil || idle {
		return err
	}
	for _, c := range chunks {
		e.Observe(c.tag, c.data)
	}
	return nil
}

// chunk is what one flush brings.
type chunk struct {
	tag     string
	data    []byte
	records int
}

// most is how many records go into one chunk.
const most = 8000

// add packs a record as in_tail and the JSON parser do.
func add(chunks []chunk, tag string, text []byte, isJSON bool) []chunk {
	last := len(chunks) - 1
	if last < 0 || chunks[last].tag != tag || chunks[last].records == most {
		chunks = append(chunks, chunk{tag: tag})
		last++
	}
	c := &chunks[last]
	c.data = append(c.data, "\x92\x92\xd7\x00"...)
	c.data = binary.BigEndian.AppendUint64(c.data, 0x6a00_0000_0000_0000+uint64(last*most+c.records))
	c.data = append(c.data, "\xdf\x00\x00\x00\x00"...)
	if isJSON {
		c.data, _ = record.AppendJSON(c.data, text) // of our own making
	} else {
		c.data = append(c.data, "\xdf\x00\x00\x00\x01\xa3log"...)
		c.data = msgp.AppendStringFromBytes(c.data, text)
	}
	c.records++
	return chunks
}

func iisLines() []chunk {
	var text bytes.Buffer
	_ = iis.Write(&text, 50_000) // a buffer takes all
	return lines("iis", text.Bytes())
}

func smtpRows() []chunk {
	var text bytes.Buffer
	_ = smtp.Write(&text, 5_000)
	return lines("smtp", text.Bytes())
}

func lines(tag string, text []byte) (chunks []chunk) {
	for line := range bytes.Lines(text) {
		chunks = add(chunks, tag, bytes.TrimSpace(line), false)
	}
	return chunks
}

func wholeDay() (chunks []chunk) {
	for _, s := range day.New(day.Options{Records: 20_000}).Streams {
		for text := range s.Text {
			chunks = add(chunks, s.Tag, []byte(text), s.JSON)
		}
	}
	return chunks
}
