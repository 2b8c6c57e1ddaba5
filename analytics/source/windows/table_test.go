package windows

import (
	"strings"
	"testing"
)

func TestCmdletMailbox(t *testing.T) {
	for text, want := range map[string]string{
		`-Mailbox "bob@contoso.com" -Name "x"`: "bob@contoso.com", `-Identity "bob" -X 1`: "bob", `-Identity "unclosed`: "", `-Identity bob`: "", "": "",
	} {
		if got := string(cmdletMailbox([]byte(text))); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func TestWinSchemasNameKnownFields(t *testing.T) {
	for act, schema := range schemaOf {
		known := 0
		for _, p := range schema.positions {
			if p.field != fieldNone {
				known++
			}
			if !strings.ContainsRune("sxpdganubhrcet", rune(p.shape)) {
				t.Errorf("%v: shape %q", act, p.shape)
			}
		}
		if _, ok := decoders[act]; !ok || known < 2 {
			t.Errorf("%v: %d known fields, decoded %v", act, known, ok)
		}
		if last := schema.counts[len(schema.counts)-1]; len(schema.positions) > last {
			t.Errorf("%v: %d positions of %d values", act, len(schema.positions), last)
		}
	}
}

func TestWinHeadsFit(t *testing.T) {
	if len(headOf) > maxHeadNames {
		t.Errorf("%d spellings, room for %d", len(headOf), maxHeadNames)
	}
}
