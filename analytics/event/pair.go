package event

// PairSlots is the number of slots of the normalisation cache, a power of two.
const PairSlots = 1 << 14

// Pair names the address, account, mailbox and agent of an event by their place
// in the normalisation cache. Equal pairs have equal fields; a Pair whose Hash is
// 0 is not cached and names nothing.
type Pair struct {
	Hash uint64
	Slot uint16 // below PairSlots
}
