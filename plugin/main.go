// Package main is Redshank. Built as a shared object it is the output plugin for
// Fluent Bit, built as an executable it is the redshank command. The package holds
// only what touches C; everything else is in the package agent.
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

// attached is an instance together with its host.
type attached struct {
	host     *host
	logs     *agent.LogQueue
	instance *agent.Instance
	metrics  *metrics // nil when the host has no metrics
	warned   sync.Once
}

// redshankRegister gives the host the name of the plugin. The host calls it after
// loading the library, for --help and --dry-run too, and at every hot reload, so
// nothing is started here.
//
//export redshankRegister
func redshankRegister(def unsafe.Pointer) C.int {
	return C.int(output.FLBPluginRegister(def, "redshank", "Detects attacks on Exchange and Microsoft 365 mail"))
}

// redshankInit starts one instance. With an error the host refuses to start.
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
	a.instance, a.metrics = i, h.newMetrics(i.Report())
	h.setContext(uintptr(cgo.NewHandle(a)))
	return output.FLB_OK
}

// redshankFlush takes one chunk. The context is a handle, declared as a number
// because the garbage collector must not take it for a pointer. data is read in
// place and not used after the call. orphans is not 0 when a worker of an agent
// with hot reload calls, a combination that Fluent Bit 5.1 does not survive.
//
//export redshankFlush
func redshankFlush(ctx C.uintptr_t, data unsafe.Pointer, length C.size_t, tag *C.char, orphans C.int) (code C.int) {
	if ctx == 0 || data == nil {
		return output.FLB_ERROR
	}
	var a *attached
	// A chunk that causes a panic would do so again: ERROR and not RETRY.
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
	a.instance.Warn("workers and hot_reload do not go together: Fluent Bit 5.1 leaves workers running after a reload, and they crash the agent; use workers 0, or restart instead of reloading")
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
	a.metrics.close() // the host frees its metrics after this call
	a.instance.Close()
	return output.FLB_OK
}

// redshankUnregister frees what Register allocated.
//
//export redshankUnregister
func redshankUnregister(def unsafe.Pointer) {
	output.FLBPluginUnregister(def)
}

// crashed logs a recovered panic and drains the log: the deferred call that drains
// it has run before.
func (a *attached) crashed(where string, recovered any) {
	if a == nil {
		return
	}
	a.instance.Crashed(where, recovered)
	a.logs.Drain(a.host.print)
}

// main is never called: the host loads the shared object.
func main() {}
