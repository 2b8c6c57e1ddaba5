package event

// MaxText bounds what is kept of a string that an attacker chooses, in bytes.
const MaxText = 200
