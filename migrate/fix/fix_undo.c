/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate fix --undo: the disks of an undo file are found, compared with it, and brought back. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "migrate/fix/fix.h"
#include "migrate/fix/store.h"
#include "migrate/fix/target.h"
#include "migrate/fix/undo.h"

typedef struct {
    const Options *options;
    Progress *progress;
    UndoFile *file;
    GPtrArray *targets; /* of FixTarget */
    Source *source;
    GPtrArray *disks; /* of Disk, borrowed from the targets */
    UndoLook total;   /* over all disks; no match */
} Restoration;

static void restoration_clear(Restoration *restoration)
{
    g_clear_pointer(&restoration->disks, g_ptr_array_unref);
    g_clear_pointer(&restoration->targets, g_ptr_array_unref);
    source_close(restoration->source);
    undo_file_free(restoration->file);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Restoration, restoration_clear)

static gboolean read_undo_file(Restoration *restoration, GError **error)
{
    const char *path = restoration->options->undo;
    g_autoptr(Disk) file = disk_open_file(path, FALSE, 512, error);
    restoration->file = file ? undo_file_read(file, error) : NULL;
    if (restoration->file)
        return TRUE;
    g_prefix_error(error, "cannot use '%s': ", path);
    return FALSE;
}

/* The names on the command line, or those in the file. */
static gboolean list_paths(const Restoration *restoration, GPtrArray *paths, GError **error)
{
    const Options *options = restoration->options;
    const GPtrArray *known = restoration->file->disks;
    if (options->argument_count > 0 && options->argument_count != known->len) {
        drydock_error_set(
            error, DRYDOCK_ERROR_USAGE, "name them in the order they were given to fix, or none",
            "the undo file is of %u disks, %u are named", known->len, options->argument_count);
        return FALSE;
    }
    for (guint i = 0; i < known->len; i++) {
        const UndoDisk *disk = g_ptr_array_index(known, i);
        g_ptr_array_add(paths,
                        (gpointer)(uintptr_t)(options->argument_count > 0 ? options->arguments[i]
                                                                          : disk->path));
    }
    return TRUE;
}

static gboolean all_raw(const GPtrArray *known)
{
    for (guint i = 0; i < known->len; i++)
        if (!g_str_equal(((const UndoDisk *)known->pdata[i])->format,
                         source_format_name(SOURCE_FORMAT_RAW)))
            return FALSE;
    return TRUE;
}

static gboolean serve_disk(Restoration *restoration, guint index, GError **error)
{
    const UndoDisk *known = g_ptr_array_index(restoration->file->disks, index);
    const GPtrArray *disks = source_machine(restoration->source)->disks;
    FixTarget *target = g_ptr_array_index(restoration->targets, index);
    const MachineDisk *disk = index < disks->len ? g_ptr_array_index(disks, index) : NULL;
    if (!fix_target_check(target, disk, error))
        return FALSE;
    if (!g_str_equal(source_format_name(disk->format), known->format)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name the disks of the undo file",
                          "'%s' is of the format %s, not %s", fix_target_path(target),
                          source_format_name(disk->format), known->format);
        return FALSE;
    }
    Disk *served = fix_target_serve(target, disk, error);
    if (served)
        g_ptr_array_add(restoration->disks, served);
    return served != NULL;
}

static gboolean open_disks(Restoration *restoration, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    SourceRequest request = options_source_request(restoration->options, restoration->progress);
    if (!list_paths(restoration, paths, error))
        return FALSE;
    const char *const *names = (const char *const *)paths->pdata;
    request.is_raw = all_raw(restoration->file->disks);
    restoration->targets = fix_targets_open(names, paths->len, error);
    if (!restoration->targets)
        return FALSE;
    restoration->source = source_open(names, paths->len, &request, error);
    if (!restoration->source || !source_open_disks(restoration->source, NULL, error))
        return FALSE;
    restoration->disks = g_ptr_array_new();
    for (guint i = 0; i < paths->len; i++)
        if (!serve_disk(restoration, i, error))
            return FALSE;
    return TRUE;
}

static void hear(void *progress, uint64_t done, uint64_t total)
{
    progress_update(progress, done, total, total);
}

static UndoRun make_run(const Restoration *restoration)
{
    return (UndoRun){restoration->file, (Disk *const *)restoration->disks->pdata, hear,
                     restoration->progress};
}

static gboolean compare(Restoration *restoration, GError **error)
{
    UndoRun run = make_run(restoration);
    for (guint i = 0; i < restoration->disks->len; i++) {
        const char *path = fix_target_path(restoration->targets->pdata[i]);
        UndoLook look;
        if (!undo_look(&run, i, &look, error) ||
            !undo_check(&look, path, restoration->options->force, error))
            return FALSE;
        restoration->total.changed += look.changed;
        restoration->total.restored += look.restored;
        restoration->total.foreign += look.foreign;
    }
    return TRUE;
}

static void print_result(const Restoration *restoration)
{
    const UndoLook *total = &restoration->total;
    g_autofree char *written = g_format_size_full(
        (total->changed + total->foreign) * UNDO_SECTOR_BYTES, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *kept =
        g_format_size_full(total->restored * UNDO_SECTOR_BYTES, G_FORMAT_SIZE_IEC_UNITS);
    const char *verb = restoration->options->dry_run ? "would be brought back" : "brought back";
    for (guint i = 0; i < restoration->targets->len; i++)
        printf("%s\n", fix_target_path(restoration->targets->pdata[i]));
    printf("%s %s, %s already as it was\n", written, verb, kept);
}

gboolean fix_undo(const Options *options, Progress *progress, GError **error)
{
    g_auto(Restoration) restoration = {.options = options, .progress = progress};
    progress_begin_stage(progress, "open");
    if (!read_undo_file(&restoration, error) || !open_disks(&restoration, error))
        return FALSE;
    progress_begin_stage(progress, "compare");
    if (!compare(&restoration, error))
        return FALSE;
    UndoRun run = make_run(&restoration);
    if (!options->dry_run) {
        progress_begin_stage(progress, "write");
        if (!undo_restore(&run, error) || !fix_mark(options->undo, UNDO_UNDONE, error))
            return FALSE;
    }
    progress_end_stage(progress);
    print_result(&restoration);
    return TRUE;
}
