// Package main is Redshank: built as a shared object it is the Fluent Bit
// output plugin, built as a plain executable it is the redshank command.
package main

/*
#include <stdint.h>
#include <stddef.h>
*/
import "C"

import (
	"runtime/cgo"
	"sync"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"

	"redshank/plugin/agent"
)

// attached is an instance with the host it works for.
type attached struct {
	host     *host
	logs     *agent.LogQueue
	instance *agent.Instance
	metrics  *metrics // nil: the host has none
	warned   sync.Once
}

// redshankRegister tells the host our name. It is called at load, also for
// --help and --dry-run, and again at every hot reload: nothing starts here.
//
//export redshankRegister
func redshankRegister(def unsafe.Pointer) C.int {
	return C.int(output.FLBPluginRegister(def, "redshank", "Detects attacks on Exchange and Microsoft 365 mail"))
}

// redshankInit makes one instance. What it returns on error makes the host
// refuse to start.
//
//export redshankInit
func redshankInit(plugin unsafe.Pointer) (code C.int) {
	h := openHost(plugin)
	a := &attached{host: h, logs: agent.NewLogQueue(h.leastLevel())}
	log := agent.NewLogger(a.logs)
	defer a.logs.Drain(h.print)
	defer func() {
		if r := recover(); r != nil {
			log.Error("crash at start", "crash", r)
			code = output.FLB_ERROR
		}
	}()
	i, err := agent.Start(h.property, version, log)
	if err != nil {
		agent.LogLines(log, err)
		return output.FLB_ERROR
	}
	a.instance, a.metrics = i, h.newMetrics()
	h.setContext(uintptr(cgo.NewHandle(a)))
	return output.FLB_OK
}

// redshankFlush takes one chunk. The context is a handle and not a pointer, so
// it is declared as a number: the garbage collector must not look at it. data is
// read in place and never kept. orphans tells that the call comes from a worker
// of an agent that can be reloaded, which Fluent Bit 5.1 does not survive.
//
//export redshankFlush
func redshankFlush(ctx C.uintptr_t, data unsafe.Pointer, length C.size_t, tag *C.char, orphans C.int) (code C.int) {
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
	defer a.logs.Drain(a.host.print)
	if orphans != 0 {
		a.warned.Do(a.warnOfWorkers)
	}
	code = output.FLB_OK
	if err := a.flush(C.GoString(tag), unsafe.Slice((*byte)(data), int(length))); err != nil {
		code = output.FLB_RETRY
	}
	a.measure()
	return code
}

func (a *attached) warnOfWorkers() {
	a.instance.Warn("workers and hot_reload do not go together: Fluent Bit 5.1 leaves workers behind at a reload, and they crash the agent; use workers 0, or restart instead of reloading")
}

// redshankExit ends an instance.
//
//export redshankExit
func redshankExit(ctx C.uintptr_t) (code C.int) {
	var a *attached
	defer func() {
		if r := recover(); r != nil {
			code = output.FLB_ERROR
			a.crashed("exit", r)
		}
	}()
	a = cgo.Handle(ctx).Value().(*attached)
	defer cgo.Handle(ctx).Delete()
	defer a.logs.Drain(a.host.print)
	a.metrics.close() // the host's part of them ends with this call
	a.instance.Close()
	return output.FLB_OK
}

// redshankUnregister frees what Register allocated.
//
//export redshankUnregister
func redshankUnregister(def unsafe.Pointer) {
	output.FLBPluginUnregister(def)
}

// crashed logs a recovered panic at once: the order of deferred calls lets
// the queue be drained before the panic is recovered.
func (a *attached) crashed(where string, recovered any) {
	if a == nil {
		return
	}
	a.instance.Crashed(where, recovered)
	a.logs.Drain(a.host.print)
}

// main is never called: the host loads the shared object.
func main() {}
