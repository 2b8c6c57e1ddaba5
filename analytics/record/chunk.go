package record

import "encoding/binary"

// resyncScan bounds how far a chunk is searched for the next record after
// damage, in bytes per chunk.
const resyncScan = 64 << 10

// Reader walks one chunk at a time, without copying or allocating. The zero
// Reader is at the end of an empty chunk. The counters run since Reset.
type Reader struct {
	chunk []byte
	at    int
	lead  []byte // bytes between time and Line in the last record with a Line
	body  int    // where its body began
	scan  int    // bytes that may still be searched for a record start
	work  int    // bytes that may still be read without finding a record

	Index *Index // what reads the fields of each body while it is walked; nil: nothing

	Bad     int // objects stepped over that are no record: wrong shape, too deep, damaged
	Markers int // group markers, which Fluent Bit puts among the records
	Lost    int // bytes of damage that were not walked: between records, and at the end
}

// Reset starts on a chunk as Fluent Bit hands it to a flush: event after
// event, back to back. The chunk stays the caller's, and has to stay as it is
// while the Reader or a Record read from it is in use.
func (r *Reader) Reset(chunk []byte) {
	*r = Reader{chunk: chunk, scan: resyncScan, work: 4 * len(chunk), Index: r.Index}
	if r.Index != nil {
		r.Index.Forget()
	}
}

// Next reads the next record into rec and reports whether there was one.
// Event groups (of OpenTelemetry inputs) come as records between two markers;
// the markers and their metadata about the group are skipped.
//
// What is wrong in shape but sound in encoding costs one Bad each. Where the
// encoding itself is damaged nothing tells where the object ends, so the
// search is for bytes that read as a whole, dated, filled record; an attacker
// who cannot damage a chunk cannot have a record read out of a string.
func (r *Reader) Next(rec *Record) bool {
	for r.at < len(r.chunk) {
		if len(r.lead) > 0 && r.again(rec) || r.common(rec) {
			return true
		}
		r.lead = nil
		end, opened, ok := skip(r.chunk, r.at)
		if !ok {
			r.Bad++
			r.work -= end - r.at
			r.resync()
			continue
		}
		raw := r.chunk[r.at:end:end]
		r.at = end
		switch ok := rec.parse(raw); {
		case !ok || opened >= maxDepth && within(raw, 0, maxDepth) < 0:
			r.Bad++
		case isMarker(rec.Time):
			r.Markers++
		default:
			return true
		}
	}
	*rec = Record{}
	return false
}

// common reads a record behind the head that Fluent Bit 2.1 and later put
// before nearly every one, without the walk and the checks that other forms
// need. Whatever is not as it should be is left to Next as if nothing had been
// read.
func (r *Reader) common(rec *Record) bool {
	b := r.chunk[r.at:]
	body := headSize(b)
	if body == 0 {
		return false
	}
	at := fixedTime(b[4:])
	if isMarker(at) {
		return false
	}
	end, opened, ok := r.walk(b, body)
	if !ok || opened >= maxDepth-2 { // two more are opened around the body
		return false
	}
	line, before := lineOf(b[body:end:end])
	if r.lead = nil; len(line) > 0 {
		r.lead, r.body = b[stamped:body+before], body
	}
	*rec = Record{Time: at, Body: b[body:end:end], Raw: b[:end:end], Line: line}
	r.at += end
	return true
}

// again reads a record that differs from the last one in its time and its line
// only, without walking the unchanged part.
func (r *Reader) again(rec *Record) bool {
	b := r.chunk[r.at:]
	start := stamped + len(r.lead)
	if len(b) <= start || binary.BigEndian.Uint32(b) != commonHead || string(b[stamped:start]) != string(r.lead) {
		return false
	}
	line, end, _ := text(b, start)
	at := fixedTime(b[4:])
	if len(line) == 0 || isMarker(at) {
		return false
	}
	*rec = Record{Time: at, Body: b[r.body:end:end], Raw: b[:end:end], Line: line, Again: true}
	r.at += end
	return true
}

