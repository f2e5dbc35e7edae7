/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One machine in progress. */
#include "migrate/batch/slot.h"

#include <unistd.h>

#include "base/error.h"
#include "migrate/batch/arguments.h"
#include "migrate/batch/hooks.h"
#include "migrate/batch/outputs.h"
#include "migrate/batch/probe.h"
#include "migrate/batch/process.h"
#include "migrate/batch/resume.h"

/* Of a machine's time, what comes before the copy: for the estimate of a whole batch. */
#define SHARE_BEFORE_COPY 0.1

typedef enum {
    SLOT_HOOKS,      /* a task runs them, before or after everything else */
    SLOT_LOOKING,    /* a task opens the source */
    SLOT_WAITING,    /* for free space */
    SLOT_CONVERTING, /* a process */
    SLOT_OVER,
} SlotPhase;

struct BatchSlot {
    const BatchShared *shared;
    const BatchMachine *machine;
    BatchResult *result; /* borrowed */
    char *digest;
    int lock_fd;
    SlotPhase phase;
    BatchHookCall hooks;
    BatchProbe probe;
    BatchTask *task;
    BatchSight sight;
    BatchProcess *process;
    gboolean is_interrupted;
    char *stage;
    double share; /* of the stage; negative: not known */
};

void batch_slot_free(BatchSlot *slot)
{
    if (!slot)
        return;
    batch_task_free(slot->task);
    batch_process_free(slot->process);
    batch_sight_clear(&slot->sight);
    if (slot->lock_fd >= 0)
        close(slot->lock_fd);
    g_free(slot->digest);
    g_free(slot->stage);
    g_free(slot);
}

static gboolean save(const BatchSlot *slot, GError **error)
{
    return batch_state_save(slot->shared->state, slot->result, slot->digest, error);
}

/* The end, as the result has it. */
static gboolean conclude(BatchSlot *slot, GError **error)
{
    slot->phase = SLOT_OVER;
    if (!save(slot, error))
        return FALSE;
    if (slot->result->status != BATCH_PENDING)
        batch_display_finished(slot->shared->display, slot->result);
    return TRUE;
}

/* FALSE: the machine has none for that. *ret_reason: why they cannot be started. */
static gboolean start_hooks(BatchSlot *slot, BatchHookPoint point, GError **ret_reason)
{
    if (slot->is_interrupted || !batch_hooks_has(slot->machine, point))
        return FALSE;
    slot->phase = SLOT_HOOKS;
    slot->hooks = (BatchHookCall){slot->shared->manifest, slot->machine, slot->result, point};
    slot->task = batch_task_start(batch_hooks_run, &slot->hooks, slot->shared->manifest->directory,
                                  ret_reason);
    return TRUE;
}

static void note_hooks(const BatchSlot *slot, const char *failures)
{
    g_auto(GStrv) lines = g_strsplit(failures ? failures : "", "\n", -1);
    for (guint i = 0; lines[i]; i++)
        if (*lines[i])
            batch_display_note(slot->shared->display, slot->machine->id, lines[i]);
}

/* What is remembered until the hooks have run is that the machine runs: after a kill it is looked
   at again, and they run again. */
static gboolean fail(BatchSlot *slot, const GError *reason, GError **error)
{
    g_autoptr(GError) trouble = NULL;
    slot->result->status = BATCH_FAILED;
    batch_result_set_error(slot->result, reason);
    gboolean has_hooks = start_hooks(slot, BATCH_HOOK_FAILURE, &trouble);
    if (trouble)
        note_hooks(slot, trouble->message);
    return (has_hooks && slot->task) || conclude(slot, error);
}

/* Everything is made; reason NULL is success. */
static gboolean finish(BatchSlot *slot, const GError *reason, GError **error)
{
    BatchResult *result = slot->result;
    g_autoptr(GError) trouble = NULL;
    g_clear_pointer(&slot->task, batch_task_free);
    g_clear_pointer(&slot->process, batch_process_free);
    result->finished_us = g_get_real_time();
    if (reason)
        g_ptr_array_set_size(result->outputs, 0);
    if (reason && !slot->is_interrupted)
        return fail(slot, reason, error);
    result->status = reason ? BATCH_PENDING : BATCH_DONE;
    if (reason || !start_hooks(slot, BATCH_HOOK_AFTER, &trouble))
        return conclude(slot, error);
    return slot->task || fail(slot, trouble, error);
}

/* Convert has made everything, or an earlier one had. */
static gboolean finish_done(BatchSlot *slot, GError **error)
{
    g_autoptr(GError) reason = NULL;
    if (!batch_outputs_record(slot->result, &reason))
        return finish(slot, reason, error);
    return finish(slot, NULL, error);
}

