//go:build !windows

package main

/*
#cgo linux LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>

// A short table of functions cannot be told from a full one by looking at it,
// and the host has no call for its version. But it exports its own symbols
// for its C plugins, and the log functions stand there since they stand in
// the table.
static int host_logs(void) {
	return dlsym(RTLD_DEFAULT, "flb_log_print") && dlsym(RTLD_DEFAULT, "flb_output_log_check");
}

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE};
#define FAULTS (int)(sizeof faults / sizeof *faults)
static struct sigaction go_handlers[FAULTS];

// On SIGHUP and SIGCONT the host sets its own handlers for faults again, and
// a nil dereference that Go would turn into a panic then aborts the agent.
// Handlers of a Go runtime run on their own stack (SA_ONSTACK), the host's do
// not: that tells them apart. Taking whichever of the first kind was there
// last, and not always ours, keeps other plugins in Go working.
static void rearm(void) {
	for (int i = 0; i < FAULTS; i++) {
		struct sigaction now;
		if (sigaction(faults[i], NULL, &now) != 0) {
			continue;
		}
		if (now.sa_flags & SA_ONSTACK) {
			go_handlers[i] = now;
		} else if (go_handlers[i].sa_flags & SA_ONSTACK) {
			sigaction(faults[i], &go_handlers[i], NULL);
		}
	}
}
*/
import "C"

import "sync"

// hostLogs reports whether the host's table of functions has the log ones.
func hostLogs() bool { return C.host_logs() != 0 }

var signals sync.Mutex // guards the handlers kept in C, which are the process's

// rearmSignals makes faults in Go code panics again. It costs three system
// calls, and is called first in every callback that runs Go code which could
// fault.
func rearmSignals() {
	signals.Lock()
	defer signals.Unlock()
	C.rearm()
}
