/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The actions of migrate registry, in the confined process. */
#include "migrate/registry_job.h"

#include <string.h>

#include "base/error.h"
#include "inspect/guest_hive.h"
#include "migrate/registry_apply.h"
#include "migrate/registry_edit.h"
#include "migrate/registry_show.h"
#include "registry/edit.h"

typedef gboolean (*ShowFunc)(RegistryView *view, GError **error);

/* How each action that changes nothing shows its key. */
static const struct {
    ShowFunc show;
    gboolean reads_all; /* of the hive, nearly: cell by cell would be slow */
} shows[] = {
    [REGISTRY_GET] = {registry_show_get, FALSE},
    [REGISTRY_LIST] = {registry_show_list, FALSE},
    [REGISTRY_SEARCH] = {registry_show_search, TRUE},
    [REGISTRY_EXPORT] = {registry_show_export, TRUE},
};

static void view_clear(RegistryView *view)
{
    g_free(view->path);
    g_string_free(view->text, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RegistryView, view_clear)

/* Goes down to key, component by component, for its name as the hive has it. */
static gboolean view_find(RegistryView *view, const char *mount, const char *key, GError **error)
{
    g_auto(GStrv) components = g_strsplit(key, "\\", -1);
    view->key = hive_root(view->hive);
    view->path = g_strdup(mount);
    for (char **component = components; *component; component++) {
        g_autofree char *name = NULL;
        gboolean found;
        if (!hive_find_key(view->hive, view->key, *component, &found, &view->key, error))
            return FALSE;
        if (!found) {
            drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, "see migrate registry list",
                              "there is no key '%s' in '%s'", *component, view->path);
            return FALSE;
        }
        if (!**component)
            continue;
        if (!hive_get_key_name(view->hive, view->key, &name, error))
            return FALSE;
        char *longer = g_strconcat(view->path, "\\", name, NULL);
        g_free(view->path);
        view->path = longer;
    }
    return TRUE;
}

static void warn(WorkerChannel *channel, const char *warning)
{
    worker_send_output(channel, REGISTRY_OUTPUT_WARNING, warning, strlen(warning));
}

static GuestHive *open_hive(const RegistryJob *job, RegistryTree *tree, const char *path,
                            const char *mount, WorkerChannel *channel, GError **error)
{
    gboolean is_stale = FALSE;
    gboolean is_whole = workpiece_hive_file(job->workpiece) || shows[job->action].reads_all ||
                        job->options->recursive;
    GuestHive *hive = is_whole ? guest_hive_open_whole(tree->tree, path, mount, &is_stale, error)
                               : guest_hive_open(tree->tree, path, mount, error);
    if (hive && is_stale)
        warn(channel, "the hive is dirty and no log fits: its last changes may be missing");
    return hive;
}

static gboolean show(const RegistryJob *job, RegistryTree *tree, WorkerChannel *channel,
                     GError **error)
{
    g_auto(HivePlace) place = {0};
    g_autofree char *path = NULL;
    g_autofree char *mount = NULL;
    g_autofree char *key = NULL;
    if (!hive_place_parse(job->key, &place, error) ||
        !registry_tree_find(tree, &place, &path, &mount, error))
        return FALSE;
    g_autoptr(GuestHive) hive = open_hive(job, tree, path, mount, channel, error);
    if (!hive || !hive_resolve_control_set(guest_hive_get(hive), place.key, &key, error))
        return FALSE;
    g_auto(RegistryView) view = {
        .job = job,
        .channel = channel,
        .hive = guest_hive_get(hive),
        .text = g_string_new(NULL),
    };
    if (!view_find(&view, mount, key, error) || !shows[job->action].show(&view, error))
        return FALSE;
    registry_view_flush(&view, 0);
    return TRUE;
}

static gboolean stage(const RegistryChange *change, Edits *edits, GError **error)
{
    return registry_edit_stage(change->data, change->tree, edits, error);
}

gboolean registry_job_run(void *data, WorkerChannel *channel, GError **error)
{
    const RegistryJob *job = data;
    gboolean is_shown = job->action < (RegistryAction)G_N_ELEMENTS(shows);
    g_auto(RegistryTree) tree = {0};
    if ((!is_shown && !hive_edits_prepare(error)) ||
        !registry_tree_open(&tree, job->workpiece, job->options->user, job->options->profiles,
                            error))
        return FALSE;
    const RegistryChange change = {stage, job, &tree};
    return is_shown ? show(job, &tree, channel, error) : registry_apply(&change, channel, error);
}
