package policy

import "bytes"

// maxOperation bounds the name of an operation, in bytes.
const maxOperation = 128

// foldOperation appends the name of an operation in lower case, without the
// stop and the spaces that some end with, en dashes made plain: the directory
// audit writes "Update application – Certificates and secrets management ".
func foldOperation(dst, name []byte) []byte {
	name = bytes.Trim(name[:min(len(name), maxOperation)], " .\u00a0")
	for len(name) > 0 {
		if bytes.HasPrefix(name, []byte("\u2013")) {
			dst, name = append(dst, '-'), name[len("\u2013"):]
			continue
		}
		c := name[0]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst, name = append(dst, c), name[1:]
	}
	return dst
}

// groupOf looks a name up that is folded on the way.
func groupOf(groups map[string]string, name []byte) string {
	var scratch [maxOperation]byte
	return groups[string(foldOperation(scratch[:0], name))]
}

// mailHost reports whether a name is one of the hosts or below one.
func (c *content) mailHost(name []byte) bool {
	var scratch [maxOperation]byte
	if len(name) > maxOperation {
		return false
	}
	host := bytes.Trim(foldOperation(scratch[:0], name), ".")
	for {
		if c.hosts[string(host)] {
			return true
		}
		dot := bytes.IndexByte(host, '.')
		if dot < 0 {
			return false
		}
		host = host[dot+1:]
	}
}
