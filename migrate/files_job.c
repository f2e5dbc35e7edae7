/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The actions of migrate files, in the confined process. */
#include "migrate/files_job.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "migrate/files_view.h"
#include "migrate/json.h"
#include "migrate/opened_guest.h"
#include "migrate/printable.h"

typedef gboolean (*ShowFunc)(FilesView *view, GError **error);

/* Actions that change nothing. */
static const ShowFunc shows[] = {
    [FILES_LS] = files_show_list, [FILES_STAT] = files_show_stat, [FILES_FIND] = files_show_find,
    [FILES_CAT] = files_copy_out, [FILES_GET] = files_copy_out,
};

static void view_clear(FilesView *view)
{
    g_free(view->path);
    g_string_free(view->text, TRUE);
    g_ptr_array_unref(view->collected);
    g_clear_object(&view->builder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FilesView, view_clear)

static gboolean show(FilesView *view, GError **error)
{
    if (!shows[view->job->action](view, error))
        return FALSE;
    if (view->builder) {
        g_autofree char *json = json_finish(view->builder);
        g_string_append(view->text, json);
    }
    files_view_flush(view, 0);
    if (view->unread == 0)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "%u folders could not be read",
                      view->unread);
    return FALSE;
}

static void describe_edits(FilesView *view, const Edits *edits)
{
    static const char *const new_words[] = {[EDIT_WRITE_FILE] = "create",
                                            [EDIT_MAKE_DIRECTORY] = "create",
                                            [EDIT_MAKE_SYMLINK] = "link",
                                            [EDIT_REMOVE] = "remove"};
    for (guint i = 0; i < edits_count(edits); i++) {
        const Edit *edit = edits_get(edits, i);
        g_autofree char *shown = drives_show(view->drives, edit->path);
        gboolean is_change = edit->kind == EDIT_WRITE_FILE && edit->existed;
        g_string_append_printf(view->text, "%s ", is_change ? "change" : new_words[edit->kind]);
        printable_append(view->text, shown);
        if (edit->kind == EDIT_WRITE_FILE)
            g_string_append_printf(view->text, " (%" G_GSIZE_FORMAT " bytes)",
                                   g_bytes_get_size(edit->content));
        g_string_append_c(view->text, '\n');
    }
    files_view_flush(view, 0);
}

static gboolean change(FilesView *view, const GPtrArray *findings, GError **error)
{
    g_autoptr(Edits) edits = edits_new(view->tree);
    if (!findings_check_blockers(findings, error) || !files_edit_stage(view, edits, error))
        return FALSE;
    if (edits_count(edits) == 0)
        files_view_warn(view, "nothing changes: everything is so already");
    describe_edits(view, edits);
    return !workpiece_is_written(view->job->workpiece) || edits_count(edits) == 0 ||
           edits_apply(edits, error);
}

gboolean files_job_run(void *data, WorkerChannel *channel, GError **error)
{
    const FilesJob *job = data;
    g_auto(OpenedGuest) opened = {0};
    g_autoptr(Drives) drives = NULL;
    g_auto(FilesView) view = {
        .job = job,
        .channel = channel,
        .text = g_string_new(NULL),
        .collected = g_ptr_array_new_with_free_func(g_free),
        .builder = job->options->json ? json_builder_new() : NULL,
    };
    if (!opened_guest_open(&opened, workpiece_session(job->workpiece), channel,
                           job->options->profiles, error) ||
        !drives_open(opened.guest, opened.set, &drives, error) ||
        !drives_locate(drives, job->path ? job->path : "/", &view.path, error))
        return FALSE;
    view.tree = opened.guest->tree;
    view.drives = drives;
    return job->action < (FilesAction)G_N_ELEMENTS(shows) ? show(&view, error)
                                                          : change(&view, opened.findings, error);
}