static gboolean look(BatchSlot *slot, gboolean measure, GError **error)
{
    g_autoptr(GError) reason = NULL;
    slot->phase = SLOT_LOOKING;
    slot->probe = (BatchProbe){slot->shared->manifest, slot->machine, measure};
    slot->task = batch_probe_start(&slot->probe, &reason);
    return slot->task || finish(slot, reason, error);
}

/* A hook after the machine that fails is the machine's failure too, but what was made is kept: it
   is adopted when the hooks are tried again. */
static gboolean advance_hooks(BatchSlot *slot, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autofree char *failures = NULL;
    if (!batch_task_read(slot->task))
        return TRUE;
    gboolean ok = batch_task_finish(slot->task, &failures, &reason);
    g_clear_pointer(&slot->task, batch_task_free);
    note_hooks(slot, ok ? failures : NULL);
    switch (slot->hooks.point) {
    case BATCH_HOOK_BEFORE:
        return ok ? look(slot, FALSE, error) : finish(slot, reason, error);
    case BATCH_HOOK_AFTER:
        return ok ? conclude(slot, error) : fail(slot, reason, error);
    case BATCH_HOOK_FAILURE:
    case BATCH_HOOK_LAST:
        break;
    }
    note_hooks(slot, ok ? NULL : reason->message);
    return conclude(slot, error);
}

/* With the lock: nobody else changes what is known of the machine. */
static gboolean begin(BatchSlot *slot, BatchResult *known, const char *known_digest, GError **error)
{
    BatchDecision decision =
        batch_resume_decide(known, known_digest, slot->digest, slot->shared->retry_failed);
    if (decision == BATCH_ADOPT)
        return finish_done(slot, error);
    if (decision == BATCH_KEEP) {
        /* Another process has just finished it. */
        known->was_done_before = known->status == BATCH_DONE;
        slot->phase = SLOT_OVER;
        batch_display_finished(slot->shared->display, known);
        return TRUE;
    }
    batch_resume_clean(known);
    known->started_us = g_get_real_time();
    batch_display_started(slot->shared->display, known);
    g_autoptr(GError) reason = NULL;
    if (!start_hooks(slot, BATCH_HOOK_BEFORE, &reason))
        return look(slot, FALSE, error);
    return slot->task || finish(slot, reason, error);
}

BatchSlot *batch_slot_begin(const BatchShared *shared, const BatchMachine *machine,
                            BatchResult **result, GError **error)
{
    g_autoptr(BatchSlot) slot = g_new0(BatchSlot, 1);
    g_autofree char *known_digest = NULL;
    slot->shared = shared;
    slot->machine = machine;
    slot->share = -1;
    slot->digest = batch_arguments_digest(machine);
    slot->lock_fd = batch_state_lock_machine(shared->state, machine->id, error);
    if (slot->lock_fd < 0)
        return NULL;
    batch_result_free(*result);
    *result = slot->result = batch_state_load(shared->state, machine->id, &known_digest);
    return begin(slot, slot->result, known_digest, error) ? g_steal_pointer(&slot) : NULL;
}

int batch_slot_fd(const BatchSlot *slot)
{
    if (slot->phase == SLOT_LOOKING || slot->phase == SLOT_HOOKS)
        return batch_task_fd(slot->task);
    return slot->phase == SLOT_CONVERTING ? batch_process_fd(slot->process) : -1;
}

/* Two machines of one name would write the same files. */
static gboolean claim_name(BatchSlot *slot, GError **error)
{
    GHashTable *claimed = slot->shared->claimed;
    char *place = g_build_filename(slot->machine->settings.output, slot->sight.name, NULL);
    const char *owner = g_hash_table_lookup(claimed, place);
    if (owner && !g_str_equal(owner, slot->machine->id)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "give one of them another 'name' or 'output' in the manifest",
                          "the machine '%s' makes '%s' too", owner, place);
        g_free(place);
        return FALSE;
    }
    g_hash_table_replace(claimed, place, g_strdup(slot->machine->id));
    return TRUE;
}

static gboolean start_converting(BatchSlot *slot, GError **error)
{
    BatchResult *result = slot->result;
    g_autoptr(GError) reason = NULL;
    batch_outputs_plan(result, &slot->machine->settings, &slot->sight);
    result->status = BATCH_RUNNING;
    result->attempts++;
    if (!save(slot, error))
        return FALSE;
    slot->phase = SLOT_CONVERTING;
    slot->process =
        batch_process_start(slot->shared->manifest, slot->machine, slot->lock_fd, &reason);
    return slot->process || finish(slot, reason, error);
}

