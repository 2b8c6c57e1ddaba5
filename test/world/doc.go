// Package world generates the logs of organisations with hundreds of people over
// many days, with attacks in them, and the truth about what happened: labelled data
// to evaluate a detection.
//
// A seed is an organisation: its names, the share of mailboxes that lie in the
// cloud, offices, providers, exits of VPN and security services, habits. Every
// person works, reads mail on computers and telephones, mistypes passwords,
// moves between addresses. On top come honest situations that look like attacks
// (see noises and programs), all of them in every world, and a draw of attacks
// (see stuffings and thefts). The same options give the same bytes, and Late and
// Double change only how lines are delivered.
//
// The logs are those of Exchange servers (IIS, HttpProxy, SMTP, IMAP, Security,
// PowerShell and cmdlets) and of a tenant (Entra sign-ins, audit log, Graph
// activity), in the form in which they lie on disk and arrive from the cloud:
// minutes to hours late, out of order, now and then twice. They are written
// from descriptions of attacks and from recorded logs, not from what the
// detections of this project look at.
//
// Names are those that Microsoft uses in examples, below the domain .example;
// addresses are from ranges that nobody uses (see package network), apart from
// those of Microsoft's own services.
package world
