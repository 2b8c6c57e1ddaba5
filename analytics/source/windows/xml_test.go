package windows

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
)

func TestXMLReader(t *testing.T) {
	x := &xmlReader{rest: []byte(`junk<?xml version="1.0"?><!-- <no> --><a:Event x='1' y = "a&gt;>b" ><Empty/><Data Name="n">te<![CDATA[<raw>]]></Data>`)}
	var got []string
	for {
		tag, ok := x.next()
		if !ok {
			break
		}
		got = append(got, string(tag.name))
		switch string(tag.name) {
		case "Event":
			if string(tag.attr("x")) != "1" || string(tag.attr("y")) != "a&gt;>b" || tag.attr("z") != nil {
				t.Errorf("attributes of %q", tag.attrs)
			}
		case "Empty":
			if !tag.empty {
				t.Error("Empty is not empty")
			}
		}
	}
	if want := "Event Empty Data Data"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestXMLText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"a", "a"}, {"&lt;&gt;&amp;&quot;&apos;", `<>&"'`}, {"a &amp; b", "a & b"},
		{"&#65;&#x42;&#X43;", "ABC"}, {"&#x1F600;", "\U0001F600"}, {"&#xD800;", "\uFFFD"}, {"&#99999999;", "&#99999999;"},
		{"&", "&"}, {"&;", "&;"}, {"&#;", "&#;"}, {"&#x;", "&#x;"}, {"&nbsp;", "&nbsp;"}, {"&amp", "&amp"}, {"a&b;c&amp;", "a&b;c&"},
	} {
		if got := string(appendXMLText(nil, []byte(c.in))); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestIsEventXML(t *testing.T) {
	for text, want := range map[string]bool{
		"<Event>": true, "<Event xmlns='x'>": true, "- <Event>": true, "  -  <Event>": true, "<Event\r\n x='1'>": true,
		"<Events><Event>": true, "<?xml version='1.0'?><Event>": true,
		"": false, "<Event": false, "<EventData>": false, "<EventID>1</EventID>": false, "- ": false, "<?xml?><html>": false, "x<Event>": false,
	} {
		if got := isEventXML([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// FuzzXML: reading any text at all ends, and any value that encoding/xml has
// escaped comes back as it was.
func FuzzXML(f *testing.F) {
	f.Add(eventXML)
	f.Add(strings.ReplaceAll(eventXML, `"`, `'`))
	f.Add(`<Event><EventData><Data Name="TargetUserName">a&amp;b<![CDATA[c]]></Data><Data/>`)
	f.Add(`<Event a='<'><Data Name='x' >&#x41;</Data></Event>`)
	f.Fuzz(func(t *testing.T, text string) {
		var r row
		r.reset()
		x := &xmlReader{rest: []byte(text)}
		for n := 0; x.event(&r, always); n++ {
			if n > len(text) {
				t.Fatal("does not end")
			}
			r.reset()
		}
		var escaped bytes.Buffer
		if err := xml.EscapeText(&escaped, []byte(text)); err != nil {
			t.Fatal(err)
		}
		r.reset()
		x = &xmlReader{rest: []byte(`<Event><Data Name='TargetUserName'>` + escaped.String() + `</Data></Event>`)}
		x.event(&r, always)
		var want string // without what encoding/xml has replaced
		if err := xml.Unmarshal([]byte("<a>"+escaped.String()+"</a>"), &want); err != nil {
			t.Fatal(err)
		}
		if got := string(r.data[fieldTargetUserName]); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	})
}

const eventXML = `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Security-Auditing" Guid="{54849625-5478-4994-a5ba-3e3b0328c30d}"/><EventID>4625</EventID><Version>0</Version><TimeCreated SystemTime="2026-07-10T10:59:14.0000000Z"/><EventRecordID>7001</EventRecordID><Channel>Security</Channel><Computer>EX01.contoso.com</Computer><Security/></System><EventData><Data Name="TargetUserName">alice</Data><Data Name="LogonProcessName">Advapi  </Data></EventData></Event>`
