package collect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// readList calls emit with each element of the JSON array in r. Only one element
// is in memory at a time.
func readList(r io.Reader, emit func(json.RawMessage) error) error {
	return readElements(json.NewDecoder(r), emit)
}

// readPage calls emit with each element of the array "value" of an OData response,
// and returns the link to the next page, or "" on the last page.
func readPage(r io.Reader, emit func(json.RawMessage) error) (next string, err error) {
	d := json.NewDecoder(r)
	if err := expect(d, '{'); err != nil {
		return "", err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return "", untruncated(err)
		}
		switch key {
		case "value":
			err = readElements(d, emit)
		case "@odata.nextLink":
			err = untruncated(d.Decode(&next))
		default:
			var ignored json.RawMessage
			err = untruncated(d.Decode(&ignored))
		}
		if err != nil {
			return "", err
		}
	}
	return next, expect(d, '}')
}

func readElements(d *json.Decoder, emit func(json.RawMessage) error) error {
	if err := expect(d, '['); err != nil {
		return err
	}
	for d.More() {
		var element json.RawMessage
		if err := d.Decode(&element); err != nil {
			return untruncated(err)
		}
		if err := emit(element); err != nil {
			return err
		}
	}
	return expect(d, ']')
}

func expect(d *json.Decoder, delim json.Delim) error {
	switch token, err := d.Token(); {
	case err != nil:
		return untruncated(err)
	case token != delim:
		return fmt.Errorf("answer: %T at byte %d: want %q", token, d.InputOffset(), delim)
	}
	return nil
}

// untruncated replaces io.EOF, which inside JSON is premature, by io.ErrUnexpectedEOF.
func untruncated(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		err = fmt.Errorf("answer: %w", err)
	}
	return err
}

// jsonLine appends record to b as one line.
func jsonLine(b *bytes.Buffer, record json.RawMessage) []byte {
	b.Reset()
	_ = json.Compact(b, record) // the decoder has checked it
	b.WriteByte('\n')
	return b.Bytes()
}
