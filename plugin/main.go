// Package main is Redshank: built as a shared object it is the Fluent Bit
// output plugin, built as a plain executable it is the redshank command.
package main

/*
#include <stdint.h>
#include <stddef.h>
*/
import "C"

import (
	"log/slog"
	"os"
	"runtime/cgo"
	"strings"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"
)

// registered is the process that loaded the plugin. In daemon mode the host
// forks after that, and the child has none of Go's threads.
var registered int

// attached is an instance with the host it works for.
type attached struct {
	host     *host
	logs     *logQueue
	instance *instance
}

// FLBPluginRegister tells the host our name. It is called at load, also for
// --help and --dry-run, and again at every hot reload: nothing starts here.
//
//export FLBPluginRegister
func FLBPluginRegister(def unsafe.Pointer) C.int {
	registered = os.Getpid()
	rearmSignals()
	return C.int(output.FLBPluginRegister(def, "redshank", "Detects attacks on Exchange and Microsoft 365 mail"))
}

// FLBPluginInit makes one instance. What it returns on error makes the host
// refuse to start.
//
//export FLBPluginInit
func FLBPluginInit(plugin unsafe.Pointer) (code C.int) {
	if os.Getpid() != registered {
		// Nothing that could wait or need another thread may run here.
		openHost(plugin).print(slog.LevelError, "[redshank] daemon mode is not possible: the host forked after loading this plugin, "+
			"and Go does not survive that; run it in the foreground, under systemd, or with --supervisor")
		return output.FLB_ERROR
	}
	rearmSignals()
	h := openHost(plugin)
	a := &attached{host: h, logs: newLogQueue(h.leastLevel())}
	log := slog.New(logHandler{queue: a.logs})
	defer a.logs.drain(h.print)
	defer func() {
		if r := recover(); r != nil {
			log.Error("crash at start", "crash", r)
			code = output.FLB_ERROR
		}
	}()
	i, err := start(h.property, log)
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			log.Error(line)
		}
		return output.FLB_ERROR
	}
	a.instance = i
	h.setContext(uintptr(cgo.NewHandle(a)))
	return output.FLB_OK
}

// FLBPluginFlushCtx takes one chunk. The context is a handle and not a
// pointer, so it is declared as a number: the garbage collector must not look
// at it. data is read in place and never kept.
//
//export FLBPluginFlushCtx
func FLBPluginFlushCtx(ctx C.uintptr_t, data unsafe.Pointer, length C.size_t, tag *C.char) (code C.int) {
	rearmSignals()
	if ctx == 0 || data == nil {
		return output.FLB_ERROR
	}
	var a *attached
	// A chunk that crashes would crash again: ERROR, not RETRY.
	defer func() {
		if r := recover(); r != nil {
			code = output.FLB_ERROR
			a.crashed("flush", r)
		}
	}()
	a = cgo.Handle(ctx).Value().(*attached)
	defer a.logs.drain(a.host.print)
	if err := a.instance.flush(C.GoString(tag), unsafe.Slice((*byte)(data), int(length))); err != nil {
		return output.FLB_RETRY
	}
	return output.FLB_OK
}

// FLBPluginExitCtx ends an instance. Under --dry-run there is none.
//
//export FLBPluginExitCtx
func FLBPluginExitCtx(ctx C.uintptr_t) (code C.int) {
	rearmSignals()
	if ctx == 0 {
		return output.FLB_OK
	}
	var a *attached
	defer func() {
		if r := recover(); r != nil {
			code = output.FLB_ERROR
			a.crashed("exit", r)
		}
	}()
	a = cgo.Handle(ctx).Value().(*attached)
	defer cgo.Handle(ctx).Delete()
	defer a.logs.drain(a.host.print)
	a.instance.close()
	return output.FLB_OK
}

// FLBPluginUnregister frees what Register allocated.
//
//export FLBPluginUnregister
func FLBPluginUnregister(def unsafe.Pointer) {
	output.FLBPluginUnregister(def)
}

// crashed logs a recovered panic at once: the order of deferred calls lets
// the queue be drained before the panic is recovered.
func (a *attached) crashed(where string, recovered any) {
	if a == nil {
		return
	}
	a.instance.crashed(where, recovered)
	a.logs.drain(a.host.print)
}
