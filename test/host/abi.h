/* The structs of Fluent Bit 5.1 that a Go plugin uses, with the same layout. */
#ifndef ABI_H
#define ABI_H

#include <stddef.h>

enum { HOST_ERROR = 0, HOST_OK = 1, HOST_RETRY = 2 };
enum { LOG_ERROR = 1, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };
enum { PROXY_OUTPUT = 2, PROXY_GOLANG = 11 };

struct instance;

struct plugin_def {
    int type, proxy, flags;
    char *name, *description;
    int event_type;
    void *config_map;
};

struct api {
    const char *(*output_get_property)(const char *, struct instance *);
#ifndef OLD_HOST /* hosts before 2.0 end here */
    const char *(*input_get_property)(const char *, void *);
    void *(*output_get_cmt_instance)(struct instance *);
    void *(*input_get_cmt_instance)(void *);
    void (*log_print)(int, const char *, int, const char *, ...);
    int (*input_log_check)(void *, int);
    int (*output_log_check)(struct instance *, int);
    const char *(*custom_get_property)(const char *, void *);
    int (*custom_log_check)(void *, int);
#endif
};

struct context {
    void *remote; /* context of the plugin */
};

/* Shared by all instances of a plugin: the host sets instance and context before
 * each Init. */
struct output_plugin {
    char *name;
    struct api *api;
    struct instance *instance;
    struct context *context;
};

struct callbacks {
    int (*pre_register)(int);
    int (*reg)(struct plugin_def *);
    int (*init)(struct output_plugin *);
    void (*pre_run)(int);
    int (*flush)(void *, const void *, size_t, char *);
    void (*pre_exit)(int);
    int (*exit)(void *);
    void (*unregister)(struct plugin_def *);
};

#endif
