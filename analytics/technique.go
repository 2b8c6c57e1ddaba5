package analytics

// Technique is an ATT&CK technique with the tactic it serves here.
type Technique struct{ ID, Name, TacticID, TacticName string }

// The techniques that incidents and signals name. Source: MITRE ATT&CK
// Enterprise.
var (
	techniqueValid = Technique{"T1078", "Valid Accounts", "TA0001", "Initial Access"}
	techniqueCloud = Technique{"T1078.004", "Cloud Accounts", "TA0001", "Initial Access"}

	classTechniques = map[string]Technique{
		classStuffing: {"T1110.004", "Credential Stuffing", "TA0006", "Credential Access"},
		classSpraying: {"T1110.003", "Password Spraying", "TA0006", "Credential Access"},
		classGuessing: {"T1110.001", "Password Guessing", "TA0006", "Credential Access"},

		classScripted: remoteCollection,
		classReplay:   remoteCollection,
		classApp:      remoteCollection,
		classExport:   remoteCollection,
		classTool:     remoteCollection,
		classMailRule: {"T1114.003", "Email Forwarding Rule", "TA0009", "Collection"},
	}
	remoteCollection = Technique{"T1114.002", "Remote Email Collection", "TA0009", "Collection"}

	// signalTechniques are what signals name by id, as the content has it.
	signalTechniques = map[string]Technique{
		"T1059.001": {"T1059.001", "PowerShell", "TA0002", "Execution"},
		"T1078":     techniqueValid,
		"T1078.004": techniqueCloud,
		"T1098.001": {"T1098.001", "Additional Cloud Credentials", "TA0003", "Persistence"},
		"T1098.002": {"T1098.002", "Additional Email Delegate Permissions", "TA0003", "Persistence"},
		"T1110":     {"T1110", "Brute Force", "TA0006", "Credential Access"},
		"T1110.004": {"T1110.004", "Credential Stuffing", "TA0006", "Credential Access"},
		"T1114.002": remoteCollection,
		"T1114.003": {"T1114.003", "Email Forwarding Rule", "TA0009", "Collection"},
		"T1528":     {"T1528", "Steal Application Access Token", "TA0006", "Credential Access"},
		"T1550.001": {"T1550.001", "Application Access Token", "TA0005", "Defense Evasion"},
		"T1562.008": {"T1562.008", "Disable or Modify Cloud Logs", "TA0005", "Defense Evasion"},
		"T1564.008": {"T1564.008", "Email Hiding Rules", "TA0005", "Defense Evasion"},
	}
)
