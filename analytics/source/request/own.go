package request

import "redshank/analytics/ascii"

// OwnAddress recognises the addresses from which only the server itself and the
// load balancer of its cloud come: loopback, link-local, Azure's prober. A
// request that a proxy on the same machine has forwarded is not the
// server's own, so look at the forwarded address before.
func OwnAddress(ip []byte) bool {
	if len(ip) == 0 {
		return false
	}
	switch ip[0] {
	case '1': // of most addresses the second digit decides
		return len(ip) > 4 && (ip[1] == '2' && ascii.HasPrefix(ip, "127.") || ip[1] == '6' && ascii.HasPrefix(ip, "168.63.129.16"))
	case ':':
		return ascii.HasPrefix(ip, "::1") && (len(ip) == len("::1") || ip[len("::1")] == '%')
	case '[':
		return ascii.HasPrefix(ip, "[::1]") || ascii.HasPrefix(ip, "[fe80:")
	}
	return ip[0]|0x20 == 'f' && ascii.HasPrefix(ip, "fe80:")
}

// monitors are agents of Exchange's own monitoring. They are believed only
// where the server is its own client: anyone can call himself a probe.
var monitors = [...]string{"amprobe", "activemonitor", "msexchangemonitoring", "mapihttpclient"}

// IsMonitor reports whether an agent is one of Exchange's own monitoring.
func IsMonitor(agent []byte) bool {
	for _, name := range monitors {
		if ascii.Contains(ascii.Clip(agent, MaxAgent), name) {
			return true
		}
	}
	return false
}

// MaxAgent is how much of a user agent, or of another text that the client chooses, is
// read, in bytes.
const MaxAgent = 512
