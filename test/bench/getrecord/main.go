//go:build cgo

// Package main is the minimal Fluent Bit output in Go: it decodes every record with
// fluent-bit-go's GetRecord and drops it. make bench-host compares Redshank with
// this output.
package main

/*
#include <stdint.h>
*/
import "C"

import (
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"
)

// decodes is false if the option decode is off: the instance then drops chunks
// unread, which measures the cost of the host alone.
var decodes bool

// FLBPluginRegister names the plugin to the host.
//
//export FLBPluginRegister
func FLBPluginRegister(def unsafe.Pointer) C.int {
	return C.int(output.FLBPluginRegister(def, "getrecord", "decodes and drops"))
}

// FLBPluginInit reads the option decode.
//
//export FLBPluginInit
func FLBPluginInit(plugin unsafe.Pointer) C.int {
	decodes = output.FLBPluginConfigKey(plugin, "decode") != "off"
	output.FLBPluginSetContext(plugin, 1)
	return output.FLB_OK
}

// FLBPluginFlushCtx decodes one chunk.
//
//export FLBPluginFlushCtx
func FLBPluginFlushCtx(ctx C.uintptr_t, data unsafe.Pointer, length C.int, tag *C.char) C.int {
	if !decodes {
		return output.FLB_OK
	}
	dec := output.NewDecoder(data, int(length))
	for {
		if ret, _, _ := output.GetRecord(dec); ret != 0 {
			return output.FLB_OK
		}
	}
}

// FLBPluginExitCtx does nothing.
//
//export FLBPluginExitCtx
func FLBPluginExitCtx(C.uintptr_t) C.int { return output.FLB_OK }

// FLBPluginUnregister frees what Register allocated.
//
//export FLBPluginUnregister
func FLBPluginUnregister(def unsafe.Pointer) { output.FLBPluginUnregister(def) }

func main() {}
