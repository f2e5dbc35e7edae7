/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child process that reads guest data, and the channel through which it reports. The
   parent takes nothing on trust: what arrives is text and numbers within limits. */
#ifndef MIGRATE_WORKER_H
#define MIGRATE_WORKER_H

#include <glib.h>
#include <stdint.h>

/* The child's end. Sending fails only when the parent is gone; then the child ends. */
typedef struct WorkerChannel WorkerChannel;

void worker_send_stage(WorkerChannel *channel, const char *stage);
void worker_send_progress(WorkerChannel *channel, uint64_t done, uint64_t total);
/* One line for the people watching: what the current stage has found. */
void worker_send_note(WorkerChannel *channel, const char *note);
/* A named result; a later one of the same name replaces it. At most 64 MiB. */
void worker_send_result(WorkerChannel *channel, const char *name, const char *text);
/* Bytes of any kind and amount, in order; name says whose they are. */
void worker_send_output(WorkerChannel *channel, const char *name, const void *bytes, size_t length);

/* A descriptor that the parent has to open, once at most: what listener->provide gives. -1: *error
   is the parent's. */
int worker_request_descriptor(WorkerChannel *channel, GError **error);

/* Runs in the child. FALSE with *error set travels to worker_run()'s caller with code and hint. */
typedef gboolean (*WorkerFunc)(void *data, WorkerChannel *channel, GError **error);

typedef struct {
    void (*stage)(void *data, const char *stage);
    void (*progress)(void *data, uint64_t done, uint64_t total);
    void (*note)(void *data, const char *note);
    void *data;
    /* Of worker_send_output(), at most a few MiB at a time. name is any text: whoever makes a path
       of it checks it. FALSE with *error set ends the child and worker_run(). NULL: not expected.
     */
    gboolean (*output)(void *data, const char *name, const uint8_t *bytes, size_t length,
                       GError **error);
    void *output_data;
    /* Opens what worker_request_descriptor() asks for; -1 and *error. NULL: there is nothing. */
    int (*provide)(void *provider, GError **error);
    void *provider;
} WorkerListener;

/* Added to the results by worker_run(): bytes, in decimal, as the kernel counted them. */
#define WORKER_RESULT_PEAK_MEMORY "peak-memory"

/* Forks, runs func in the child and waits for it. *ret_results: name → text, both owned by the
   table. A child that crashes is DRYDOCK_ERROR_CORRUPT: the guest's data has broken a parser. */
gboolean worker_run(WorkerFunc func, void *func_data, const WorkerListener *listener,
                    GHashTable **ret_results, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
