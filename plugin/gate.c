//go:build cgo && !windows

// The symbols the host looks for. They stand before the Go code for what has
// to happen while it cannot run, or cannot run safely yet.

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

// In daemon mode the host forks after it has loaded us, and the child has none
// of Go's threads: a call into Go there hangs about every other time, even one
// that only says no. So no Go code runs in a child at all.
static int forked(void) { return getpid() != loaded_by; }

// A short table of functions cannot be told from a full one by looking at it,
// and the host has no call for its version. But it exports its own symbols for
// its C plugins, and the log functions stand there since they stand in the
// table.
int host_logs(void)
{
	return dlsym(RTLD_DEFAULT, "flb_log_print") && dlsym(RTLD_DEFAULT, "flb_output_log_check");
}

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE};
#define FAULTS (sizeof faults / sizeof *faults)
static struct sigaction go_handlers[FAULTS];
static pthread_mutex_t handlers = PTHREAD_MUTEX_INITIALIZER;

// On SIGHUP and SIGCONT the host sets its own handlers for faults again, and a
// nil dereference, which Go would turn into a panic, then aborts the agent.
// Handlers of a Go runtime run on their own stack (SA_ONSTACK), the host's do
// not: that tells them apart. Taking whichever of the first kind was there
// last, and not always ours, keeps other plugins in Go working. Costs three
// system calls for a chunk.
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

// Fluent Bit 5.1 starts the workers of a Go output twice, and at a reload it ends
// one set of them only. The others go on to look every 1.5 s at what the reload
// has freed, which sooner or later aborts the agent. It tells before the first
// flush whether it can be reloaded; that there are workers shows in a flush, as
// one without comes on the thread that Init came on.
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
	if (forked() || context == 0) { // 0 under --dry-run: there was no Init
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
