package source

import (
	"redshank/analytics/event"
	"redshank/analytics/source/exchange"
	"redshank/analytics/source/format"
	"redshank/analytics/source/iis"
	"redshank/analytics/source/m365"
	"redshank/analytics/source/windows"
)

// Content is what the formats take from a policy.
type Content interface {
	// Operation returns what an operation of an audit log means.
	Operation(name []byte) event.Operation
	// ClientHeaders returns the headers from which web logs take the client behind
	// a trusted proxy, the best first; nil for the default.
	ClientHeaders() []string
}

// formatReader is a format as the set uses it.
type formatReader struct {
	format.Format
	next format.LineFormat // the same format, where it reads next lines; otherwise nil
}

// readers returns one of each format, in the order in which a record of unknown
// format is offered to them: the most exact claims first.
func readers(content Content) (all []*formatReader) {
	for _, f := range formats(content) {
		next, _ := f.(format.LineFormat)
		all = append(all, &formatReader{f, next})
	}
	return all
}

func formats(content Content) []format.Format {
	return []format.Format{
		exchange.NewHTTPProxy(), exchange.NewEWS(), exchange.NewCmdlet(), exchange.NewSMTP(), exchange.NewIMAP(), exchange.NewPOP(),
		windows.New(),
		m365.NewUAL(content.Operation),
		new(m365.Graph),
		m365.NewEntra(content.Operation),
		iis.New(content.ClientHeaders()), // behind the others: it takes every comment
	}
}
