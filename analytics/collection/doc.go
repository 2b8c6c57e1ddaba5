// Package collection is AN0131: mail collected with stolen credentials or tokens
// (ATT&CK T1114.002).
//
// # What it detects
//
// Somebody signs in with a credential, session or token that is not theirs, or
// lets an application in, and then mail is read: by a script, over EWS or Graph,
// by an application, or by hand in a browser. Neither half is remarkable by
// itself. Together, in one session, from one address or by one application, they
// are a theft.
//
// # Weights
//
// Each observation that speaks for a theft is a signal with a weight
// (content/signals.yaml, a policy's collection.weights, `redshank docs signals`).
// Weights are log-odds and add up. The weight of whatever is new to an account
// shrinks with the number of other accounts for which the same thing is usual:
//
//	share = 1 - ln(1 + others) / ln(1 + common)
//
// where common is 2 % of the accounts, at least 8 (4 in a small tenant). A network that nobody
// else uses keeps its whole weight; one that is common says nothing. An account counts once the
// network, country, method or reader is usual for it; an account for which it is not usual yet
// counts as a third, and for applications each adopter counts at once. Below ten accounts
// nothing is known about rarity and weights stay whole. An alert says for each signal how many
// accounts share it ("3 of 412 accounts"). Anybody can rent a server: the accounts of a program
// on a rented one, and those of a gateway that five accounts share, count as users of the
// servers nearby (a /24 or /64), not of all those of its owner.
//
// A baseline is mature after collection.baseline (3 days or 20 sign-ins) and calls
// nothing new before that; until then the account's groups speak at half the
// weight. A sign-in with a device that the account has long used is not abnormal,
// wherever it comes from.
//
// # It opens
//
//   - when a sign-in half and an access half weigh 100 together, within an hour of
//     each other, or within a day where they share a session, address or
//     application, whichever is logged first;
//   - when mail was merely opened by a browser or a mail client, and both halves
//     weigh 130 with at least one sign that the session is odd (a rented network,
//     two networks, impossible travel, device code, a script, ...); 100 if mail was
//     read over Graph by an application with which the account never did so, or if a
//     script signed in and many mails were opened;
//   - when a named attack tool signs in and any mail of the account is opened;
//   - when an application that nobody let in, or a rented address that nobody signs in
//     from, reads many mailboxes within an hour: such tokens need no sign-in;
//   - when a person reads more than 150 mails in a day, and five times as many as
//     usual, in networks that are new to the account, and a rule hides or forwards mail
//     there, however common the network is; also in a usual network, within two hours
//     and ten times as many, in a session without one of the account's own devices;
//   - for one signal of 100 (a collection tool, many mailboxes, an export to a web folder),
//     or for 130 of the access half alone, such as a rule without a name that hides mail.
//
// # It stays quiet
//
// for new telephones, travellers, mail programs that a person lets in and uses at the same
// address in a usual network, a company's VPN, a new line of an office, programs
// that have always read this mailbox from that network, and services of the cloud
// itself. In the cloud, a person who travels or begins to use a VPN service, with the
// usual client, is an incident of severity low, or at most medium where Outlook
// synchronises. An application that many let in, a new backup product and a migration by
// one account are incidents of severity low, which ask for a declaration.
//
// # One theft, one incident
//
// An incident grows by what is near its core: observations that make an incident
// with those around them. What the account does elsewhere, from other addresses
// and in other sessions, is not added, and neither are the rights and consents that it
// gives at work. A thief with another network and another program is another theft,
// with an incident and an id of its own. An application, its mailboxes and the
// accounts that let it in are one incident, about the account if it is the only
// one. Accounts whose mail is read from one address within the time window, in a network
// usual for none of them, are one incident, too, without an account of its own. The source
// is the address that mail was read from; without one, that of the sign-in.
//
// If an incident of AN1269 is withdrawn, the sign-ins from its client lose their signal.
// What opens without them stays open, with a lower severity if that depended on them, and
// what does not is withdrawn. The same holds for a session that was used in another network,
// if the sign-in there was made with the account's own device and is logged later.
//
// # Triage
//
// Read the signals from the top. Is the network the person's? Ask about the
// device and the hour. Then revoke sessions, reset the password, look for rules
// and consents, and search the mail that was read.
//
// # Reading the code
//
// detect.go takes an event to its subject (subject.go) and to the part that judges
// events of its kind: signin.go with travel.go and session.go, mailaccess.go with
// application.go and mailboxes.go, or command.go. Each of them records observations
// (evidence.go). rarity.go computes what an observation weighs, correlate.go adds up
// the weights of observations near each other, and incident.go opens, extends
// and revises incidents, which classify.go names. Package behaviour holds what is stored of each
// subject, package change reads what changes of mailboxes do, and package theft holds
// what an incident has counted.
package collection
