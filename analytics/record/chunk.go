package record

import "encoding/binary"

// resyncScan bounds how far a chunk is searched for the next record after
// damage, in bytes per chunk.
const resyncScan = 64 << 10

// Reader walks one chunk at a time, without copying or allocating. The zero Reader
// is at the end of an empty chunk. Reset resets the counters.
type Reader struct {
	chunk []byte
	at    int
	lead  []byte // bytes between the time and Line of the last record that had a Line
	body  int    // offset of the body of that record
	scan  int    // bytes that may still be searched for a record start
	work  int    // bytes that may still be read without finding a record

	Index *Index // indexes each body while it is walked; may be nil

	Bad     int // objects skipped because they are not records: wrong shape, too deep, damaged
	Markers int // group markers between the records
	Lost    int // damaged bytes that were skipped: between records, and at the end
}

// Reset starts reading a chunk as Fluent Bit hands it to a flush: a concatenation
// of events. The caller must not change the chunk while the Reader or a Record read
// from it is in use.
func (r *Reader) Reset(chunk []byte) {
	*r = Reader{chunk: chunk, scan: resyncScan, work: 4 * len(chunk), Index: r.Index}
	if r.Index != nil {
		r.Index.Forget()
	}
}

// Next reads the next record into rec and reports whether there was one. Event
// groups (of OpenTelemetry inputs) are records between two markers. The markers and
// their metadata are skipped.
//
// An object with a valid encoding that is not a record counts as one Bad. If the
// encoding is damaged, the end of the object is unknown, and Next searches for
// bytes that read as a complete record with a date and fields. Damage is a
// precondition of that search, so an attacker cannot have part of a string read as
// a record.
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

// common reads a record with the header of Fluent Bit 2.1 and later, which nearly
// every record has, without the checks that other forms need. It reads nothing and
// reports false for any other record.
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
	if !ok || opened >= maxDepth-2 { // the header opens two more around the body
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

// again reads a record that differs from the previous one only in its time and its
// line, without walking the unchanged part.
func (r *Reader) again(rec *Record) bool {
	b := r.chunk[r.at:]
	start := stamped + len(r.lead)
	if len(b) <= start || binary.BigEndian.Uint32(b) != commonHead || string(b[stamped:start]) != string(r.lead) {
		return false
	}
	line, end, _ := textExtent(b, start)
	at := fixedTime(b[4:])
	if len(line) == 0 || isMarker(at) {
		return false
	}
	*rec = Record{Time: at, Body: b[r.body:end:end], Raw: b[:end:end], Line: line, Again: true}
	r.at += end
	return true
}

// walk skips a body and indexes it.
func (r *Reader) walk(b []byte, body int) (end, opened int, ok bool) {
	if r.Index == nil {
		return skip(b, body)
	}
	end, opened, ok = r.Index.walk(b[body:])
	return body + end, opened, ok
}

// lineFields bounds the fields of a body that may have a Line: path, offset and the
// line itself.
const lineFields = 3

// lineOf returns the Line of a body, which must be a valid map, and the length of
// the body before it. A body with an empty text or many fields is not a line of a
// file and has no Line.
func lineOf(body Value) (line []byte, before int) {
	n, at, _ := fieldCount(body)
	if n == 0 || n > lineFields {
		return nil, 0
	}
	for ; n > 0; n-- {
		_, before, _ = textExtent(body, at)
		line, at, _ = textExtent(body, before)
	}
	return line, before
}

// commonHead is two arrays of two elements and a timestamp of eight bytes.
const (
	commonHead = 0x9292d700
	stamped    = 12
)

// headSize returns the length of a header with two arrays of two elements, a
// timestamp of eight bytes, and empty metadata; 0 if b does not begin with such a
// header and a map. Filters write an empty map in one byte, inputs in five.
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

// resync moves to the next plausible record, or to the end of the chunk. Each byte
// is tested once, and bytes that were read without finding a record are deducted
// from work, so the search is linear in the length of the chunk. The header of a
// rejected candidate is skipped as a whole, because [timestamp, metadata] alone
// would read as a legacy record.
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

// proven reports whether a credible record starts here: complete, dated in this
// century and not empty. The three bytes 92 00 80 alone would be a valid record.
func (r *Reader) proven() bool {
	end, _, ok := skip(r.chunk, r.at)
	r.work -= end - r.at
	var rec Record
	if ok {
		ok = rec.parse(r.chunk[r.at:end:end])
	}
	return ok && rec.Time.Year() > 2000 && rec.Body.Len() > 0
}

// plausible returns the end of the timestamp if b starts like a record, an array of
// two elements of which the first is a header or a timestamp; otherwise 0.
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

// parse reads one valid event: [[timestamp, metadata], body], or the form of Fluent
// Bit 1, which in_forward still passes through, [timestamp, body].
func (rec *Record) parse(raw []byte) (ok bool) {
	*rec = Record{Raw: raw}
	n, at, ok := elements(raw, 0)
	if !ok || n != 2 {
		return false
	}
	body, _, _ := skip(raw, at) // valid, as the whole event is
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
