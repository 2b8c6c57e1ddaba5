package event

// maxKeptText is how much is kept of a string that an attacker chooses, in bytes.
const MaxText = 200