// walk steps over a body, and indexes it on the way.
func (r *Reader) walk(b []byte, body int) (end, opened int, ok bool) {
	if r.Index == nil {
		return skip(b, body)
	}
	end, opened, ok = r.Index.walk(b[body:])
	return body + end, opened, ok
}

// lineFields is how many fields a body may have that a line is looked for in:
// path, offset and the line itself.
const lineFields = 3

// lineOf returns the Line of a body, a map that is sound, and how much of it stands
// before that. It is no use where the text is empty or the map of many fields:
// that is no line of a file.
func lineOf(body Value) (line []byte, before int) {
	n, at, _ := fields(body, 0)
	if n == 0 || n > lineFields {
		return nil, 0
	}
	for ; n > 0; n-- {
		_, before, _ = text(body, at)
		line, at, _ = text(body, before)
	}
	return line, before
}

// commonHead are two arrays of two and a timestamp of eight bytes, which ends
// where stamped is.
const (
	commonHead = 0x9292d700
	stamped    = 12
)

// headSize returns the length of two arrays of two, a timestamp of eight bytes, and
// metadata with nothing in it; 0 where b does not begin with these and a map.
// Filters write an empty map in one byte, inputs in five.
func headSize(b []byte) int {
	if len(b) < 18 || binary.BigEndian.Uint32(b) != commonHead {
		return 0
	}
	size := 13
	if b[12] == 0xdf && binary.BigEndian.Uint32(b[13:]) == 0 {
		size = 17
	} else if b[12] != 0x80 {
		return 0
	}
	if !isMap(b[size]) {
		return 0
	}
	return size
}

// resync moves on to the next plausible record, or to the end of the chunk.
// Each byte is tested once, and bytes that were read without result are deducted
// from work, so that the search stays linear in the length of the chunk. The
// header of a failed candidate is passed over whole: [timestamp, metadata],
// by itself, is a legacy record.
func (r *Reader) resync() {
	start := r.at
	for r.at < len(r.chunk) && r.scan > 0 && r.work > 0 {
		header := plausible(r.chunk[r.at:])
		if header > 0 && r.proven() {
			r.Lost += r.at - start
			return
		}
		step := max(header, 1)
		r.at += step
		r.scan -= step
	}
	r.at = len(r.chunk)
	r.Lost += r.at - start
}

// proven reports whether a whole record starts here that is worth believing:
// dated in this century and not empty. Three bytes of noise, 92 00 80, are a
// record by the letter.
func (r *Reader) proven() bool {
	end, _, ok := skip(r.chunk, r.at)
	r.work -= end - r.at
	var rec Record
	if ok {
		ok = rec.parse(r.chunk[r.at:end:end])
	}
	return ok && rec.Time.Year() > 2000 && rec.Body.Len() > 0
}

// plausible is 0 unless b starts like a record, an array of two and in it a
// header or a timestamp; else it is where the timestamp ends.
func plausible(b []byte) (end int) {
	n, first, ok := elements(b, 0)
	if !ok || n != 2 {
		return 0
	}
	if n, inner, ok := elements(b, first); ok {
		if n != 2 {
			return 0
		}
		first = inner
	}
	if _, end, ok = timestamp(b, first); !ok {
		return 0
	}
	return end
}

// parse reads one sound event: [[timestamp, metadata], body], or, as Fluent
// Bit 1 wrote it and in_forward still passes it through, [timestamp, body].
func (rec *Record) parse(raw []byte) (ok bool) {
	*rec = Record{Raw: raw}
	n, at, ok := elements(raw, 0)
	if !ok || n != 2 {
		return false
	}
	body, _, _ := skip(raw, at) // sound, as all of the event
	if n, first, isHeader := elements(raw, at); isHeader {
		if n != 2 {
			return false
		}
		at = first
	}
	var meta int
	if rec.Time, meta, ok = timestamp(raw, at); !ok {
		return false
	}
	if meta < body && raw[meta] != 0xc0 {
		rec.Metadata = raw[meta:body:body]
		ok = rec.Metadata.IsMap()
	}
	rec.Body = raw[body:]
	return ok && rec.Body.IsMap()
}
