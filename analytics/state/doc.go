// Package state carries the tables of an engine to disk and back. Tables write
// the entries that changed since the last call; after a restart they take the
// saved entries again. The package also packs what is written most often: lists
// of attempts, and numbers.
//
// Structs are encoded as msgpack arrays; a pointer between entries becomes an id.
// A struct with another number of fields cannot be read: another field, as well as
// another meaning of one, needs another analytics.StateFormat.
package state
