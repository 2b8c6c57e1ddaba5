package test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"redshank/test/agent"
)

// eventHub is a Kafka broker with TLS and a password, like an Event Hub.
type eventHub struct {
	*kfake.Cluster
	client *kgo.Client
	env    []string // environment of an agent that reads the hub
}

// The literal user name of an Event Hub, and a connection string.
const (
	hubUser       = "$ConnectionString"
	hubConnection = "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=redshank;SharedAccessKey=c2VjcmV0+/=="
)

var hubTopics = []string{"insights-logs-signinlogs", "insights-logs-noninteractiveusersigninlogs", "insights-logs-microsoftgraphactivitylogs"}

func newEventHub(t *testing.T, folder string) *eventHub {
	t.Helper()
	id := newIdentity(t, folder)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, hubTopics...), kfake.EnableSASL(),
		kfake.Superuser("PLAIN", hubUser, hubConnection), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{id.Certificate}}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	authority := x509.NewCertPool()
	authority.AppendCertsFromPEM([]byte(read(t, id.certFile)))
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DialTLSConfig(&tls.Config{RootCAs: authority}),
		kgo.SASL(plain.Auth{User: hubUser, Pass: hubConnection}.AsMechanism()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &eventHub{cluster, client, []string{
		"EVENTHUB_BROKERS=" + strings.Join(cluster.ListenAddrs(), ","), "EVENTHUB_TOPICS=" + strings.Join(hubTopics, ","),
		"EVENTHUB_CONNECTION=" + hubConnection, "EVENTHUB_CA_FILE=" + id.certFile,
	}}
}

func (h *eventHub) produce(t *testing.T, topic string, messages ...string) {
	t.Helper()
	for _, m := range messages {
		if err := h.client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: []byte(m)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// committed returns the number of messages that the agent's group has committed.
func (h *eventHub) committed() (n int64) {
	for _, partitions := range h.GroupInfo("redshank").Commits {
		for _, c := range partitions {
			n += c.Offset
		}
	}
	return n
}

// exported returns a sign-in with a wrong password, as diagnostic settings export it.
func exported(n int, ip, category string) string {
	at := attackStart.Add(time.Duration(n) * 20 * time.Second).Format("2006-01-02T15:04:05.0000000Z")
	return fmt.Sprintf(`{"time":%q,"resourceId":"/tenants/1/providers/Microsoft.aadiam","operationName":"Sign-in activity","category":%q,`+
		`"tenantId":"1","resultType":"50126","resultSignature":"None","callerIpAddress":%q,"correlationId":"c%d","Level":4,`+
		`"properties":{"id":"%s-%d","createdDateTime":%q,"userPrincipalName":"user%d@contoso.com","userId":"u%d","appDisplayName":"Outlook",`+
		`"ipAddress":%q,"status":{"errorCode":50126,"failureReason":"Invalid username or password"},"clientAppUsed":"IMAP4"}}`,
		at, category, ip, n, ip, n, at, n, n, ip)
}

// inRecords packs events into Event Hub messages, size events in each.
func inRecords(size int, form string, events []string) (messages []string) {
	for part := range slices.Chunk(events, size) {
		messages = append(messages, fmt.Sprintf(form, strings.Join(part, ",")))
	}
	return messages
}

// TestEventHubShapes detects the attack in every message format of an Event Hub.
func TestEventHubShapes(t *testing.T) {
	needKafka(t)
	attackOf := func(ip, category string) (events []string) {
		for n := range attackSize {
			events = append(events, exported(n, ip, category))
		}
		return events
	}
	shapes := []struct {
		name, ip, topic string
		messages        []string
	}{
		{"all records in one message", "198.51.100.1", hubTopics[0], inRecords(attackSize, `{"records":[%s]}`, attackOf("198.51.100.1", "SignInLogs"))},
		{"a few records in each message", "198.51.100.2", hubTopics[1], inRecords(5, `{"records":[%s]}`, attackOf("198.51.100.2", "NonInteractiveUserSignInLogs"))},
		{"one record in each message", "198.51.100.3", hubTopics[0], inRecords(1, `{"records": [ %s ]}`, attackOf("198.51.100.3", "SignInLogs"))},
		{"no wrapper", "198.51.100.4", hubTopics[0], attackOf("198.51.100.4", "SignInLogs")},
		{"lines and further keys", "198.51.100.5", hubTopics[2], inRecords(4, "{\r\n\"source\":\"azure\",\r\n\"records\":[\r\n%s\r\n]}\r\n", attackOf("198.51.100.5", "SignInLogs"))},
	}
	for _, format := range []string{"none", "json"} { // of in_kafka: text or a map
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			hub := newEventHub(t, folder)
			messages := 0
			for _, s := range shapes {
				hub.produce(t, s.topic, s.messages...)
				messages += len(s.messages)
			}
			config := filepath.Join(folder, "hub.yaml")
			policy := filepath.Join(folder, "policy.yaml")
			write(t, policy, noCampaigns) // which would include the five attackers
			write(t, config, strings.NewReplacer("group_id:", "format: "+format+"\n      group_id:", "${REDSHANK_POLICY}", policy).
				Replace(read(t, confDir+"/m365-eventhub.yaml")))
			alerts := runHub(t, hub, config, folder, messages)
			for _, s := range shapes {
				if !slices.ContainsFunc(alerts, func(a alert) bool { return a.Source.IP == s.ip }) {
					t.Errorf("%s: no alert", s.name)
				}
			}
			if n := hub.committed(); n != int64(messages) {
				t.Errorf("%d of %d messages are committed", n, messages)
			}
		})
	}
}

