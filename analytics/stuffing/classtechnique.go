package stuffing

// attackTechniques are the ATT&CK ids of the classes.
var attackTechniques = map[string]string{
	classStuffing: "T1110.004",
	classSpraying: "T1110.003",
	classGuessing: "T1110.001",
}
