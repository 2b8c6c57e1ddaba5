//go:build cgo

#ifndef _WIN32
#define _GNU_SOURCE
#include <dlfcn.h>
#else
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#endif
#include <stdint.h>
#include <stdlib.h>

#include "host.h"
#include "metrics.h"

typedef void *(*create_fn)(void *, char *, char *, char *, char *, int, char **);
typedef int (*set_fn)(void *, uint64_t, double, int, char **);
typedef const char *(*name_fn)(void *);

static void *symbol(const char *name)
{
#ifdef _WIN32
	return (void *)(uintptr_t)GetProcAddress(GetModuleHandle(NULL), name); // of the host itself
#else
	return dlsym(RTLD_DEFAULT, name);
#endif
}

// Functions for counters and gauges, in this order. All instances share them; they
// are looked up in Init, on one thread.
static create_fn create[2];
static set_fn set[2];

void *metrics_of(struct host_api *api, void *instance)
{
	create[0] = (create_fn)symbol("cmt_counter_create");
	create[1] = (create_fn)symbol("cmt_gauge_create");
	set[0] = (set_fn)symbol("cmt_counter_set");
	set[1] = (set_fn)symbol("cmt_gauge_set");
	if (!host_logs() || !api->output_get_cmt_instance || !create[0] || !create[1] || !set[0] || !set[1]) {
		return NULL;
	}
	return api->output_get_cmt_instance(instance);
}

const char *instance_name(void *instance)
{
	name_fn name = (name_fn)symbol("flb_output_name");

	return name ? name(instance) : NULL;
}

void *metric_new(void *metrics, int gauge, char *name, char *help, int labels, char **keys)
{
	return create[gauge](metrics, "fluentbit", "redshank", name, help, labels, keys);
}

void metric_set(void *metric, int gauge, unsigned long long now, double value, int labels, char **values)
{
	set[gauge](metric, now, value, labels, values);
}
