package analytics

// classTechniques are the ATT&CK ids of the classes of incidents.
var classTechniques = map[string]string{
	classStuffing: "T1110.004",
	classSpraying: "T1110.003",
	classGuessing: "T1110.001",
	classScripted: "T1114.002",
	classReplay:   "T1114.002",
	classApp:      "T1114.002",
	classExport:   "T1114.002",
	classTool:     "T1114.002",
	classMailRule: "T1114.003",
}
