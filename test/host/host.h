/* The parts of the host: options, plugin side, input, workers. */
#ifndef HOST_H
#define HOST_H

#include "abi.h"
#include "pack.h"
#ifdef _WIN32
#include "win32.h"
#endif

#define MAX_INSTANCES 16
#define MAX_PROPERTIES 64
#define MAX_WORKERS 16

struct instance {
    const char *keys[MAX_PROPERTIES], *values[MAX_PROPERTIES];
    int properties;
    struct context context;
};

struct chunk {
    struct buffer bytes;
    char *tag;
    int records;
};

struct options {
    const char *path, *tag, *format;
    int records, log_level, workers, reloads;
    int redeliver, dry_run, fork, null_ctx, reset_signals;
    char **files;
};

/* host.c */
extern struct options opt;
extern struct instance instances[MAX_INSTANCES];
extern int instance_count;
void die(const char *what, const char *detail);

/* plugin.c: the plugin's callbacks, called in the same way as by Fluent Bit */
extern int failed; /* chunks that never returned OK, exits that failed */
void reset_signals(void); /* sets the fault handlers of Fluent Bit */
void load(int hot);
void start_instances(void);
void deliver(struct chunk *c); /* frees the chunk */
void end_instances(int count, int hot);
void check_null_context(void);

/* workers.c */
void start_workers(void);
void hand_over(struct chunk *c); /* takes ownership of the chunk */
void end_workers(void);

/* input.c */
void play_files(void);

#endif
