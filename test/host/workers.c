#include "host.h"

#include <pthread.h>
#include <string.h>

/* Chunks that wait for a worker; a few only, so that the input cannot get far ahead. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct chunk *waiting[4];
    int count, closed;
} queue = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {0}, 0, 0};

/* A worker flushes outside the lock, so that calls of one instance overlap. */
static void *work(void *unused)
{
    struct chunk *c;

    pthread_mutex_lock(&queue.lock);
    for (;;) {
        while (queue.count == 0 && !queue.closed) {
            pthread_cond_wait(&queue.changed, &queue.lock);
        }
        if (queue.count == 0) {
            break;
        }
        c = queue.waiting[0];
        memmove(queue.waiting, queue.waiting + 1, sizeof *queue.waiting * (size_t)--queue.count);
        pthread_cond_broadcast(&queue.changed);
        pthread_mutex_unlock(&queue.lock);
        deliver(c);
        pthread_mutex_lock(&queue.lock);
    }
    pthread_mutex_unlock(&queue.lock);
    return unused;
}

/* Queues the chunk. Without workers the reading thread flushes it immediately. */
void hand_over(struct chunk *c)
{
    if (opt.workers == 0) {
        deliver(c);
        return;
    }
    pthread_mutex_lock(&queue.lock);
    while (queue.count == (int)(sizeof queue.waiting / sizeof *queue.waiting)) {
        pthread_cond_wait(&queue.changed, &queue.lock);
    }
    queue.waiting[queue.count++] = c;
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
}

static pthread_t threads[MAX_WORKERS];

void start_workers(void)
{
    queue.closed = 0;
    for (int i = 0; i < opt.workers; i++) {
        pthread_create(&threads[i], NULL, work, NULL);
    }
}

/* Returns when every chunk handed over has been flushed. */
void end_workers(void)
{
    pthread_mutex_lock(&queue.lock);
    queue.closed = 1;
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
    for (int i = 0; i < opt.workers; i++) {
        pthread_join(threads[i], NULL);
    }
}
