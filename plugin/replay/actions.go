package replay

import (
	"fmt"

	"redshank/analytics/alert"
)

// actions returns what to do about an incident, most urgent first.
func actions(i *Incident) []string {
	var steps []string
	if n := len(i.Valid); n > 0 {
		steps = append(steps,
			fmt.Sprintf("Reset the %s below, and revoke sessions and refresh tokens: the password is known to the attacker.", passwords(n)),
			"Look for what these accounts did after the times below: mail read, inbox rules, forwarding, new devices and applications.")
	}
	steps = append(steps, byClass[i.Class]...)
	if i.Rule.Kind == alert.Threshold && i.Class != "misconfigured_client" {
		steps = append(steps, "Block "+clientOf(i)+" at the perimeter, or by conditional access, after a look at who else uses it.")
	}
	return steps
}

func passwords(n int) string {
	if n == 1 {
		return "password"
	}
	return fmt.Sprintf("%d passwords", n)
}

// byClass are the steps of a class.
var byClass = map[string][]string{
	"credential_stuffing":     {"Ask for a second factor on every account that was tried, and turn off legacy authentication."},
	"password_spraying":       {"Ask for a second factor on every account that was tried, and look for weak passwords among them."},
	"password_guessing":       {"Check the account that was tried: it is known to the attacker by name."},
	"misconfigured_client":    {"Find the program that keeps an old password, and give it the new one."},
	"session_replay":          {"Revoke all sessions of the account; a new password alone does not end a stolen session.", "Check the device and the browser from which the session was stolen."},
	"scripted_mail_access":    {"Revoke all sessions of the account and reset its password.", "Take the list of mail items that were read from the mailbox audit log.", "Ask the owner of the account whether the program is theirs."},
	"application_mail_access": {"Remove the consent of the application, or its mail permissions, unless its owner can explain the access.", "Check who gave the consent, and when."},
	"mailbox_export":          {"Stop the export and remove what it has written.", "Check how the account that started it got its rights."},
	"collection_tool":         {"Isolate the host on which the tool ran.", "Revoke the sessions and reset the passwords of all accounts that the tool used."},
	"mail_diversion":          {"Remove the inbox rule or the forwarding.", "Look for mail that was hidden or sent on since then.", "Reset the password of the account and revoke its sessions."},
}
