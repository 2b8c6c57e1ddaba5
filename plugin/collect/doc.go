// Package collect fetches the logs of a Microsoft 365 tenant and writes them as
// NDJSON, one record a line, for an agent to tail: audit records from the
// Office 365 Management Activity API, sign-ins from Microsoft Graph.
//
// A feed is one content type of the former or one kind of sign-in of the latter.
// Every feed has a checkpoint of its own. Records are written and synced before the
// checkpoint is updated: after a crash some records may be written twice, but none
// is lost as long as the service still has them. Each pass also rereads an earlier
// period, since both services publish records late.
package collect
