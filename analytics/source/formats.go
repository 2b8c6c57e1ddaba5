package source

// formats makes one of each, in the order in which a record of unknown format
// is offered to them: the most exact claims first.
func formats() []format {
	return []format{
		newHTTPProxy(), newEWS(), newCmdlet(), newSMTP(), newIMAP(), newPOP(),
		newWinEvent(),
		new(ual),
		new(graph),
		new(entra),
		newIIS(), // behind the others: it takes every comment
	}
}
