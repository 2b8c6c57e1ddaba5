package lines

import "time"

// Account is an account that somebody tries. An account that does not exist has no
// object.
type Account struct{ UPN, Down, Object string }

// Way tries a password of an account.
type Way func(w *Writer, at time.Time, c Client, a Account, v Verdict)

// ByForm tries a password in the form of the web client.
func ByForm(w *Writer, at time.Time, c Client, a Account, v Verdict) {
	w.Form(at, c, a.UPN, OnServer(v))
}

// ByNTLM tries a password at Autodiscover.
func ByNTLM(w *Writer, at time.Time, c Client, a Account, v Verdict) {
	w.NTLM(at, c, Autodiscover, a.Down, OnServer(v))
}

// BySMTP tries a password by submission of mail.
func BySMTP(w *Writer, at time.Time, c Client, a Account, v Verdict) {
	w.Submit(at, c, a.UPN, OnServer(v))
}

// ByIMAP tries a password by IMAP.
func ByIMAP(w *Writer, at time.Time, c Client, a Account, v Verdict) {
	w.IMAP(at, c, a.UPN, OnServer(v), 0)
}

// OnServer returns the verdict of Exchange on its own, which knows no second step.
func OnServer(v Verdict) Verdict {
	if v == MFAAsked || v == Blocked || v == MFADenied {
		return Right
	}
	return v
}

// ByToken sends name and password to the tenant's token end point (ROPC), for an
// application.
func ByToken(app App) Way {
	return func(w *Writer, at time.Time, c Client, a Account, v Verdict) {
		w.SignIn(SignIn{At: at, Client: c, App: app, UPN: a.UPN, Object: a.Object, Verdict: v, Password: true, Protocol: "ropc", Silent: true})
	}
}

// ByPage types name and password into the tenant's page.
func ByPage(app App) Way {
	return func(w *Writer, at time.Time, c Client, a Account, v Verdict) {
		w.SignIn(SignIn{At: at, Client: c, App: app, UPN: a.UPN, Object: a.Object, Verdict: v, Password: true})
	}
}
