// Package stuffing is AN1269: leaked credentials tried against OWA, Microsoft 365 or
// Exchange.
//
// # What it detects
//
// Credential stuffing (T1110.004), password spraying (T1110.003) and password guessing
// (T1110.001): from one client, from behind an address that many people share, from
// many clients that act as one, and against one account.
//
// # What counts as evidence
//
// A failure counts only if it is foreign to its account: the account has not
// signed in before from the same subnet (IPv4 /24, IPv6 /64), nor from another
// network of the same owner with the same user agent, nor as a telephone where
// it was a telephone before. Without a database of network owners the wider
// prefix (IPv4 /16, IPv6 /32) stands for the owner. Failures that a success of the
// account follows within forgiveness, mail programs that keep trying an old
// password, and people who arrive in a new network with their own programs do not
// count. Attempts on one account count however regular they are if no such program
// makes them: by the form of Outlook on the web, more often than once in five minutes
// from a server for rent that the account has not used, or from three networks at a
// time.
//
// # It opens
//
//   - One client (threshold.go): mailbox_login_threshold distinct accounts, or
//     failure_threshold failures, in the burst or the slow window, and more
//     accounts than sign in; leaked accounts alone; at least three accounts a day
//     on four days of eight, from it and others of its /24 that try several
//     accounts; or a script that hardly anybody uses, if the accounts that get in
//     with it count as well, and are fewer than those that fail.
//   - A shared address (sharedaddress.go): declared as corporate_egress, or five
//     accounts that have signed in there for a while. The unit is the address
//     together with the tool: agent without version numbers, and application. With
//     a tool that hardly anybody there uses the thresholds of one client hold; with
//     a common one twice the thresholds beyond what the address usually sees. The
//     known users of the address are neither counted nor named. At hours at which
//     hardly anybody signs in there, they count, if nobody gets in for two hours.
//   - Many clients with something rare in common (campaign/cluster.go): a tool, a network
//     owner with an application, a subnet, or a tool from networks of owners that
//     hardly anybody comes from. Rare is what at most rare.accounts accounts of the
//     tenant, or rare.per_thousand of them, had signed in with before that day.
//     campaign.rare_addresses clients and campaign.accounts accounts in the slow
//     window, and more than three times as many accounts as sign in.
//   - Many clients with nothing in common (campaign/excess.go): the foreign failures of the
//     whole tenant exceed what is usual at these hours of the day by
//     campaign.addresses in sum (CUSUM; Javed and Paxson, CCS 2013), or those of a
//     day exceed what is usual in a day; IMAP, POP and SMTP have levels of their own.
//     In a tenant of fewer than 100 accounts a share of campaign.addresses is enough.
//     If few tools or agents stand out among them, only these belong to
//     the campaign.
//   - Rounds (campaigns.go): three clients or more with incidents of their own try the
//     same accounts with the same rare tool.
//   - Concurrent incidents (campaigns.go): campaign.rare_addresses clients or more with
//     incidents of their own begin within an hour of each other with the same tool.
//   - One account (guessing.go): campaign.account_addresses clients in the burst
//     window, or as many networks in the slow one; three networks at a time with
//     failure_threshold failures together; a privileged account
//     privileged.day times in a day, or privileged.days times a day on three days or
//     on their average. For it an owner and a program that it uses are no excuse, if
//     it fails from three networks a day and gets in from none of them.
//
// The incident of a client takes precedence. A campaign also counts the failures of
// that client, and its messages include the client unless it stands out (package incident,
// mute.go).
// A campaign is over after a pause of twelve times its mean interval, at least two
// hours and at most eight, or half as long again as between its rounds; a later one is
// another incident, unless most of its clients are those of the first, or most of its
// accounts, more than by chance, or it is the next round within four hours: the same
// accounts, tool and networks. Campaigns that begin within an hour of each other
// are one if they share tools or owners of networks, or if both come from all over, unless
// one with other tools begins, or ends, so much later that this is no chance (one in fifty).
// Within a campaign, two thirds of 24 failures, or half from few owners, are another campaign
// if they have a tool, or come from networks of an owner, that is at least four times as frequent
// among them as among the others, on other accounts, and if they come four times as fast or as
// slowly as the others, or these go on beside them, or ended long before.
//
// An incident of a client, or a campaign, is withdrawn (revision.go) if more than half of its
// accounts get in within an hour with the program that failed; or if sign-ins arrive late, and
// it would not have opened if they had come in time. Decisions about the client then wait: for
// an hour, during a day, or for as long as the sign-ins were late, during a week. Decisions
// about a client from which five accounts have got in, most of whom nobody knew a day before,
// as all on the first day, wait for an hour, too, and so do those about fewer than four times
// the threshold of such accounts that fail with several programs after the first day, as people
// who arrive together do; a script waits for nothing. A campaign waits for two minutes, in
// which people correct most typos, and for half an hour where all may be telephones. What waits
// is decided with the first event of any kind after that (Detector.decide), or at the end of
// the input (Detector.decideAll); see undecided.go.
//
// # It stays quiet
//
// An office on Monday, a hotel, a conference, a train, a carrier: many sign in, and
// people use their own programs. Guests who fail with their own programs count like
// those who sign in; where several programs are used, none is a script and some people
// get in, twice as many foreign accounts are needed. An outage, or a day on which
// passwords expire: half of the accounts of an address fail with their own programs,
// at least four of these; in the level of the tenant, people who fail in familiar networks,
// or who then get in, beyond the usual number explain twice as many others. A forced reset,
// a roaming telephone: familiar networks, one mail program of one account, or hardly two
// accounts at one address, most of which fail again within half an hour. Typos: the
// failures of the last two minutes open no campaign. The telephone of a former employee:
// a disabled account cannot be guessed. A migration tool: more accounts sign in than
// fail. A printer or a monitoring probe: one account, for days or at regular intervals,
// which no campaign takes in.
//
// # What can be tuned
//
// In the section stuffing of the policy: the thresholds and windows of one client
// (raise them where one address serves many people who cannot be declared),
// forgiveness (how long a typo may take), campaign (lower it for a small tenant that
// sees slow attacks), privileged, and rare (what counts as uncommon in the tenant).
// Shared addresses are declared in networks.corporate_egress, networks that never
// count in networks.allowed, and accounts in accounts.privileged, accounts.service and
// leaked_accounts.
//
// # Valid credentials
//
// An account is named if its password was accepted from the cluster of the attack (the client,
// the tool at a shared address, or the rare trait of a campaign) and the sign-in is foreign to
// the account. A renewed session does not prove a password, but counts where only the attack
// gets in. The alert has the method, time, address, program and record id of the sign-in.
//
// Where other people use the address, too, their failures and sign-ins with a program that the
// attack has not used are their own: those of accounts that know the network, and an hour after
// the attack all, where people were before it. If the attack is a script over another protocol,
// and five people are there, accounts that have used a mail program for a day use their own.
// The first people at a new place are named until others come with their own programs: then
// their sign-ins are judged again, and those that are legitimate are taken back, but not those
// with the attack's program while it went on.
//
// In a campaign, a sign-in with a program that people use must be near to failures of the
// campaign (twelve mean intervals, ten minutes to two hours), with a service that a tenth of
// these use. In one without a rare feature, the address must have failed for others, with an
// agent new to the account, or with the tool of the sign-in and nobody else there; or agent,
// owner and network must all be new to an account of which another program of the kind is
// known. A script of the campaign that hardly anybody uses is enough. From an address that
// failed for another account before and that nobody else uses, a new subnet of the account's
// own provider is enough.
//
// From an address that has not failed, a sign-in is named if hardly anybody signs in from its
// owner's networks, and these are servers for rent or in a country new to the account, as those
// of the campaign are; the account's own program is no excuse if most failures are made with
// it, but a mail program is if the account had used one before. If the week before shows that
// such sign-ins are to be expected without an attack, none is named. Nor is one named of a domain
// that fewer than one in twenty of the failures try. Nor are accounts named that
// begin to use a mail program in their own country, if hardly any failures come from there. A
// mail program that its account has used before, such as a printer's, may have moved: it is
// named once the account signs in at another place again. On the first day only addresses that
// failed count, unless the account had signed in before the campaign.
//
// # Triage
//
// Start with the valid credentials: reset the passwords and revoke the sessions.
// Then look at the class (package attack): credential_stuffing means that the
// attacker has pairs of names and passwords, password_spraying that the attacker
// looks for weak passwords, password_guessing that one account is the target,
// misconfigured_client that a service has an old password. Block the addresses of
// one client; for a campaign look for what its failures have in common.
//
// # Reading the code
//
// Detector.Observe in detect.go takes a failure to the incident of its client or its
// account, to a campaign, or to the evidence from which these open, and a success to
// signIns in success.go. Each part that decides about incidents has a type and a file:
// statistics of a client's attempts, thresholds and sharedAddresses, guessing, campaigns,
// revisions. What they decide by is below, each package on those before it: attack is what an
// incident has counted, evidence keeps the foreign failures, profile remembers clients,
// accounts, their sign-ins and what is rare in the tenant.
//
// Package campaign decides which failures make a campaign (Finder), of which campaign a
// failure is, and what goes on with one or is split off from it (Set), and when one is
// over (Campaign). campaigns in campaigns.go acts on that: it makes clients members and
// opens the incidents. Package credential names the valid credentials of an incident (Finder)
// and of a campaign (CampaignFinder).
package stuffing
