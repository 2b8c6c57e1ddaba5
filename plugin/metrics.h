// Metrics at the endpoint of the host, by the functions of cmetrics that the host
// exports for plugins in C. They are looked up at run time, so neither a header of
// the host nor a host that has them is required.
#ifndef METRICS_H
#define METRICS_H

struct host_api;

// metrics_of returns the metrics of an output, or NULL when the host lacks one of
// the functions.
void *metrics_of(struct host_api *api, void *instance);

// instance_name returns the name of an output (its alias, or redshank.0), which
// the host owns, or NULL when the host does not export the name.
const char *instance_name(void *instance);

// metric_new registers a metric, a counter when gauge is 0. The host copies the
// texts. It returns NULL on failure.
void *metric_new(void *metrics, int gauge, char *name, char *help, int labels, char **keys);

// metric_set sets one series. The value of a counter never decreases.
void metric_set(void *metric, int gauge, unsigned long long now, double value, int labels, char **values);

#endif
