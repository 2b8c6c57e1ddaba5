package main

import (
	"fmt"
	"time"
)

// late are refused Kerberos tickets of one account from ever new addresses. The records of
// every second one come up to twelve hours late, and nothing makes them an attack on several
// accounts: the search for one must not read all of them again with each.
func late() (chunks []chunk) {
	const form = `{"System":{"Provider":{"Name":"Microsoft-Windows-Security-Auditing"},"EventID":4771,"TimeCreated":{"SystemTime":%q},"EventRecordID":%d,` +
		`"Channel":"Security","Computer":"DC1"},"EventData":{"TargetUserName":"scanner","ServiceName":"krbtgt/CONTOSO","Status":"0x18","IpAddress":"::ffff:%d.0.%d.%d"}}`
	start := time.Date(2026, 5, 4, 20, 0, 0, 0, time.UTC)
	for i := range 4000 {
		at := start.Add(time.Duration(i) * time.Second)
		if i%2 == 1 {
			at = at.Add(-time.Duration(i*7919%(12*3600)) * time.Second)
		}
		chunks = add(chunks, "security", fmt.Appendf(nil, form, at.Format(time.RFC3339), i, 11+i%3*50, i%30, i/30%250), true)
	}
	return chunks
}
