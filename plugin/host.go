package main

/*
#cgo linux LDFLAGS: -ldl
#include <stdlib.h>
#include "host.h"

static void set_context(struct host_plugin *p, uintptr_t handle) {
	p->context->remote = (void *)handle;
}

static void log_print(struct host_api *api, int level, const char *text) {
	api->log_print(level, NULL, 0, "%s", text);
}

static int log_check(struct host_api *api, void *instance, int level) {
	return api->output_log_check(instance, level);
}
*/
import "C"

import (
	"log/slog"
	"os"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"
)

// host is the host as seen by one instance. It is valid from Init to the end of
// Exit; then the host frees the structures behind the pointers.
type host struct {
	plugin   *C.struct_host_plugin // during Init only: the host reuses it for the next instance
	api      *C.struct_host_api
	instance unsafe.Pointer
	full     bool // the function table of the host has all functions of host_api
}

// openHost returns the host for the argument of Init.
func openHost(plugin unsafe.Pointer) *host {
	p := (*C.struct_host_plugin)(plugin)
	return &host{plugin: p, api: p.api, instance: p.instance, full: C.host_logs() != 0}
}

// property returns an option as text, "" when it is not set. Init only.
func (h *host) property(key string) string {
	return output.FLBPluginConfigKey(unsafe.Pointer(h.plugin), key)
}

// setContext makes the host pass handle to every later call. The handle is stored
// in place of a pointer: SetContext of fluent-bit-go would keep every instance,
// and a byte of C memory, for ever. Init only.
func (h *host) setContext(handle uintptr) {
	C.set_context(h.plugin, C.uintptr_t(handle))
	h.plugin = nil
}

// levels are the log levels of the host, from error (1) to trace (5).
var levels = []slog.Level{slog.LevelError, slog.LevelWarn, slog.LevelInfo, slog.LevelDebug, slog.LevelDebug - 4}

// leastLevel returns the least level that the log_level of this output prints.
func (h *host) leastLevel() slog.Level {
	if !h.full {
		return slog.LevelInfo
	}
	least := slog.LevelError + 1
	for i, level := range levels {
		if C.log_check(h.api, h.instance, C.int(i+1)) != 0 {
			least = level
		}
	}
	return least
}

// print writes one line to the log of the host. Only from a thread of the host.
func (h *host) print(level slog.Level, text string) {
	if !h.full {
		// An error of standard error cannot be reported anywhere.
		_, _ = os.Stderr.WriteString(text + "\n")
		return
	}
	number := len(levels)
	for number > 1 && level > levels[number-1] {
		number--
	}
	line := C.CString(text)
	defer C.free(unsafe.Pointer(line))
	C.log_print(h.api, C.int(number), line)
}
