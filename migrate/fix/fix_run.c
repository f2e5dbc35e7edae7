/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A repair: all edits are made in overlays first, so that what will change is known; that is stored
   in the undo file; then it is written to the disks. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/new_file.h"
#include "convert/image_options.h"
#include "migrate/command.h"
#include "migrate/fix/fix.h"
#include "migrate/fix/fix_report.h"
#include "migrate/fix/place.h"
#include "migrate/job.h"
#include "windows/winre.h"

typedef struct {
    const Options *options;
    Progress *progress;
    GPtrArray *targets; /* of FixTarget */
    FixPlace place;
    Session *session;
    GHashTable *results;        /* of the confined process */
    GPtrArray *overlay_servers; /* of NbdServer */
    FixPlan plan;
} Fix;

static void server_drop(gpointer server)
{
    nbd_server_stop(server);
}

static void fix_clear(Fix *fix)
{
    for (guint i = 0; i < fix->plan.count; i++)
        changes_clear(&fix->plan.disks[i].changes);
    g_free(fix->plan.disks);
    g_clear_pointer(&fix->overlay_servers, g_ptr_array_unref);
    g_clear_pointer(&fix->targets, g_ptr_array_unref);
    session_close(fix->session);
    g_clear_pointer(&fix->results, g_hash_table_unref);
    fix_place_clear(&fix->place);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fix, fix_clear)

static gboolean open_disks(Fix *fix, GError **error)
{
    const Options *options = fix->options;
    const char *const *paths = (const char *const *)options->arguments;
    progress_begin_stage(fix->progress, "open");
    fix->targets = fix_targets_open(paths, options->argument_count, error);
    if (!fix->targets)
        return FALSE;
    const FixPlaceRequest place = {
        .undo_file = options->dry_run ? NULL : options->undo_file,
        .in_memory = options->undo_in_memory && !options->dry_run,
        .report = options->report,
        .targets = fix->targets,
    };
    SourceRequest request = options_source_request(options, fix->progress);
    if (!fix_place_choose(&place, &fix->place, error))
        return FALSE;
    Source *source = source_open(paths, options->argument_count, &request, error);
    fix->session = source ? session_open(source, fix->place.work_directory, error) : NULL;
    if (!fix->session)
        return FALSE;
    const GPtrArray *disks = session_machine(fix->session)->disks;
    for (guint i = 0; i < fix->targets->len; i++)
        if (!fix_target_check(fix->targets->pdata[i], i < disks->len ? disks->pdata[i] : NULL,
                              error))
            return FALSE;
    session_set_keys(fix->session, options->keys);
    session_set_root(fix->session, options->root);
    session_set_backend(fix->session, options->fs_backend);
    return TRUE;
}

static gboolean edit_guest(Fix *fix, GError **error)
{
    const Options *options = fix->options;
    Job job = {
        .goal = JOB_FIX,
        .session = fix->session,
        .virtio_win = options->virtio_win,
        .drivers = (const char *const *)options->drivers,
        .windows = &options->windows,
        .customisation = options->customisation,
        .discard_hibernation = options->discard_hibernation,
        .target = options->target,
        .profiles = options->profiles,
        .disk_bus = options->disk_bus,
        .winre = options->winre,
        .scratch_directory = fix->place.work_directory,
    };
    WorkerListener listener = command_listener(fix->progress);
    listener.provide = session_provide_kernel;
    listener.provider = fix->session;
    gboolean ok = worker_run(job_run, &job, &listener, &fix->results, error);
    key_ring_wipe(options->keys);
    winre_scratch_remove(fix->place.work_directory);
    session_stop_servers(fix->session);
    return ok;
}

static gboolean compare_disk(Fix *fix, guint index, GError **error)
{
    const MachineDisk *machine_disk =
        g_ptr_array_index(session_machine(fix->session)->disks, index);
    FixTarget *target = g_ptr_array_index(fix->targets, index);
    g_autofree char *overlay = session_overlay_path(fix->place.work_directory, index);
    g_autofree char *escaped = image_options_escape(overlay);
    g_autofree char *options =
        g_strdup_printf("driver=qcow2,file.driver=file,file.filename=%s", escaped);
    NbdServer *server = nbd_server_start(options, FALSE, error);
    if (!server)
        return FALSE;
    g_ptr_array_add(fix->overlay_servers, server);
    g_autoptr(Disk) after =
        disk_connect_nbd(nbd_server_socket(server), "overlay", FALSE, 512, error);
    Disk *before = after ? fix_target_serve(target, machine_disk, error) : NULL;
    FixDisk *disk = &fix->plan.disks[index];
    disk->path = fix_target_path(target);
    disk->format = source_format_name(machine_disk->format);
    return before && changes_find(overlay, before, after, &disk->changes, error);
}

