#define _GNU_SOURCE
#include "host.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#ifdef _WIN32
#include <windows.h>
#define OPEN_LIBRARY(path) ((void *)LoadLibraryA(path))
#define SYMBOL(lib, name) ((void *)GetProcAddress((HMODULE)(lib), name))
#define FLUSH flush_on_fiber
#else
#include <dlfcn.h>
#define OPEN_LIBRARY(path) dlopen(path, RTLD_LAZY)
#define SYMBOL(lib, name) dlsym(lib, name)
#define FLUSH(flush, context, data, len, tag) flush(context, data, len, tag)
#endif

#define MAX_RETRIES 3

int failed;
static struct callbacks call;
static struct plugin_def def;
static struct output_plugin plugin;

/* The API functions have the same names as in Fluent Bit, because a plugin looks
 * them up among the exported symbols of the host. */

/* Returns the first value of a key, ignoring case; NULL if unset. */
static const char *get_property(const char *key, struct instance *ins)
{
    for (int i = 0; i < ins->properties; i++) {
        if (strcasecmp(ins->keys[i], key) == 0) {
            return ins->values[i];
        }
    }
    return NULL;
}

#ifndef OLD_HOST
static void *no_metrics(void *ins)
{
    (void)ins;
    return NULL;
}

void flb_log_print(int level, const char *file, int line, const char *format, ...)
{
    static const char *names[] = {"off", "error", "warn", "info", "debug", "trace"};
    char text[4096], stamp[32];
    time_t now = time(NULL);
    va_list args;

    (void)file;
    (void)line;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    strftime(stamp, sizeof stamp, "%Y/%m/%d %H:%M:%S", localtime(&now));
    fprintf(stderr, "[%s] [%5s] %s\n", stamp, names[level], text);
}

int flb_output_log_check(struct instance *ins, int level)
{
    (void)ins;
    return level <= opt.log_level;
}

static struct api api = {
    .output_get_property = get_property,
    .output_get_cmt_instance = (void *(*)(struct instance *))no_metrics,
    .input_get_cmt_instance = no_metrics,
    .log_print = flb_log_print,
    .output_log_check = flb_output_log_check,
};
#else
static struct api api = {.output_get_property = get_property};
#endif

/* Fluent Bit's handling of a fault. A plugin that replaces the handler
 * unnecessarily would hide Fluent Bit's stack traces. */
static void on_fault(int number)
{
    (void)number;
    abort();
}

void reset_signals(void)
{
    signal(SIGSEGV, on_fault);
    signal(SIGFPE, on_fault);
}

/* Loads and registers the plugin. A Go library is never unloaded, so a reload
 * continues with the same library and its globals; def is new, as in Fluent Bit. */
void load(int hot)
{
    void *lib = OPEN_LIBRARY(opt.path);

    if (!lib) {
        die("cannot load", opt.path);
    }
    *(void **)&call.pre_register = SYMBOL(lib, "FLBPluginPreRegister");
    *(void **)&call.reg = SYMBOL(lib, "FLBPluginRegister");
    *(void **)&call.init = SYMBOL(lib, "FLBPluginInit");
    *(void **)&call.pre_run = SYMBOL(lib, "FLBPluginOutputPreRun");
    *(void **)&call.flush = SYMBOL(lib, "FLBPluginFlushCtx");
    *(void **)&call.pre_exit = SYMBOL(lib, "FLBPluginOutputPreExit");
    *(void **)&call.exit = SYMBOL(lib, "FLBPluginExitCtx");
    *(void **)&call.unregister = SYMBOL(lib, "FLBPluginUnregister");
    if (!call.reg || !call.init || !call.flush || !call.exit) {
        die("symbols missing", opt.path);
    }
    memset(&def, 0, sizeof def);
    if ((call.pre_register && call.pre_register(hot) == -1) || call.reg(&def) == -1) {
        die("cannot register", opt.path);
    }
    if (def.type != PROXY_OUTPUT || def.proxy != PROXY_GOLANG) {
        die("not an output plugin in Go", opt.path);
    }
    plugin.name = def.name;
    plugin.api = &api;
}

/* Ends the first count instances and drops the plugin. An exit is called with NULL
 * if there was no Init, as under --dry-run. */
void end_instances(int count, int hot)
{
    for (int i = 0; i < count; i++) {
        if (call.pre_exit) {
            call.pre_exit(hot);
        }
        if (call.exit(instances[i].context.remote) == HOST_ERROR) {
            fprintf(stderr, "host: exit of instance %d failed\n", i + 1);
            failed++;
        }
        instances[i].context.remote = NULL;
    }
    if (call.unregister) {
        call.unregister(&def);
    }
}

/* Starts all instances. If one fails, the earlier ones are ended in order and the
 * process exits with 255, like Fluent Bit. */
void start_instances(void)
{
    for (int i = 0; i < instance_count; i++) {
        plugin.instance = &instances[i];
        plugin.context = &instances[i].context;
        if (call.init(&plugin) <= 0) {
            fprintf(stderr, "host: plugin '%s' failed to initialize\n", plugin.name);
            end_instances(i, 0);
            exit(255);
        }
    }
    for (int i = 0; i < instance_count && call.pre_run; i++) {
        call.pre_run(1);
    }
}

/* Calls the plugin once, with fresh copies of all that may change between calls. */
static int flush_once(struct instance *ins, struct chunk *c)
{
    char *tag = strdup(c->tag); /* the host frees its copy after the call */
    int code;

    if (opt.reset_signals) {
        reset_signals();
    }
    code = FLUSH(call.flush, ins->context.remote, c->bytes.data, c->bytes.len, tag);
    free(tag);
    return code;
}

/* Flushes a chunk, with the same bytes again after every RETRY. */
static void flush_instance(struct instance *ins, struct chunk *c)
{
    struct timespec pause = {0, 50000000};
    int code = flush_once(ins, c);

    for (int i = 0; code == HOST_RETRY && i < MAX_RETRIES; i++) {
        nanosleep(&pause, NULL);
        code = flush_once(ins, c);
    }
    if (code != HOST_OK) {
        fprintf(stderr, "host: chunk of %s: %s\n", c->tag, code == HOST_RETRY ? "retries exhausted" : "error");
        __atomic_add_fetch(&failed, 1, __ATOMIC_RELAXED);
    }
}

/* Passes the chunk to every instance, one after the other, and frees it. */
void deliver(struct chunk *c)
{
    for (int i = 0; i < instance_count; i++) {
        flush_instance(&instances[i], c);
        if (opt.redeliver) {
            flush_instance(&instances[i], c);
        }
    }
    /* Overwrites the chunk, so that a plugin that keeps a pointer to it is noticed. */
    memset(c->bytes.data, 0xc1, c->bytes.len);
    free(c->bytes.data);
    free(c->tag);
    free(c);
}

/* Neither call may crash, and a flush without a context must fail. */
void check_null_context(void)
{
    char tag[] = "null";

    if (call.flush(NULL, "\x90", 1, tag) == HOST_OK) {
        die("flush without a context", "answered OK");
    }
    call.exit(NULL);
}
