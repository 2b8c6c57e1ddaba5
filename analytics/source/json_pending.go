package source

import (
	"encoding/json"

	"github.com/tinylib/msgp/msgp"
)

// appendJSON stands in until record.AppendJSON is there.
func appendJSON(dst, src []byte) ([]byte, error) {
	var v any
	if err := json.Unmarshal(src, &v); err != nil {
		return dst, err
	}
	return msgp.AppendIntf(dst, v)
}
