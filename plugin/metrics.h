// Metrics in the agent's own endpoint, by the functions that the host exports
// for its C plugins (cmetrics). No header of the host is needed, and a host
// without them is found out at run time.
#ifndef METRICS_H
#define METRICS_H

struct host_api;

// metrics_of is the host's collection of an output's metrics; NULL where the
// host does not export all that is needed.
void *metrics_of(struct host_api *api, void *instance);

// instance_name is what the host calls an output (its alias, or redshank.0),
// in the host's own memory; NULL where that cannot be asked.
const char *instance_name(void *instance);

// metric_new registers a metric; gauge is 0 for a counter. The host copies the
// texts. NULL on failure.
void *metric_new(void *metrics, int gauge, char *name, char *help, int labels, char **keys);

// metric_set sets one series. A counter never goes back.
void metric_set(void *metric, int gauge, unsigned long long now, double value, int labels, char **values);

#endif
