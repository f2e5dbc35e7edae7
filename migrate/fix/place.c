/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the undo file of a run goes. */
#include "migrate/fix/place.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/folder.h"

void fix_place_clear(FixPlace *place)
{
    if (place->work_directory)
        folder_remove(place->work_directory);
    g_free(place->undo_path);
    g_free(place->report_path);
    g_free(place->work_directory);
}

static gboolean is_in_memory(const char *folder)
{
    struct statfs status;
    return statfs(folder, &status) == 0 &&
           (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}

/* Others may have made a folder of that name first. */
static gboolean is_private(const char *folder)
{
    struct stat status;
    return lstat(folder, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
           (status.st_mode & 077) == 0;
}

static char *memory_folder(void)
{
    const char *runtime = g_getenv("XDG_RUNTIME_DIR");
    g_autofree char *own = g_strdup_printf("drydock-%u", (unsigned int)geteuid());
    const struct {
        const char *parent, *name;
    } places[] = {{geteuid() == 0 ? "/run" : runtime, "drydock"}, {"/dev/shm", own}};
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        if (!places[i].parent || !is_in_memory(places[i].parent))
            continue;
        g_autofree char *folder = g_build_filename(places[i].parent, places[i].name, NULL);
        if ((g_mkdir(folder, 0700) == 0 || errno == EEXIST) && is_private(folder))
            return g_steal_pointer(&folder);
    }
    return NULL;
}

static char *memory_path(GError **error)
{
    g_autofree char *folder = memory_folder();
    if (!folder) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "name a file: --undo-file PATH",
                          "there is no filesystem in memory here that can be written");
        return NULL;
    }
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format(now, "%Y%m%d-%H%M%S");
    return g_strdup_printf("%s/fix-%s-%d.undo", folder, stamp, (int)getpid());
}

static gboolean check_free_name(const char *path, GError **error)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "move it away, or choose another name",
                      "'%s' exists already", path);
    return FALSE;
}

static gboolean check_folder(const char *path, const GPtrArray *targets, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    for (guint i = 0; i < targets->len; i++) {
        const FixTarget *target = g_ptr_array_index(targets, i);
        if (!fix_target_holds(target, folder))
            continue;
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "choose a place on another disk, or --undo-in-memory",
                          "'%s' would lie on '%s', which is about to be changed", path,
                          fix_target_path(target));
        return FALSE;
    }
    if (g_access(folder, W_OK | X_OK) == 0)
        return TRUE;
    drydock_error_set_errno(error, errno, "cannot write to '%s'", folder);
    return FALSE;
}

/* Beside the undo file, where room is needed anyway: memory may be short. */
static gboolean make_work_directory(const FixPlaceRequest *request, FixPlace *place, GError **error)
{
    g_autofree char *folder =
        request->undo_file ? g_path_get_dirname(place->undo_path) : g_strdup(g_get_tmp_dir());
    g_autofree char *template = g_build_filename(folder, ".drydock-fix-XXXXXX", NULL);
    if (!g_mkdtemp_full(template, 0700)) {
        drydock_error_set_errno(error, errno, "cannot write to '%s'", folder);
        return FALSE;
    }
    place->work_directory = g_steal_pointer(&template);
    return TRUE;
}

gboolean fix_place_choose(const FixPlaceRequest *request, FixPlace *ret_place, GError **error)
{
    g_auto(FixPlace) place = {0};
    if (request->undo_file)
        place.undo_path = g_canonicalize_filename(request->undo_file, NULL);
    else if (request->in_memory && !(place.undo_path = memory_path(error)))
        return FALSE;
    if (request->report)
        place.report_path = g_canonicalize_filename(request->report, NULL);
    else if (place.undo_path)
        place.report_path = g_strconcat(place.undo_path, ".report.json", NULL);
    const char *const paths[] = {place.undo_path, place.report_path};
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++)
        if (paths[i] &&
            (!check_folder(paths[i], request->targets, error) || !check_free_name(paths[i], error)))
            return FALSE;
    if (!make_work_directory(request, &place, error))
        return FALSE;
    *ret_place = place;
    place = (FixPlace){0};
    return TRUE;
}
