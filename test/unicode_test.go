package test

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestFluentBitUnicode reads files in the encodings of Windows programs with
// in_tail. Only UTF-16 has to be converted. unicode.encoding must not be set for
// other files: with it, one byte that is not UTF-8, which an attacker can put into
// a name, makes Fluent Bit 5.1.1 drop all that it has read of the file.
func TestFluentBitUnicode(t *testing.T) {
	t.Parallel()
	text := iisHead + rows(iisRow, 0, 6)
	for _, c := range []struct{ name, content, setting string }{
		{"ANSI", strings.Replace(text, "user0", "m\xfcller", 1), ""},
		{"utf-8 with a mark", bom + text, ""},
		{"utf-16", asUTF16(text, binary.LittleEndian), "      unicode.encoding: auto\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newFluentBit(t, "", "")
			b.write("u_ex260302.log", c.content)
			b.write("fluent-bit.yaml", fmt.Sprintf("service:\n  flush: 0.2\npipeline:\n  inputs:\n%s      path_key: path\n%s"+
				"  outputs:\n    - name: redshank\n      match: '*'\n", tail("exchange.iis", filepath.Join(b.folder, "u_ex*.log")), c.setting))
			b.start("out_redshank.so").awaitAlerts(1)
			r := b.stop()
			r.endedWell(t)
			if got := incidents(r.alerts); len(got) != 1 || r.alerts[0].Source.IP != attacker || r.counter(t, "understood") != 6 {
				t.Error(r.end())
			}
		})
	}
}
