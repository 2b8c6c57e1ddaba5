package state

import (
	"encoding/binary"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"
)

// AppendNumbers appends numbers as one packed value. Most numbers are small or 0.
func AppendNumbers[T int32 | int64](b []byte, numbers []T) []byte {
	b, start := BeginBytes(b)
	return EndBytes(AppendPacked(b, numbers), start)
}

// AppendPacked appends numbers as varints, without a header.
func AppendPacked[T int32 | int64](b []byte, numbers []T) []byte {
	for _, n := range numbers {
		b = binary.AppendVarint(b, int64(n))
	}
	return b
}

// Unpack fills numbers from varints and returns the number of bytes read.
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

// BeginBytes begins a byte string whose length EndBytes fills in.
func BeginBytes(b []byte) (_ []byte, start int) {
	b = append(b, 0xc6, 0, 0, 0, 0) // bin 32
	return b, len(b)
}

// EndBytes ends the byte string that began at start.
func EndBytes(b []byte, start int) []byte {
	binary.BigEndian.PutUint32(b[start-4:], uint32(len(b)-start))
	return b
}

// Number returns the number that a key of 8 bytes stands for.
func Number(key []byte) (uint64, error) {
	if len(key) != 8 {
		return 0, fmt.Errorf("key of %d bytes (want 8)", len(key))
	}
	return binary.BigEndian.Uint64(key), nil
}

// Unmarshal decodes the value of an entry whose key is a number.
func Unmarshal(key, value []byte, into any) (uint64, error) {
	k, err := Number(key)
	if err == nil {
		err = msgpack.Unmarshal(value, into)
	}
	return k, err
}
