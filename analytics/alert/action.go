package alert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxNamed is how many accounts one action names. The lists of the alert have
// more of them.
const maxNamed = 5

// Actions returns what to do about an incident, most urgent first, each step one
// sentence. The steps depend only on the class, the valid credentials, the codes of the
// signals, the client and the mails of the alert. The strings in them that an attacker
// can write are account names and application ids, which are cut to maxActionName bytes.
func Actions(a *Alert) []string {
	var steps []string
	if n := len(a.Valid); n > 0 {
		var names []string
		for i := range a.Valid {
			names = append(names, a.Valid[i].User)
		}
		who := named(names, max(n, a.Counts.Succeeded+a.Counts.Accepted))
		steps = append(steps,
			"Reset the password of "+who+": the attacker knows it.",
			"Revoke the sessions and refresh tokens of these accounts, and remove second factors and devices that were added since "+
				earliest(a.Valid)+".",
			"Check what these accounts did since then: mail read, inbox rules, forwarding, mailbox permissions, new applications.")
	}
	for _, step := range classActions[a.Class] {
		if subject := subjectName(a); subject != "" || !strings.Contains(step, "%s") {
			steps = append(steps, strings.ReplaceAll(step, "%s", subject))
		}
	}
	for _, of := range signalActions {
		if hasSignal(a, of.code) {
			steps = append(steps, of.step)
		}
	}
	if a.Rule.Kind == Threshold && a.Class != "misconfigured_client" {
		if who := client(a); who != "" {
			uses := "it"
			if strings.HasPrefix(who, several) {
				uses = "them"
			}
			steps = append(steps, "Block "+who+" at the perimeter or by conditional access, after a look at who else uses "+uses+".")
		}
	}
	if step := mailStep(a); step != "" {
		steps = append(steps, step)
	}
	if a.Rule.Kind == Behaviour && a.Source.IsValid() {
		steps = append(steps, "Check which other accounts "+client(a)+" reached, and block it unless its owner is known.")
	}
	return steps
}

func hasSignal(a *Alert, code string) bool {
	return slices.ContainsFunc(a.Signals, func(s Signal) bool { return s.Code == code })
}

// mailStep returns what to do about the mails that were read, "" if none were.
func mailStep(a *Alert) string {
	switch {
	case a.Rule.Kind != Behaviour:
		return ""
	case len(a.Mails) > 0 && a.Counts.Items > len(a.Mails):
		return "Check the mails that were read: the alert lists " + strconv.Itoa(len(a.Mails)) + " of them, the mailbox audit log has the others."
	case len(a.Mails) > 0:
		return "Check the mails that were read, as the alert lists them."
	case a.Counts.Items > 0:
		return "Take the list of mail items that were read from the mailbox audit log."
	}
	return ""
}

// maxActionName bounds a name within an action, in bytes: the longest mail
// address of RFC 5321.
const maxActionName = 320

// named returns the first names of a list, and how many of total follow.
func named(names []string, total int) string {
	var shown []string
	for _, name := range names[:min(len(names), maxNamed)] {
		shown = append(shown, cutName(name))
	}
	if more := total - len(shown); more > 0 {
		return strings.Join(shown, ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(shown, ", ")
}

func cutName(name string) string {
	return strings.ToValidUTF8(name[:min(len(name), maxActionName)], "")
}

// earliest returns the time of the first valid credential, in UTC.
func earliest(found []Credential) string {
	first := found[0].At
	for i := range found {
		if found[i].At.Before(first) {
			first = found[i].At
		}
	}
	return first.UTC().Format("2006-01-02 15:04:05 UTC")
}

// subjectName returns the account, application or host of an incident, and ""
// for an incident of a client or of a campaign.
func subjectName(a *Alert) string {
	switch {
	case a.User != nil:
		return cutName(a.User.DisplayName())
	case a.Subject != "":
		return cutName(a.Subject)
	case len(a.Users) == 1:
		return cutName(a.Users[0].Name)
	case len(a.Accounts) > 0:
		return named(a.Accounts, a.Counts.Mailboxes)
	}
	return ""
}

// several begins the text for more than one address.
const several = "the "

// client returns the client of an incident, or "" if it is unknown.
func client(a *Alert) string {
	switch {
	case a.Prefix.IsValid():
		return a.Prefix.String()
	case a.Source.IsValid():
		return a.Source.String()
	case len(a.IPs) == 1:
		return a.IPs[0].String()
	case len(a.IPs) == 0:
		return ""
	}
	return fmt.Sprintf(several+"%d addresses", max(a.Counts.DistinctIPs, len(a.IPs)))
}

// classActions are the steps of a class. %s is the subject of the incident; a
// step with %s is omitted if the incident has no subject.
var classActions = map[string][]string{
	"credential_stuffing": {
		"Require a second factor for every account that was tried, and turn off legacy authentication."},
	"password_spraying": {
		"Require a second factor for every account that was tried, and look for weak passwords among them."},
	"password_guessing": {
		"Check %s: the attacker knows the account by name."},
	"misconfigured_client": {
		"Find the program that keeps an old password, and give it the new one."},
	"session_replay": {
		"Revoke all sessions of %s: a new password alone does not end a stolen session.",
		"Check the device and the browser from which the session was stolen."},
	"scripted_mail_access": {
		"Revoke all sessions of %s and set a new password.",
		"Find the program that read the mail, and take away its access.",
		"Ask the owner of %s whether the program is theirs."},
	"application_mail_access": {
		"Remove the consent of application %s, or its mail permissions, unless its owner can explain the access.",
		"Replace the secrets and certificates of the application if it is yours: one of them may be stolen.",
		"Check who gave the consent, and when."},
	"mailbox_export": {
		"Stop the export and remove what it has written.",
		"Revoke all sessions of %s and set a new password, unless the owner can explain the export.",
		"Check how %s got the rights for an export."},
	"collection_tool": {
		"Isolate the host on which the tool ran.",
		"Revoke the sessions and reset the passwords of all accounts that the tool used."},
	"mail_diversion": {
		"Remove the rule or the forwarding that the signals show from the mailbox of %s, from other mailboxes or from the transport rules.",
		"Look for mail that was hidden or sent on since then.",
		"Reset the password of %s and revoke its sessions."},
}

// signalActions are the steps for what signals show, in this order.
var signalActions = []struct{ code, step string }{
	{"mailbox.permission", "Remove the rights on mailboxes that were granted."},
	{"app.credentials", "Remove the credentials and owners that were added to the application."},
	{"access.throttled", "Turn the auditing of mail access on again if it was turned off: mail that was read without auditing is not logged."},
}
