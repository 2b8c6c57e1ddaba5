package day

import (
	"time"

	"redshank/test/world/lines"
)

// app is an application that people sign in with.
type app struct{ id, name, client string }

var (
	officeHome = app{"4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome", "Browser"}
	teams      = app{"1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams", "Mobile Apps and Desktop clients"}
	azureADPS  = app{"1b730954-1685-4b74-9bfd-dac224a7b894", "Azure Active Directory PowerShell", "Mobile Apps and Desktop clients"}
)

const tenant = "6f4a1d0e-93c2-4b1b-8f7e-2d5c1a9b3e40"

// exchangeOnline is the resource id that mail clients request.
const exchangeOnline = "00000002-0000-0ff1-ce00-000000000000"

// signIn is one sign-in to the tenant. It has two records with the same identifier:
// one in the Entra export within minutes, one in the audit log up to an hour and a
// half later.
type signIn struct {
	at time.Time
	client
	app
	upn    string
	object string // object id; empty if the account does not exist
	code   int
	logon  string // LogonError
	text   string
	silent bool // a token refresh without interaction
	id     string
}

// cloudSignIn writes a sign-in with a password.
func (m *maker) cloudSignIn(at time.Time, c client, a app, p *person, v lines.Verdict) {
	m.signIn(signIn{at: at, client: c, app: a, upn: p.upn(), object: p.object, code: v.Codes().Entra, logon: v.Codes().Logon, text: v.Codes().Text})
}

// interrupts are the interrupts that decide nothing about the password.
var interrupts = []lines.Verdict{lines.NoSession, lines.NoConsent, lines.Enrol, lines.StaySignedIn}

// interrupted writes a sign-in that is interrupted half way, which is common.
func (m *maker) interrupted(at time.Time, c client, p *person) {
	m.cloudSignIn(at, c, officeHome, p, pick(m, interrupts))
}

// refresh writes the renewal of a token by a client, without interaction.
func (m *maker) refresh(at time.Time, c client, a app, p *person) {
	m.signIn(signIn{at: at, client: c, app: a, upn: p.upn(), object: p.object, text: "Other.", silent: true})
}

func (m *maker) signIn(s signIn) {
	s.id = m.uuid()
	m.entra(s)
	m.auditSignIn(s)
}
