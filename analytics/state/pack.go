package state

import (
	"encoding/binary"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"
)

// savedNumbers are numbers as bytes. Most are small or none; the encoder would
// take a multiple of the time and look at each by itself.
func AppendNumbers[T int32 | int64](b []byte, numbers []T) []byte {
	b, start := BeginBytes(b)
	return EndBytes(AppendPacked(b, numbers), start)
}

func AppendPacked[T int32 | int64](b []byte, numbers []T) []byte {
	for _, n := range numbers {
		b = binary.AppendVarint(b, int64(n))
	}
	return b
}

// unpack fills numbers and tells how many bytes they were.
func Unpack[T int32 | int64](b []byte, numbers []T) (size int, err error) {
	for i := range numbers {
		v, n := binary.Varint(b[size:])
		if n <= 0 {
			return size, fmt.Errorf("%d numbers (want %d)", i, len(numbers))
		}
		numbers[i] = T(v)
		size += n
	}
	return size, nil
}

// beginBytes begins bytes whose number endBytes puts down where it is known.
func BeginBytes(b []byte) (_ []byte, start int) {
	b = append(b, 0xc6, 0, 0, 0, 0) // bin 32
	return b, len(b)
}

func EndBytes(b []byte, start int) []byte {
	binary.BigEndian.PutUint32(b[start-4:], uint32(len(b)-start))
	return b
}

func Number(key []byte) (uint64, error) {
	if len(key) != 8 {
		return 0, fmt.Errorf("key of %d bytes", len(key))
	}
	return binary.BigEndian.Uint64(key), nil
}

// numbered reads an entry under a number.
func Unmarshal(key, value []byte, into any) (uint64, error) {
	k, err := Number(key)
	if err == nil {
		err = msgpack.Unmarshal(value, into)
	}
	return k, err
}
