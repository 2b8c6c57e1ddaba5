package record

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// The builders below write msgpack as plainly as possible, byte by byte where
// msgp would choose a shorter form than the one wanted.

// stamp returns an ext type 0 timestamp as fixext8.
func stamp(sec, nsec uint32) []byte {
	return []byte{0xd7, 0,
		byte(sec >> 24), byte(sec >> 16), byte(sec >> 8), byte(sec),
		byte(nsec >> 24), byte(nsec >> 16), byte(nsec >> 8), byte(nsec)}
}

// event returns a V2 event, [[ts, metadata], body].
func event(ts, metadata, body []byte) []byte {
	return join([]byte{0x92, 0x92}, ts, metadata, body)
}

// legacy returns an event of Fluent Bit 1, [ts, body].
func legacy(ts, body []byte) []byte { return join([]byte{0x92}, ts, body) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// fixture reads a file of the sample folder beside the repository, and skips
// the test if the file does not exist.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(fixtures(t), name))
	if err != nil {
		t.Skipf("SKIPPED, NOT PASSED: %v", err)
	}
	return b
}

// fixtures returns the sample folder, ../shared/fixtures from the folder of go.mod.
func fixtures(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Skip("SKIPPED, NOT PASSED: no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "..", "shared", "fixtures")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED, NOT PASSED: %v", err)
	}
	return dir
}

// auditNames are the fields a source wants of an audit record; some are in
// every record, some in none.
var auditNames = []string{
	"CreationTime", "Id", "Operation", "OrganizationId", "RecordType", "ResultStatus",
	"UserKey", "UserType", "Workload", "UserId", "ClientIP", "ClientIPAddress",
	"ActorIpAddress", "ObjectId", "ExtendedProperties", "DeviceProperties", "LogonError",
	"ErrorNumber", "ApplicationId", "AppId", "ClientAppId", "ClientInfoString",
	"LogonType", "LogonUserSid", "MailboxGuid", "MailboxOwnerUPN", "OperationProperties",
	"OperationCount", "Folders", "Parameters",
}

// auditRecord returns a synthetic audit record of 34 fields and about 1.2 kB.
func auditRecord(i int) []byte {
	b := msgp.AppendMapHeader(nil, 34)
	str := func(k, v string) { b = msgp.AppendString(msgp.AppendString(b, k), v) }
	num := func(k string, v int64) { b = msgp.AppendInt64(msgp.AppendString(b, k), v) }
	user := "user" + string(rune('a'+i%26)) + "@contoso.com"
	str("CreationTime", time.Unix(1700000000+int64(i), 0).UTC().Format("2006-01-02T15:04:05"))
	str("Id", "4f31a108-d2bf-4ba9-86e6-0000000000ff")
	str("Operation", "MailItemsAccessed")
	str("OrganizationId", "00000000-d342-44f2-8961-74c4420000ff")
	num("RecordType", 50)
	str("ResultStatus", "Succeeded")
	str("UserKey", "1003200000000000")
	num("UserType", 0)
	num("Version", 1)
	str("Workload", "Exchange")
	str("UserId", user)
	str("AppId", "00000000-ecee-4e9a-9eed-a36a5e4200ff")
	str("ClientAppId", "00000000-ecee-4e9a-9eed-a36a5e4200ff")
	str("ClientIPAddress", "2001:db8:b:f0:cafe::69")
	str("ClientInfoString", "Client=REST;Client=RESTSystem;;")
	b = msgp.AppendBool(msgp.AppendString(b, "ExternalAccess"), false)
	num("InternalLogonType", 0)
	num("LogonType", int64(i%3))
	str("LogonUserSid", "S-1-5-21-1000000000-2000000000-3000000000-25622880")
	str("MailboxGuid", "00000000-4d14-4711-8ee4-94cdd64300ff")
	str("MailboxOwnerSid", "S-1-5-21-1000000000-2000000000-3000000000-25622880")
	str("MailboxOwnerUPN", user)
	str("OrganizationName", "contoso.onmicrosoft.com")
	str("OriginatingServer", "HOST01 (15.20.3977.024)\r\n")
	str("AppAccessContext", "")
	str("AzureActiveDirectoryEventType", "1")
	str("SessionId", "00000000-aaaa-4bbb-8ccc-94cdd64300ff")
	str("CorrelationId", "00000000-dddd-4eee-8fff-94cdd64300ff")
	str("InterSystemsId", "00000000-1111-4222-8333-94cdd64300ff")
	num("SourceId", 7)
	b = msgp.AppendArrayHeader(msgp.AppendString(b, "OperationProperties"), 2)
	for _, p := range [][2]string{{"MailAccessType", "Bind"}, {"IsThrottled", "False"}} {
		b = msgp.AppendMapHeader(b, 2)
		str("Name", p[0])
		str("Value", p[1])
	}
	b = msgp.AppendArrayHeader(msgp.AppendString(b, "Folders"), 1)
	b = msgp.AppendMapHeader(b, 2)
	str("Id", "LgAAAADg6EHBetuFQ7LfotY140YtAQBApy3sz969T5S28xFPC")
	str("Path", "\\Inbox")
	num("OperationCount", 1)
	b = msgp.AppendNil(msgp.AppendString(b, "ObjectId"))
	return b
}

// auditChunk returns a chunk of n synthetic audit records.
func auditChunk(n int) (chunk []byte) {
	for i := range n {
		chunk = append(chunk, event(stamp(1700000000+uint32(i), 5), []byte{0x80}, auditRecord(i))...)
	}
	return chunk
}

// jsonChunk returns a chunk of the JSON lines in b, repeated up to size bytes.
func jsonChunk(t testing.TB, b []byte, size int) (chunk []byte) {
	t.Helper()
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	for i := 0; len(chunk) < size; i++ {
		body, err := AppendJSON(nil, lines[i%len(lines)])
		if err != nil {
			t.Fatalf("line %d: %v", i%len(lines), err)
		}
		chunk = append(chunk, event(stamp(1700000000+uint32(i), 0), []byte{0x80}, body)...)
	}
	return chunk
}
