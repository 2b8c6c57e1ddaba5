//go:build cgo

// The symbols the host looks for, where the host runs on Windows. Most of what
// gate.c guards against does not exist here:
//
// Nothing forks. And the host's handlers for faults do not stand in Go's way:
// Go has a vectored handler, which Windows asks before all those that the C
// runtime's signal() leads to, however often the host sets these anew.

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "host.h"
#include "_cgo_export.h"

#define EXPORT __declspec(dllexport)
#define EXECUTABLE (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)

// The module that code lies in; NULL where there is no code.
static void *module_of(const void *code)
{
	MEMORY_BASIC_INFORMATION at;

	if (VirtualQuery(code, &at, sizeof at) == 0 || at.State != MEM_COMMIT || at.Type != MEM_IMAGE || !(at.Protect & EXECUTABLE)) {
		return NULL;
	}
	return at.AllocationBase;
}

static int readable(const void *from, size_t length)
{
	MEMORY_BASIC_INFORMATION at;

	return VirtualQuery(from, &at, sizeof at) != 0 && at.State == MEM_COMMIT && !(at.Protect & (PAGE_NOACCESS | PAGE_GUARD)) &&
		(const char *)from + length <= (const char *)at.BaseAddress + at.RegionSize;
}

static int full_table;

// The host exports no symbols here that would tell how long its table is, as
// they do elsewhere. But all functions of a table are the host's own: what
// stands behind the end of a short one points elsewhere, or is no code.
static int reaches(const struct host_api *api)
{
	void *host;

	if (!readable(api, sizeof *api)) {
		return 0;
	}
	host = module_of((const void *)api->output_get_property);
	return host && module_of((const void *)api->log_print) == host && module_of((const void *)api->output_log_check) == host;
}

int host_logs(void) { return full_table; }

EXPORT int FLBPluginRegister(void *def) { return redshankRegister(def); }

static int reloads;
static DWORD pipeline;

// See gate.c.
EXPORT int FLBPluginOutputPreRun(int hot_reload)
{
	reloads = hot_reload;
	return 1;
}

// One host has one table, so it does not matter that all instances share what
// is known of it; the host starts them one after the other.
EXPORT int FLBPluginInit(struct host_plugin *plugin)
{
	full_table = reaches(plugin->api);
	pipeline = GetCurrentThreadId();
	return redshankInit(plugin);
}

EXPORT int FLBPluginFlushCtx(uintptr_t context, void *data, size_t length, char *tag)
{
	return redshankFlush(context, data, length, tag, reloads && GetCurrentThreadId() != pipeline);
}

EXPORT int FLBPluginExitCtx(uintptr_t context)
{
	return context == 0 ? 1 : redshankExit(context); // 0 under --dry-run: there was no Init
}

EXPORT void FLBPluginUnregister(void *def) { redshankUnregister(def); }
