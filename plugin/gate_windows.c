//go:build cgo

// The symbols that the host looks up, on Windows. Most problems that gate.c solves
// do not exist here: nothing forks, and the fault handlers of the host do not
// replace that of Go, which is a vectored handler. Windows calls vectored handlers
// before those installed by signal().

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "host.h"
#include "_cgo_export.h"

#define EXPORT __declspec(dllexport)
#define EXECUTABLE (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)

// module_of returns the module that contains the code at an address, or NULL.
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

// The host exports no symbols here from which the length of its function table
// follows. But all functions in the table are in the module of the host: a word
// after the end of a short table points to another module, or to no code.
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

// All instances share one host and thus one table. The host starts them one after
// the other.
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
	return context == 0 ? 1 : redshankExit(context); // 0 under --dry-run, which does not call Init
}

EXPORT void FLBPluginUnregister(void *def) { redshankUnregister(def); }
