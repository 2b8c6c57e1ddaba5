//go:build cgo && !windows

// The symbols that the host looks up. They handle what has to be done before Go
// code can run, or can run safely.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "host.h"
#include "_cgo_export.h"

enum { ERROR_LEVEL = 1 };

static pid_t loaded_by;

__attribute__((constructor)) static void remember_process(void)
{
	loaded_by = getpid();
}

// In daemon mode the host forks after it has loaded this library. The child has
// no threads of the Go runtime, and every second call into Go hangs there, so no
// Go code runs in a child.
static int forked(void) { return getpid() != loaded_by; }

// The length of the function table is not recorded in it, and the host has no
// call for its version. But the host exports its symbols for plugins in C, and it
// has exported the log functions since they are in the table.
int host_logs(void)
{
	return dlsym(RTLD_DEFAULT, "flb_log_print") && dlsym(RTLD_DEFAULT, "flb_output_log_check");
}

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE};
#define FAULTS (sizeof faults / sizeof *faults)
static struct sigaction go_handlers[FAULTS];
static pthread_mutex_t handlers = PTHREAD_MUTEX_INITIALIZER;

// On SIGHUP and SIGCONT the host installs its own handlers for faults again. A nil
// dereference, which Go turns into a panic, would then abort the agent. Handlers
// of a Go runtime use a stack of their own (SA_ONSTACK), those of the host do not.
// rearm restores the last handler of the first kind, which may be that of another
// plugin in Go. The cost is three system calls per chunk.
static void rearm(void)
{
	pthread_mutex_lock(&handlers);
	for (size_t i = 0; i < FAULTS; i++) {
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
	pthread_mutex_unlock(&handlers);
}

static int refuse_daemon(struct host_plugin *plugin)
{
	static const char why[] = "[redshank] daemon mode is not possible: the host forked after loading this plugin, and "
		"Go does not survive that; run it in the foreground, under systemd, or with --supervisor";

	if (host_logs()) {
		plugin->api->log_print(ERROR_LEVEL, NULL, 0, "%s", why);
	} else {
		fprintf(stderr, "%s\n", why);
	}
	return 0;
}

// Fluent Bit 5.1 starts the workers of a Go output twice and ends only one set of
// them at a reload. Every 1.5 s the others read memory that the reload has freed,
// which aborts the agent sooner or later. The host reports before the first flush
// whether it can be reloaded. A flush reveals workers by its thread: without
// workers that is the thread of Init.
static int reloads;
static pthread_t pipeline;

int FLBPluginOutputPreRun(int hot_reload)
{
	reloads = hot_reload;
	return 1;
}

int FLBPluginRegister(void *def)
{
	rearm();
	return redshankRegister(def);
}

int FLBPluginInit(struct host_plugin *plugin)
{
	if (forked()) {
		return refuse_daemon(plugin);
	}
	rearm();
	pipeline = pthread_self();
	return redshankInit(plugin);
}

int FLBPluginFlushCtx(uintptr_t context, void *data, size_t length, char *tag)
{
	rearm();
	return redshankFlush(context, data, length, tag, reloads && !pthread_equal(pipeline, pthread_self()));
}

int FLBPluginExitCtx(uintptr_t context)
{
	if (forked() || context == 0) { // 0 under --dry-run, which does not call Init
		return 1;
	}
	rearm();
	return redshankExit(context);
}

void FLBPluginUnregister(void *def)
{
	if (!forked()) {
		redshankUnregister(def);
	}
}
