package document

import (
	"fmt"
	"reflect"
	"strings"
)

// ownFieldDocs explains the fields of the map redshank, in their order. A test
// compares them with the map.
var ownFieldDocs = []struct{ path, means string }{
	{"class", "what kind of incident: `credential_stuffing`, `password_spraying`, `password_guessing`, `scripted_mail_access`, ..."},
	{"drill", "true for a drill that `redshank drill` has written: nobody attacks; absent in all other alerts"},
	{"drill_run", "the id of the drill"},
	{"phase", "why this message left: `opened`, `escalated`, `changed`, `grown`, `quiet`"},
	{"subject.kind", "what an incident of AN0131 is about: `account`, `application`, `host`"},
	{"subject.name", "which one"},
	{"severity", "`low`, `medium`, `high`, `critical`"},
	{"confidence", "0 to 1"},
	{"counts.failures", "failed sign-ins; this and the other counts are the true figures, whatever the lists show"},
	{"counts.distinct_users", "accounts that failed; estimated where there are thousands"},
	{"counts.distinct_ips", "client addresses"},
	{"counts.unknown_users", "accounts that do not exist"},
	{"counts.locked", "accounts that were locked"},
	{"counts.accepted", "accounts whose password was right and that a second step or a policy stopped"},
	{"counts.succeeded", "accounts that got in"},
	{"counts.leaked", "accounts of the list of leaked ones"},
	{"counts.items", "mail items read"},
	{"counts.mailboxes", "mailboxes opened"},
	{"window", "what opened it: `burst`, `slow`, `leaked`, `campaign`, `account`, `collection`"},
	{"campaign", "`event.id` of the campaign that the client of this incident takes part in"},
	{"members", "of a campaign: `event.id` of the incidents of single clients that are part of it, at most 20"},
	{"services", "services of the mail system that were reached"},
	{"agents", "user agents, at most 10"},
	{"apps", "application ids, at most 10"},
	{"app_names", "names of those that are known"},
	{"actions", "what to do, most urgent first: what to reset, revoke, remove, check and block"},
	{"indicators", "`event.id` of the document with the full lists of a large incident; with the `file` sink the file `<sink_path>.<this>.json`. At most 1,024 addresses, 1,024 accounts and 200 valid credentials; the document says whether these are all"},
	{"valid_credentials.user", "an account whose password the attacker knows: reset it and end its sessions"},
	{"valid_credentials.at", "when that was first seen"},
	{"valid_credentials.how", "by which sign-in"},
	{"valid_credentials.ip", "the address that signed in; also first in `related.ip`"},
	{"valid_credentials.agent", "its user agent"},
	{"valid_credentials.app", "id of the application that it used"},
	{"valid_credentials.record", "the log record, as in `evidence`"},
	{"at_home.user", "an account that is at home at the address and went on as usual: not a finding"},
	{"at_home.at", "when it signed in"},
	{"at_home.how", "by which sign-in"},
	{"at_home.ip", "the address that signed in"},
	{"at_home.agent", "its user agent"},
	{"at_home.app", "id of the application that it used"},
	{"at_home.record", "the log record, as in `evidence`"},
	{"users.name", "an account that was tried; the 20 with the most failures"},
	{"users.failures", "how often it failed"},
	{"users.last_reason", "why, the last time"},
	{"users.privileged", "the policy calls it privileged"},
	{"users.leaked", "it is on the list of leaked accounts"},
	{"accounts", "of AN0131: the accounts that acted, or whose mailboxes were read, at most 20"},
	{"signals.code", "what counted for AN0131: see `redshank docs signals`"},
	{"signals.weight", "how much"},
	{"signals.detail", "what exactly was seen"},
	{"signals.at", "when it was first seen"},
	{"signals.ip", "from which address"},
	{"signals.record", "the log record that shows it, as in `evidence`"},
	{"signals.seen", "how many accounts of the tenant share it: the fewer, the more it weighs"},
	{"signals.mails", "mails that it is about, at most 5: as `mails.id`, or else the subject, or the folder"},
	{"mails.id", "a mail that was accessed: its Message-ID, or the id of the item in the mailbox; at most 50 mails, `counts.items` has the true number"},
	{"mails.subject", "its subject, where the log has one"},
	{"mails.folder", "its folder; alone, all mails of the folder were synchronised"},
	{"evidence", "log records, at most 20, each as `redshank find` takes it: the id of the record; `FILE:OFFSET`; or, of a line of a text log, the beginning of its SHA-256, its time and its file; or, of a record that a parser has taken apart, the digest of its event"},
	{"labels", "the policy's labels of the address"},
	{"baseline", "maturity of the baseline that the signals rest on"},
	{"context.account", "the subject, or an account with valid credentials; at most 5"},
	{"context.marks", "`privileged`, `service`, `leaked`, as the policy has them now"},
	{"context.groups", "its groups in the policy"},
	{"context.last_sign_ins.at", "its last successful sign-ins, newest first; of each client, service and kind of agent the last"},
	{"context.last_sign_ins.ip", "from where"},
	{"context.last_sign_ins.country", "the country of that address"},
	{"context.last_sign_ins.network", "the owner of that address"},
	{"context.last_sign_ins.labels", "the policy's labels of that address"},
	{"context.last_sign_ins.usual", "the account had used that network before the incident"},
	{"context.last_sign_ins.service", "to what"},
	{"context.last_sign_ins.client", "kind of agent: `browser`, `outlook`, `mobile`, `script`, ..."},
	{"context.usual_networks", "networks it used before the incident, on most days first; by owner, else by prefix"},
	{"context.usual_countries", "countries likewise"},
	{"context.usual_devices", "devices likewise"},
	{"context.usual_apps", "applications likewise"},
	{"context.usual_clients", "kinds of agent likewise"},
	{"context.baseline", "maturity of the baseline"},
	{"context.since.code", "a signal since the incident began, whatever it came to; the heaviest 12"},
	{"context.since.detail", "what exactly was seen"},
	{"context.since.first", "when first"},
	{"context.since.last", "when last"},
	{"context.since.ip", "from where, the first time"},
	{"context.items_since", "mail items it read since the incident began"},
	{"context.mailboxes", "mailboxes it opened since"},
	{"suppressed", "messages held back since the last one"},
	{"cef", "the alert as a CEF line, with `cef on`"},
}

// FieldsTable returns the fields of the map redshank as a table in markdown. In
// OCSF the map is in unmapped, and its context in the enrichments.
func FieldsTable() string {
	types := map[string]string{}
	fieldTypes("", reflect.TypeFor[ownFields](), "", types)
	var b strings.Builder
	b.WriteString("| field | type | meaning |\n| --- | --- | --- |\n")
	for _, f := range ownFieldDocs {
		fmt.Fprintf(&b, "| `redshank.%s` | %s | %s |\n", f.path, types[f.path], f.means)
	}
	return b.String()
}

// fieldTypes adds the dotted name and the type of every field of t. list is []
// within a list of objects, which Elasticsearch flattens.
func fieldTypes(path string, t reflect.Type, list string, types map[string]string) {
	switch t.Kind() {
	case reflect.Pointer:
		fieldTypes(path, t.Elem(), list, types)
	case reflect.Slice:
		fieldTypes(path, t.Elem(), "[]", types)
	case reflect.Struct:
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			fieldTypes(strings.TrimPrefix(path+"."+name, "."), t.Field(i).Type, list, types)
		}
	default:
		types[path] = map[reflect.Kind]string{reflect.String: "text", reflect.Int: "number", reflect.Float64: "number", reflect.Bool: "boolean"}[t.Kind()] + list
	}
}
