package document

import (
	"fmt"
	"reflect"
	"strings"
)

// ownFieldDocs explains the fields of the map redshank, in their order. A test
// compares them with the map.
var ownFieldDocs = []struct{ path, means string }{
	{"class", "class of the incident: `credential_stuffing`, `password_spraying`, `password_guessing`, `scripted_mail_access`, ..."},
	{"drill", "true for an incident of a drill that `redshank drill` has written; absent in all other alerts"},
	{"drill_run", "id of the drill"},
	{"phase", "reason of this message: `opened`, `escalated`, `changed`, `grown`, `quiet`"},
	{"subject.kind", "kind of the subject of an AN0131 incident: `account`, `application`, `host`"},
	{"subject.name", "name of the subject"},
	{"severity", "`low`, `medium`, `high`, `critical`"},
	{"confidence", "0 to 1"},
	{"counts.failures", "failed sign-ins; all counts are the true figures, while lists are limited"},
	{"counts.distinct_users", "accounts with a failure; an estimate above 1,024"},
	{"counts.distinct_ips", "client addresses; an estimate above 1,024"},
	{"counts.unknown_users", "accounts that do not exist"},
	{"counts.locked", "accounts that were locked"},
	{"counts.accepted", "accounts whose password was right but whose sign-in was stopped by a second factor or a policy"},
	{"counts.succeeded", "accounts that signed in"},
	{"counts.leaked", "accounts on the policy's lists of leaked accounts"},
	{"counts.items", "mail items read"},
	{"counts.mailboxes", "mailboxes opened; an estimate above 1,024"},
	{"window", "what opened an AN1269 incident: `burst`, `slow`, `week`, `leaked`, `account`, `campaign`"},
	{"campaign", "`event.id` of the campaign to which the client of this incident belongs"},
	{"members", "`event.id` of the incidents of single clients of this campaign that have sent an alert, at most 20"},
	{"services", "services of the mail system that were reached"},
	{"agents", "user agents, at most 10"},
	{"apps", "application ids, at most 10"},
	{"app_names", "names of the applications, if they are known"},
	{"actions", "steps for this incident, the most urgent first: what to reset, revoke, remove, check and block"},
	{"indicators", "`event.id` of the document with the full lists of a large incident; with the `file` sink the file `<sink_path>.<this>.json`. At most 1,024 addresses, 1,024 accounts and 200 valid credentials; the document says whether these are all"},
	{"valid_credentials.user", "an account whose password the attacker knows: reset the password and end the sessions"},
	{"valid_credentials.at", "time of the first sign-in that shows it"},
	{"valid_credentials.how", "the sign-in, in words"},
	{"valid_credentials.ip", "address of the sign-in; also first in `related.ip`"},
	{"valid_credentials.agent", "user agent of the sign-in"},
	{"valid_credentials.app", "application id of the sign-in"},
	{"valid_credentials.record", "log record of the sign-in, as in `evidence`"},
	{"at_home.user", "an account to which the address was already known and which continued to use it; not compromised as far as the logs show"},
	{"at_home.at", "time of its sign-in"},
	{"at_home.how", "the sign-in, in words"},
	{"at_home.ip", "address of the sign-in"},
	{"at_home.agent", "user agent of the sign-in"},
	{"at_home.app", "application id of the sign-in"},
	{"at_home.record", "log record of the sign-in, as in `evidence`"},
	{"users.name", "an account that was tried; the 20 with the most failures"},
	{"users.failures", "failures of the account"},
	{"users.last_reason", "reason of its last failure"},
	{"users.privileged", "true for a privileged account of the policy"},
	{"users.leaked", "true for an account on a list of leaked accounts"},
	{"accounts", "accounts of an AN0131 incident that acted or whose mailboxes were read, at most 20"},
	{"signals.code", "code of a signal of AN0131: see `redshank docs signals`"},
	{"signals.weight", "weight of the signal in this incident"},
	{"signals.detail", "what was observed"},
	{"signals.at", "time of the first observation"},
	{"signals.ip", "address of the observation"},
	{"signals.record", "log record of the observation, as in `evidence`"},
	{"signals.seen", "number of accounts of the tenant that share the feature; the fewer, the higher the weight"},
	{"signals.mails", "mails of the observation, at most 5: as `mails.id`, or else the subject, or the folder"},
	{"mails.id", "a mail that was accessed: its Message-ID, or the id of the item in the mailbox; at most 50 mails, `counts.items` has the true number"},
	{"mails.subject", "subject of the mail, if the log has it"},
	{"mails.folder", "folder of the mail; without id and subject all mails of the folder were synchronised"},
	{"evidence", "log records, at most 20, in a form that `redshank find` takes: the id of the record; `FILE:OFFSET`; for a line of a text log the beginning of its SHA-256, its time and its file; for a record that a parser has taken apart the digest of its event"},
	{"labels", "the policy's labels of the address"},
	{"baseline", "maturity of the baseline behind the signals"},
	{"context.account", "the subject, or an account with valid credentials; at most 5"},
	{"context.marks", "`privileged`, `service`, `leaked`, according to the policy at the time of the message"},
	{"context.groups", "groups of the account in the policy"},
	{"context.last_sign_ins.at", "time of a successful sign-in, newest first; the last one of each client, service and kind of agent"},
	{"context.last_sign_ins.ip", "its address"},
	{"context.last_sign_ins.country", "country of the address"},
	{"context.last_sign_ins.network", "owner of the address"},
	{"context.last_sign_ins.labels", "the policy's labels of the address"},
	{"context.last_sign_ins.usual", "true if the account used that network before the incident"},
	{"context.last_sign_ins.service", "service of the sign-in"},
	{"context.last_sign_ins.client", "kind of agent: `browser`, `outlook`, `mobile`, `script`, ..."},
	{"context.usual_networks", "networks that the account used before the incident, by number of days; named by owner, or else by prefix"},
	{"context.usual_countries", "countries that the account used before the incident"},
	{"context.usual_devices", "devices that the account used before the incident"},
	{"context.usual_apps", "applications that the account used before the incident"},
	{"context.usual_clients", "kinds of agent that the account used before the incident"},
	{"context.baseline", "maturity of the baseline"},
	{"context.since.code", "code of a signal since the incident began, part of an incident or not; the 12 with the highest weight"},
	{"context.since.detail", "what was observed"},
	{"context.since.first", "time of the first observation"},
	{"context.since.last", "time of the last observation"},
	{"context.since.ip", "address of the first observation"},
	{"context.items_since", "mail items that the account read since the incident began"},
	{"context.mailboxes", "mailboxes that the account opened since the incident began"},
	{"suppressed", "messages suppressed since the last one; of a campaign, also those of its clients"},
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
