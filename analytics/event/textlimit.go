package event

// MaxText bounds a kept string that an attacker can choose, in bytes.
const MaxText = 200
