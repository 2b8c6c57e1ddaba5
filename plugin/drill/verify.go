package drill

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"time"
)

// pollEvery is the time between two reads of a file of alerts.
const pollEvery = 100 * time.Millisecond

// maxBody bounds a request to the receiver, in bytes.
const maxBody = 64 << 20

// WatchFile waits until the alerts of all incidents of a drill are in a file of
// alerts, or ctx ends. The file may not exist yet, and may be rotated.
func WatchFile(ctx context.Context, d *Drill, path string) ([]Arrival, error) {
	a := newArrivals(d)
	w := watcher{path: path, lines: lines{take: a.take}}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if err := w.poll(); err != nil {
			return a.result(), err
		}
		select {
		case <-a.all:
			return a.result(), nil
		case <-ctx.Done():
			return a.result(), nil
		case <-tick.C:
		}
	}
}

// watcher reads what is added to a file.
type watcher struct {
	path   string
	lines  lines
	info   os.FileInfo // of the file read last
	offset int64
}

func (w *watcher) poll() error {
	file, err := os.Open(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if w.info == nil || !os.SameFile(w.info, info) || info.Size() < w.offset {
		w.offset, w.lines.rest = 0, nil
	}
	w.info = info
	if _, err := file.Seek(w.offset, io.SeekStart); err != nil {
		return err
	}
	n, err := w.lines.read(file)
	w.offset += n
	return err
}

// Receiver takes what an http sink posts.
type Receiver struct {
	listener net.Listener
}

// Listen opens a receiver at an address such as 127.0.0.1:9880. It is opened before
// the drill is written, so that no alert comes to a closed port.
func Listen(address string) (*Receiver, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return &Receiver{l}, nil
}

// Address returns where the receiver listens.
func (r *Receiver) Address() string { return r.listener.Addr().String() }

// Close closes a receiver that does not watch.
func (r *Receiver) Close() error { return r.listener.Close() }

// Watch waits until the alerts of all incidents of a drill have been posted, or ctx
// ends, and closes the receiver.
func (r *Receiver) Watch(ctx context.Context, d *Drill) ([]Arrival, error) {
	a := newArrivals(d)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := bodyOf(w, req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a.take(body, time.Now())
	})}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(r.listener) }()
	var err error
	select {
	case <-a.all:
	case <-ctx.Done():
	case err = <-failed:
	}
	end, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if stop := server.Shutdown(end); stop != nil { // lets the last request have its answer
		_ = server.Close()
	}
	return a.result(), err
}

func bodyOf(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	body := io.Reader(http.MaxBytesReader(w, req.Body, maxBody))
	if req.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = io.LimitReader(unpacked, maxBody)
	}
	return io.ReadAll(body)
}
