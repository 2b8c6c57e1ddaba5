package source

// formats makes one of each, in the order in which a record of unknown format
// is offered to them: the most exact claims first.
func formats() []format {
	return []format{
		new(ual),
		new(graph),
		new(entra),
	}
}
