package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bberrors "go.etcd.io/bbolt/errors"
)

// Run collects until ctx ends, which is not an error, or, with Once set, until one
// pass of each feed is complete. It returns an error for invalid options, for
// credentials refused at the start, for a state folder in use by another process
// and for a closed standard output; with Once also for a failed pass.
func Run(ctx context.Context, o Options, stdout io.Writer, log *slog.Logger) error {
	c, err := newCollector(o, stdout, log)
	if err != nil {
		return err
	}
	lock, err := lockState(o.State)
	if err != nil {
		return err
	}
	return errors.Join(c.run(ctx), lock.Close())
}

// lockState locks the folder of the checkpoints until the lock is closed or this
// process ends. The lock is that of a bbolt database, which works on every
// operating system.
func lockState(folder string) (io.Closer, error) {
	lock, err := bbolt.Open(filepath.Join(folder, "lock"), 0o600, &bbolt.Options{Timeout: time.Second})
	if errors.Is(err, bberrors.ErrTimeout) {
		err = errors.New("another process collects into it")
	}
	if err != nil {
		return nil, fmt.Errorf("state: %q: %w", folder, err)
	}
	return lock, nil
}

// collector is the set of feeds of a tenant.
type collector struct {
	options Options
	clients []*apiClient
	feeds   []*feed
	log     *slog.Logger
}

func newCollector(o Options, stdout io.Writer, log *slog.Logger) (*collector, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if err := makeFolders(&o); err != nil {
		return nil, err
	}
	management, err := newClient(&o, o.Management)
	if err != nil {
		return nil, err
	}
	graph, err := newClient(&o, o.Graph)
	if err != nil {
		return nil, err
	}
	c := &collector{options: o, log: log}
	shared := newStream(stdout)
	for _, name := range o.Audit {
		c.add(strings.ToLower(name), &audit{client: management, tenant: o.Tenant, contentType: name}, shared)
	}
	for _, kind := range o.SignIns {
		c.add("signin."+strings.ToLower(kind), &signIns{client: graph, version: o.GraphVersion, kind: kind, late: o.Late}, shared)
	}
	if len(o.Audit) > 0 {
		c.clients = append(c.clients, management)
	}
	if len(o.SignIns) > 0 {
		c.clients = append(c.clients, graph)
	}
	return c, nil
}

// makeFolders creates the missing folders. Audit records are personal data, so only
// the owner and the group may read them.
func makeFolders(o *Options) error {
	err := os.MkdirAll(o.State, 0o700)
	if o.Out != Stdout {
		err = errors.Join(err, os.MkdirAll(o.Out, 0o750))
	}
	return err
}

func (c *collector) add(name string, s source, shared output) {
	o := &c.options
	f := &feed{
		name: name, source: s, out: shared, log: c.log, now: time.Now,
		checkpoint: checkpoint{path: filepath.Join(o.State, name+".json"), tenant: o.Tenant, since: o.Since},
	}
	if o.Out != Stdout {
		f.out = &logFolder{dir: o.Out, prefix: name, maxSize: o.MaxSize, maxFiles: o.MaxFiles, keep: o.Keep, now: time.Now}
	}
	c.feeds = append(c.feeds, f)
}

// run runs each feed in a goroutine of its own, so that a feed with much to fetch
// does not delay the others.
func (c *collector) run(parent context.Context) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	if err := c.authenticate(ctx); err != nil {
		return err
	}
	errs := make([]error, len(c.feeds))
	var all sync.WaitGroup
	for i, f := range c.feeds {
		all.Go(func() {
			errs[i] = c.follow(ctx, f)
			if errors.Is(errs[i], errStdout) {
				cancel()
			}
		})
	}
	all.Wait()
	if parent.Err() != nil { // asked to stop: what a feed was doing does not matter
		return nil
	}
	return errors.Join(errs...)
}

// authenticate gets the first tokens. Only a refusal is an error, since an
// unreachable service may recover.
func (c *collector) authenticate(ctx context.Context) error {
	for _, each := range c.clients {
		_, err := each.tokens.get(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if retryable(err) < 0 {
			return err
		}
		c.log.Warn("no token yet", "err", err)
	}
	return nil
}

// follow makes one pass after another until ctx ends.
func (c *collector) follow(ctx context.Context, f *feed) error {
	for {
		err := f.pass(ctx)
		if ctx.Err() != nil || c.options.Once || errors.Is(err, errStdout) {
			if err = errors.Join(err, f.out.close()); err != nil {
				err = fmt.Errorf("%s: %w", f.name, err)
			}
			return err
		}
		if err != nil {
			c.log.Error("pass failed, the next one continues", "feed", f.name, "err", err)
		}
		if pause(ctx, c.options.Interval) != nil {
			return f.out.close()
		}
	}
}