static gboolean check_space(BatchSlot *slot, const GArray *others, GError **error)
{
    BatchReservation wanted = {slot->machine->settings.output, slot->sight.name,
                               slot->sight.needed_bytes};
    BatchSpace space = batch_space_check(&wanted, others);
    /* Convert itself knows best what the result takes: free blocks of the guest do not count. */
    if (space == BATCH_SPACE_FITS || (space == BATCH_SPACE_SHORT && slot->probe.measure))
        return start_converting(slot, error);
    if (!slot->probe.measure)
        return look(slot, TRUE, error);
    if (slot->phase != SLOT_WAITING && space == BATCH_SPACE_LATER)
        batch_display_note(slot->shared->display, slot->machine->id,
                           "waits until there is enough free space");
    slot->phase = SLOT_WAITING;
    return TRUE;
}

static gboolean advance_looking(BatchSlot *slot, const GArray *others, GError **error)
{
    g_autoptr(GError) reason = NULL;
    if (!batch_task_read(slot->task))
        return TRUE;
    batch_sight_clear(&slot->sight);
    gboolean ok = batch_probe_finish(slot->task, &slot->sight, &reason);
    g_clear_pointer(&slot->task, batch_task_free);
    if (ok) {
        g_free(slot->result->name);
        slot->result->name = g_strdup(slot->sight.name);
        slot->result->source_bytes = slot->sight.virtual_bytes;
    }
    if (!ok || !claim_name(slot, &reason))
        return finish(slot, reason, error);
    return check_space(slot, others, error);
}

static void hear_event(void *data, JsonObject *event)
{
    BatchSlot *slot = data;
    const char *kind = json_object_get_string_member_with_default(event, "event", "");
    if (g_str_equal(kind, "stage")) {
        g_free(slot->stage);
        slot->stage = g_strdup(json_object_get_string_member_with_default(event, "stage", NULL));
        slot->share = -1;
    } else if (g_str_equal(kind, "progress")) {
        slot->share = json_object_get_double_member_with_default(event, "percent", 0) / 100;
    }
    batch_display_event(slot->shared->display, slot->machine->id, event);
}

static gboolean advance_converting(BatchSlot *slot, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autofree char *domain = NULL;
    batch_process_read(slot->process, hear_event, slot);
    if (!batch_process_has_ended(slot->process))
        return TRUE;
    if (!batch_process_finish(slot->process, &domain, &reason))
        return finish(slot, reason, error);
    return finish_done(slot, error);
}

gboolean batch_slot_advance(BatchSlot *slot, const GArray *others, GError **error)
{
    switch (slot->phase) {
    case SLOT_HOOKS:
        return advance_hooks(slot, error);
    case SLOT_LOOKING:
        return advance_looking(slot, others, error);
    case SLOT_WAITING:
        return check_space(slot, others, error);
    case SLOT_CONVERTING:
        return advance_converting(slot, error);
    case SLOT_OVER:
        break;
    }
    return TRUE;
}

gboolean batch_slot_is_over(const BatchSlot *slot)
{
    return slot->phase == SLOT_OVER;
}

gboolean batch_slot_has_failed(const BatchSlot *slot)
{
    return slot->result->status == BATCH_FAILED;
}

gboolean batch_slot_reservation(const BatchSlot *slot, BatchReservation *ret_reservation)
{
    if (slot->phase != SLOT_CONVERTING)
        return FALSE;
    *ret_reservation = (BatchReservation){slot->machine->settings.output, slot->sight.name,
                                          slot->sight.needed_bytes};
    return TRUE;
}

BatchBar batch_slot_bar(const BatchSlot *slot)
{
    gboolean copies = g_strcmp0(slot->stage, "copy") == 0;
    BatchBar bar = {.id = slot->machine->id, .stage = slot->stage, .share = slot->share};
    if (slot->phase == SLOT_WAITING)
        bar.stage = "waiting";
    if (slot->phase == SLOT_HOOKS)
        bar.stage = "hooks";
    if (copies)
        bar.whole = SHARE_BEFORE_COPY + (1 - SHARE_BEFORE_COPY) * MAX(slot->share, 0);
    return bar;
}

void batch_slot_interrupt(BatchSlot *slot)
{
    slot->is_interrupted = TRUE;
    if (slot->phase == SLOT_CONVERTING) {
        batch_process_terminate(slot->process);
    } else if (slot->phase != SLOT_OVER) {
        g_clear_pointer(&slot->task, batch_task_free);
        slot->result->status = BATCH_PENDING;
        slot->phase = SLOT_OVER;
    }
}