// TestEventHubConfigurations reads an Event Hub with the shipped configurations.
func TestEventHubConfigurations(t *testing.T) {
	needKafka(t)
	for _, name := range []string{"m365-eventhub.yaml", "m365-eventhub.conf"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			hub := newEventHub(t, folder)
			var events []string
			for n := range attackSize {
				events = append(events, exported(n, "198.51.100.1", "SignInLogs"))
			}
			messages := inRecords(3, `{"records":[%s]}`, events)
			hub.produce(t, hubTopics[0], messages...)
			if alerts := runHub(t, hub, filepath.Join(confDir, name), folder, len(messages)); len(alerts) == 0 || alerts[0].Source.IP != "198.51.100.1" {
				t.Errorf("alerts: %v", alerts)
			}
		})
	}
}

// runHub runs an agent that reads messages from hub, and returns its alerts.
func runHub(t *testing.T, hub *eventHub, config, folder string, messages int) []alert {
	t.Helper()
	file := filepath.Join(folder, "alerts.ndjson")
	env := append(hub.env, "M365_LOGS="+folder+"/logs", "REDSHANK_STATE="+filepath.Join(folder, "state"), "REDSHANK_ALERTS="+file, "REDSHANK_POLICY=")
	a, err := agent.Start(filepath.Join(buildDir, "out_redshank.so"), config, filepath.Join(folder, "fluent-bit.log"), env...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := a.Wait(ctx, messages, nil); err != nil {
		t.Fatal(a.Abandon(err))
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	if log := read(t, filepath.Join(folder, "fluent-bit.log")); strings.Contains(log, "SharedAccessKey=") {
		t.Error("the agent's log has the connection string")
	}
	return parseAlerts(t, read(t, file))
}

// needKafka skips the test, with a message, without a Fluent Bit that has in_kafka.
func needKafka(t *testing.T) {
	t.Helper()
	needAgent(t)
	path, err := agent.Find()
	if err != nil {
		t.Fatal(err)
	}
	help, err := command(t.Context(), path, "-h").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(help), "Kafka consumer input plugin") {
		t.Skip("SKIPPED: this fluent-bit has no in_kafka; the Event Hub's configurations were not run")
	}
}
