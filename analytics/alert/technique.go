package alert

// Technique is a MITRE ATT&CK technique with the tactic it serves.
type Technique struct{ ID, Name, TacticID, TacticName string }

// TechniqueByID returns the technique with the id and reports whether this
// package knows the id.
func TechniqueByID(id string) (Technique, bool) {
	for _, t := range knownTechniques {
		if t.ID == id {
			return t, true
		}
	}
	return Technique{}, false
}

// knownTechniques are the techniques that incidents and signals name. Source:
// MITRE ATT&CK Enterprise.
var knownTechniques = [...]Technique{
	{"T1059.001", "PowerShell", "TA0002", "Execution"},
	{"T1078", "Valid Accounts", "TA0001", "Initial Access"},
	{"T1078.004", "Cloud Accounts", "TA0001", "Initial Access"},
	{"T1098.001", "Additional Cloud Credentials", "TA0003", "Persistence"},
	{"T1098.002", "Additional Email Delegate Permissions", "TA0003", "Persistence"},
	{"T1110", "Brute Force", "TA0006", "Credential Access"},
	{"T1110.001", "Password Guessing", "TA0006", "Credential Access"},
	{"T1110.003", "Password Spraying", "TA0006", "Credential Access"},
	{"T1110.004", "Credential Stuffing", "TA0006", "Credential Access"},
	{"T1114.002", "Remote Email Collection", "TA0009", "Collection"},
	{"T1114.003", "Email Forwarding Rule", "TA0009", "Collection"},
	{"T1505.003", "Web Shell", "TA0003", "Persistence"},
	{"T1528", "Steal Application Access Token", "TA0006", "Credential Access"},
	{"T1550.001", "Application Access Token", "TA0005", "Defense Evasion"},
	{"T1562.008", "Disable or Modify Cloud Logs", "TA0005", "Defense Evasion"},
	{"T1564.008", "Email Hiding Rules", "TA0005", "Defense Evasion"},
}