static void hear_step(void *progress, uint64_t done, uint64_t total)
{
    progress_update(progress, done, total, total);
}

static gboolean compare_disks(Fix *fix, GError **error)
{
    progress_begin_stage(fix->progress, "compare");
    fix->overlay_servers = g_ptr_array_new_with_free_func(server_drop);
    fix->plan.count = fix->targets->len;
    fix->plan.disks = g_new0(FixDisk, fix->plan.count);
    fix->plan.progress = hear_step;
    fix->plan.progress_data = fix->progress;
    for (guint i = 0; i < fix->plan.count; i++)
        if (!compare_disk(fix, i, error))
            return FALSE;
    g_autofree char *size = g_format_size_full(fix_plan_bytes(&fix->plan), G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *note =
        g_strdup_printf("%s in %" G_GUINT64_FORMAT " places", size, fix_plan_ranges(&fix->plan));
    progress_note(fix->progress, note);
    progress_end_stage(fix->progress);
    return TRUE;
}

static void print_plan(const Fix *fix)
{
    const char *text = g_hash_table_lookup(fix->results, JOB_RESULT_TEXT);
    fputs(text ? text : "", stdout);
    for (guint i = 0; i < fix->plan.count; i++) {
        const FixDisk *disk = &fix->plan.disks[i];
        g_autofree char *size = g_format_size_full(disk->changes.bytes, G_FORMAT_SIZE_IEC_UNITS);
        printf("%s: %s in %u places\n", disk->path, size, disk->changes.ranges->len);
    }
    fflush(stdout);
}

static gboolean ask(const Fix *fix, GError **error)
{
    char answer[16] = "";
    if (fix->options->yes)
        return TRUE;
    fprintf(stderr, "Write these changes to the disks? [y/N] ");
    if (fgets(answer, sizeof(answer), stdin) && g_ascii_tolower(answer[0]) == 'y')
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "not confirmed: nothing was changed");
    return FALSE;
}

static gboolean write_report(Fix *fix, const char *undo_path, GError **error)
{
    const char *guest_json = g_hash_table_lookup(fix->results, JOB_RESULT_JSON);
    Report common = {.machine = session_machine(fix->session),
                     .guest_json = guest_json ? guest_json : ""};
    common.stages = progress_stages(fix->progress, &common.stage_count);
    const FixReport report = {&fix->plan, undo_path, &common};
    g_autofree char *json = NULL;
    if (!fix->place.report_path)
        return TRUE;
    g_autoptr(NewFile) file = NULL;
    if (!fix_report_format(&report, &json, error) ||
        !(file = new_file_open(fix->place.report_path, NEW_FILE_ONLY, error)) ||
        !new_file_write(file, json, strlen(json), error) || !new_file_commit(file, error))
        return FALSE;
    printf("report: %s\n", fix->place.report_path);
    return TRUE;
}

static gboolean change_disks(Fix *fix, GError **error)
{
    progress_begin_stage(fix->progress, "undo");
    if (!fix_store(&fix->plan, fix->place.undo_path, error))
        return FALSE;
    /* Said at once: whoever is interrupted from here on needs it. */
    printf("undo file: %s\n", fix->place.undo_path);
    fflush(stdout);
    progress_begin_stage(fix->progress, "write");
    if (!fix_apply(&fix->plan, fix->place.undo_path, error)) {
        /* After a signal that is the error, and has no hint. */
        if (interrupt_is_pending())
            fprintf(stderr,
                    "a disk is perhaps changed in part: migrate fix --undo '%s' brings everything "
                    "back\n",
                    fix->place.undo_path);
        return FALSE;
    }
    progress_end_stage(fix->progress);
    return write_report(fix, fix->place.undo_path, error);
}

gboolean fix_run(const Options *options, Progress *progress, GError **error)
{
    g_auto(Fix) fix = {.options = options, .progress = progress};
    if (!open_disks(&fix, error) || !edit_guest(&fix, error) || !compare_disks(&fix, error))
        return FALSE;
    print_plan(&fix);
    if (fix_plan_bytes(&fix.plan) == 0) {
        printf("nothing to change\n");
        return write_report(&fix, NULL, error);
    }
    if (options->dry_run)
        return write_report(&fix, NULL, error);
    return ask(&fix, error) && change_disks(&fix, error);
}
