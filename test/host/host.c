/*
 * A minimal host for an output plugin in Go: Fluent Bit's side of the plugin
 * interface, for tests and for machines without Fluent Bit.
 */
#include "host.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#else
#include <sys/wait.h>
#endif

static const char usage[] =
    "host -e PLUGIN [-t TAG] [-p KEY=VALUE]... [-f lines|json|tagged|raw] [-c RECORDS] FILE...\n"
    "  -o               begin a further instance; -p after it are its own\n"
    "  -l LEVEL         log level of the instances, error 1 to trace 5\n"
    "  --workers N      flush from N threads\n"
    "  --redeliver      flush every chunk twice\n"
    "  --reload N       N hot reloads, the input played after each\n"
    "  --dry-run        register and exit, as fluent-bit --dry-run\n"
    "  --fork           fork after loading, as fluent-bit --daemon\n"
    "  --null-ctx       flush and exit without a context as well\n"
    "  --reset-signals  before each flush do what the host does at SIGHUP\n";

struct options opt = {.tag = "host", .format = "lines", .records = 1000, .log_level = LOG_INFO};
struct instance instances[MAX_INSTANCES];
int instance_count = 1;

void die(const char *what, const char *detail)
{
    fprintf(stderr, "host: %s: %s\n", what, detail);
    exit(255);
}

/* Loads, runs and ends the plugin, once more for each reload. Returns the exit status. */
static int live(void)
{
    for (int i = 0; i <= opt.reloads; i++) {
        if (i > 0) {
            load(1);
        }
        start_instances();
        if (opt.null_ctx) {
            check_null_context();
        }
        start_workers();
        play_files();
        end_workers();
        end_instances(instance_count, i < opt.reloads);
    }
    return failed > 0;
}

/* Daemon mode: the parent process waits for the child, so that a test can. */
static int live_in_child(void)
{
#ifndef _WIN32
    int status;
    pid_t child = fork();

    if (child == 0) {
        exit(live());
    }
    if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)) {
        return WEXITSTATUS(status);
    }
#endif
    die("daemon", "child did not end");
    return 255;
}

/* Splits KEY=VALUE in place; argv lives as long as the process. */
static void set_property(char *text)
{
    struct instance *ins = &instances[instance_count - 1];
    char *value = strchr(text, '=');

    if (!value || ins->properties == MAX_PROPERTIES) {
        die("not a property", text);
    }
    *value = 0;
    ins->keys[ins->properties] = text;
    ins->values[ins->properties++] = value + 1;
}

/* Handles an argument without a value. -o before any -p is the first instance. */
static int flag(const char *arg)
{
    static const struct { const char *name; int *set; } flags[] = {
        {"--redeliver", &opt.redeliver}, {"--dry-run", &opt.dry_run}, {"--fork", &opt.fork},
        {"--null-ctx", &opt.null_ctx}, {"--reset-signals", &opt.reset_signals},
    };

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(arg, flags[i].name) == 0) {
            return *flags[i].set = 1;
        }
    }
    if (strcmp(arg, "-o") == 0 && instance_count < MAX_INSTANCES) {
        instance_count += instances[0].properties > 0 || instance_count > 1;
        return 1;
    }
    return 0;
}

/* Handles an argument with its value. */
static int option(const char *arg, char *value)
{
    if (strcmp(arg, "-e") == 0) opt.path = value;
    else if (strcmp(arg, "-t") == 0) opt.tag = value;
    else if (strcmp(arg, "-f") == 0) opt.format = value;
    else if (strcmp(arg, "-c") == 0) opt.records = atoi(value);
    else if (strcmp(arg, "-l") == 0) opt.log_level = atoi(value);
    else if (strcmp(arg, "-p") == 0) set_property(value);
    else if (strcmp(arg, "--workers") == 0) opt.workers = atoi(value) < MAX_WORKERS ? atoi(value) : MAX_WORKERS;
    else if (strcmp(arg, "--reload") == 0) opt.reloads = atoi(value);
    else return 0;
    return 1;
}

int main(int argc, char **argv)
{
    int i = 1;

    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        if (!flag(argv[i]) && (i + 1 == argc || !option(argv[i], argv[i + 1]) || !++i)) {
            die("usage", usage);
        }
    }
    if (!opt.path) {
        die("usage", usage);
    }
    opt.files = argv + i;
    reset_signals(); /* as Fluent Bit does before it loads plugins */
#ifdef _WIN32
    setmode(STDIN_FILENO, O_BINARY);
#else
    signal(SIGPIPE, SIG_IGN);
#endif
    load(0);
    if (opt.dry_run) {
        end_instances(instance_count, 0);
        return failed > 0;
    }
    return opt.fork ? live_in_child() : live();
}
