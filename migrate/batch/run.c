/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the machines of a batch, several at a time. */
#include "migrate/batch/run.h"

#include <poll.h>

#include "base/interrupt.h"
#include "migrate/batch/arguments.h"
#include "migrate/batch/report.h"
#include "migrate/batch/resume.h"
#include "migrate/batch/slot.h"

/* How long nothing may be heard before bars are drawn and free space is looked at again. */
#define TICK_MS 200
/* How long machines may take to clean up after a signal. */
#define CLEANUP_LIMIT_US (G_GINT64_CONSTANT(30) * G_USEC_PER_SEC)

typedef struct {
    const BatchMachine *machine;
    guint index; /* of its result */
} Entry;

typedef struct {
    const BatchRunOptions *options;
    BatchShared shared;
    GPtrArray *results; /* of BatchResult */
    GArray *queue;      /* of Entry, in the order they run */
    guint next;         /* of queue */
    GPtrArray *slots;   /* of BatchSlot */
    gboolean is_stopping;
    gboolean has_news; /* machines have finished since the last report */
    gint64 started_us;
    BatchReportPace pace;
} Run;

static void slot_drop(gpointer slot)
{
    batch_slot_free(slot);
}

static void result_drop(gpointer result)
{
    batch_result_free(result);
}

static void run_clear(Run *run)
{
    g_ptr_array_unref(run->slots);
    g_array_unref(run->queue);
    g_hash_table_unref(run->shared.claimed);
    batch_display_free(run->shared.display);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static int compare_entries(gconstpointer a, gconstpointer b)
{
    const Entry *one = a, *other = b;
    if (one->machine->priority != other->machine->priority)
        return one->machine->priority < other->machine->priority ? -1 : 1;
    return one->index < other->index ? -1 : 1;
}

/* Results of machines that there is nothing to do for; TRUE: there is. */
static gboolean look_back(const Run *run, const BatchMachine *machine, BatchResult **ret_result)
{
    g_autofree char *known_digest = NULL;
    g_autofree char *digest = batch_arguments_digest(machine);
    BatchResult *result = batch_state_load(run->shared.state, machine->id, &known_digest);
    *ret_result = result;
    if (!machine->enabled) {
        batch_result_free(result);
        *ret_result = batch_result_new(machine->id);
        (*ret_result)->status = BATCH_SKIPPED;
        return FALSE;
    }
    if (batch_resume_decide(result, known_digest, digest, run->options->retry_failed) != BATCH_KEEP)
        return TRUE;
    result->was_done_before = result->status == BATCH_DONE;
    return FALSE;
}

static void claim_finished(const Run *run, const BatchMachine *machine, const BatchResult *result)
{
    if (result->status == BATCH_DONE && result->name)
        g_hash_table_replace(run->shared.claimed,
                             g_build_filename(machine->settings.output, result->name, NULL),
                             g_strdup(machine->id));
}

static void make_queue(Run *run)
{
    const GPtrArray *machines = run->shared.manifest->machines;
    for (guint i = 0; i < machines->len; i++) {
        const BatchMachine *machine = g_ptr_array_index(machines, i);
        BatchResult *result;
        if (run->options->only && run->options->only != machine)
            continue;
        if (look_back(run, machine, &result)) {
            Entry entry = {machine, run->results->len};
            g_array_append_val(run->queue, entry);
        }
        claim_finished(run, machine, result);
        g_ptr_array_add(run->results, result);
    }
    g_array_sort(run->queue, compare_entries);
}

static GArray *reservations_without(const Run *run, const BatchSlot *without)
{
    GArray *reservations = g_array_new(FALSE, FALSE, sizeof(BatchReservation));
    for (guint i = 0; i < run->slots->len; i++) {
        const BatchSlot *slot = g_ptr_array_index(run->slots, i);
        BatchReservation reservation;
        if (slot != without && batch_slot_reservation(slot, &reservation))
            g_array_append_val(reservations, reservation);
    }
    return reservations;
}

static gboolean fill_slots(Run *run, GError **error)
{
    while (!run->is_stopping && run->slots->len < run->options->jobs &&
           run->next < run->queue->len) {
        const Entry *entry = &g_array_index(run->queue, Entry, run->next++);
        BatchResult **result = (BatchResult **)&run->results->pdata[entry->index];
        BatchSlot *slot = batch_slot_begin(&run->shared, entry->machine, result, error);
        if (!slot)
            return FALSE;
        g_ptr_array_add(run->slots, slot);
    }
    return TRUE;
}

static void wait_for_news(const Run *run)
{
    g_autofree struct pollfd *fds = g_new0(struct pollfd, run->slots->len + 1);
    for (guint i = 0; i < run->slots->len; i++)
        fds[i] = (struct pollfd){.fd = batch_slot_fd(run->slots->pdata[i]), .events = POLLIN};
    /* A signal ends it early, which is what we want. */
    if (poll(fds, run->slots->len, TICK_MS) < 0)
        g_debug("waiting was interrupted");
}

static gboolean advance_slots(Run *run, GError **error)
{
    for (guint i = 0; i < run->slots->len; i++) {
        BatchSlot *slot = g_ptr_array_index(run->slots, i);
        g_autoptr(GArray) others = reservations_without(run, slot);
        if (!batch_slot_advance(slot, others, error))
            return FALSE;
    }
    return TRUE;
}

static void drop_finished(Run *run)
{
    for (guint i = run->slots->len; i-- > 0;) {
        const BatchSlot *slot = g_ptr_array_index(run->slots, i);
        if (!batch_slot_is_over(slot))
            continue;
        run->is_stopping |= run->options->stop_on_error && batch_slot_has_failed(slot);
        run->has_news = TRUE;
        g_ptr_array_remove_index(run->slots, i);
    }
}

static BatchReport make_report(const Run *run, gint64 finished_us)
{
    return (BatchReport){.manifest = run->shared.manifest,
                         .folder = run->options->report_folder,
                         .results = run->results,
                         .started_us = run->started_us,
                         .finished_us = finished_us};
}

/* A run that is killed leaves one that says how far it came. */
static void report_news(Run *run)
{
    g_autoptr(GError) error = NULL;
    if (!run->options->report_folder || !run->has_news || !batch_report_is_due(&run->pace))
        return;
    const BatchReport report = make_report(run, 0);
    run->has_news = FALSE;
    if (!batch_report_write_paced(&report, &run->pace, &error))
        g_debug("%s", error->message);
}

/* The first error is the one that counts. */
static gboolean report_end(const Run *run, gboolean ok, GError **error)
{
    const BatchReport report = make_report(run, g_get_real_time());
    g_autoptr(GError) reason = NULL;
    if (!run->options->report_folder || batch_report_write(&report, &reason))
        return ok;
    if (ok)
        g_propagate_error(error, g_steal_pointer(&reason));
    return FALSE;
}

static void draw(const Run *run)
{
    g_autoptr(GArray) bars = g_array_new(FALSE, FALSE, sizeof(BatchBar));
    for (guint i = 0; i < run->slots->len; i++) {
        BatchBar bar = batch_slot_bar(run->slots->pdata[i]);
        g_array_append_val(bars, bar);
    }
    if (bars->len > 0)
        batch_display_draw(run->shared.display, bars);
}

/* Everyone is asked at once, then waited for. */
static void interrupt_slots(Run *run)
{
    gint64 deadline = g_get_monotonic_time() + CLEANUP_LIMIT_US;
    g_autoptr(GError) ignored = NULL;
    for (guint i = 0; i < run->slots->len; i++)
        batch_slot_interrupt(run->slots->pdata[i]);
    for (;;) {
        drop_finished(run);
        if (run->slots->len == 0 || g_get_monotonic_time() > deadline)
            return;
        wait_for_news(run);
        g_clear_error(&ignored);
        if (!advance_slots(run, &ignored))
            return;
    }
}

static gboolean run_all(Run *run, GError **error)
{
    for (;;) {
        if (!interrupt_check(error) || !fill_slots(run, error))
            return FALSE;
        if (run->slots->len == 0)
            return TRUE;
        draw(run);
        wait_for_news(run);
        if (!advance_slots(run, error))
            return FALSE;
        drop_finished(run);
        report_news(run);
    }
}

gboolean batch_run(const BatchManifest *manifest, const BatchState *state,
                   const BatchRunOptions *options, GPtrArray **ret_results, GError **error)
{
    g_auto(Run) run = {
        .options = options,
        .started_us = g_get_real_time(),
        .shared = {.manifest = manifest,
                   .state = state,
                   .retry_failed = options->retry_failed,
                   .claimed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)},
        .results = g_ptr_array_new_with_free_func(result_drop),
        .queue = g_array_new(FALSE, FALSE, sizeof(Entry)),
        .slots = g_ptr_array_new_with_free_func(slot_drop),
    };
    *ret_results = run.results;
    make_queue(&run);
    run.shared.display =
        batch_display_new(options->progress, run.results->len, run.results->len - run.queue->len);
    for (guint i = 0; i < run.results->len; i++) {
        const BatchResult *result = g_ptr_array_index(run.results, i);
        if (result->status == BATCH_FAILED)
            batch_display_kept_failure(run.shared.display, result);
    }
    gboolean ok = run_all(&run, error);
    if (!ok)
        interrupt_slots(&run);
    batch_display_summary(run.shared.display, run.results);
    return report_end(&run, ok, error);
}
