package collect

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// maxKnown bounds the ids that a feed remembers. Each takes 12 bytes in the
// checkpoint and about 100 bytes in memory.
const maxKnown = 200_000

const knownSize = 8 + 4 // a hash and a time in seconds

// knownSet is the set of collected ids. The oldest addition is evicted first.
type knownSet struct {
	ids *simplelru.LRU[uint64, uint32]
	// floor is the newest time of an id that has left: what is older than
	// this may have been collected or not.
	floor uint32
}

func newKnown(size int) *knownSet {
	k := &knownSet{}
	k.ids, _ = simplelru.NewLRU(size, func(_ uint64, at uint32) { k.floor = max(k.floor, at) }) // fails for size < 1 alone
	return k
}

// has reports whether id was added and has not been evicted.
func (k *knownSet) has(id string) bool { return k.ids.Contains(xxhash.Sum64String(id)) }

// add adds id, whose record has the time at.
func (k *knownSet) add(id string, at time.Time) {
	k.ids.Add(xxhash.Sum64String(id), uint32(max(at.Unix(), 0)))
}

// since returns the time from which on all collected ids are remembered.
func (k *knownSet) since() time.Time { return time.Unix(int64(k.floor), 0) }

// MarshalText packs the ids in the order of their addition.
func (k *knownSet) MarshalText() ([]byte, error) {
	packed := binary.BigEndian.AppendUint32(make([]byte, 0, 4+k.ids.Len()*knownSize), k.floor)
	for _, hash := range k.ids.Keys() {
		at, _ := k.ids.Peek(hash)
		packed = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(packed, hash), at)
	}
	return base64.StdEncoding.AppendEncode(nil, packed), nil
}

// UnmarshalText restores the ids packed by MarshalText.
func (k *knownSet) UnmarshalText(text []byte) error {
	packed, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil || len(packed) < 4 || len(packed)%knownSize != 4 {
		return errors.New("known: not a list of ids")
	}
	*k = *newKnown(maxKnown)
	floor := binary.BigEndian.Uint32(packed)
	for packed = packed[4:]; len(packed) > 0; packed = packed[knownSize:] {
		k.ids.Add(binary.BigEndian.Uint64(packed), binary.BigEndian.Uint32(packed[8:]))
	}
	k.floor = max(k.floor, floor)
	return nil
}
