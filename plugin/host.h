// The structures of the host, as in Fluent Bit 2.1 to 5.1 (flb_api.h and
// proxy/go/go.h). fluent-bit-go declares the first function only.
#ifndef HOST_H
#define HOST_H

#include <stdint.h>

struct host_api {
	const char *(*output_get_property)(const char *, void *);
	const char *(*input_get_property)(const char *, void *);
	void *(*output_get_cmt_instance)(void *);
	void *(*input_get_cmt_instance)(void *);
	void (*log_print)(int, const char *, int, const char *, ...);
	int (*input_log_check)(void *, int);
	int (*output_log_check)(void *, int);
};

struct host_plugin {
	char *name;
	struct host_api *api;
	void *instance;
	struct { void *remote; } *context;
};

// host_logs reports whether the function table of the host has all of host_api.
int host_logs(void);

#endif
