package request

import (
	"strings"
	"testing"
)

func TestReadQuery(t *testing.T) {
	for text, want := range map[string]Query{
		"":                                       {},
		"-":                                      {},
		"Cmd=Sync":                               {Command: []byte("Sync")},
		"?CMD=Sync&user=a%40b":                   {Command: []byte("Sync"), User: []byte("a%40b")},
		"DeviceId=1&DeviceType=Python&Cmd=Sync":  {Device: []byte("1"), Model: []byte("Python"), Command: []byte("Sync")},
		"DEVICETYPE=x&devicetyp=y&devicetypes=z": {Model: []byte("x")},
		"&DeviceId=1;&cafeReqId=2;":              {Device: []byte("1"), Id: []byte("2")},
		"cafeReqId=mine&x&=y&SoapAction=a=b;reason=2&cafeReqId=theirs": {Id: []byte("theirs"), Soap: []byte("a=b"), Reason: []byte("2")},
		"url=https://x/?reason=2&replaceCurrent=1":                     {},
		"unknownparametername=1&" + strings.Repeat("z", 99) + "&Cmd=":  {Command: []byte{}},
	} {
		got := ReadQuery([]byte(text))
		if string(got.Id)+"|"+string(got.Command)+"|"+string(got.Soap)+"|"+string(got.User)+"|"+string(got.Device)+"|"+string(got.Model)+"|"+string(got.Reason) !=
			string(want.Id)+"|"+string(want.Command)+"|"+string(want.Soap)+"|"+string(want.User)+"|"+string(want.Device)+"|"+string(want.Model)+"|"+string(want.Reason) {
			t.Errorf("%s: %q", text, got)
		}
	}
}
