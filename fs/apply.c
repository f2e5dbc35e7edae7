/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one function that writes staged edits into a guest. */
#include "fs/edits.h"

#include "base/interrupt.h"

static gboolean apply_symlink(FsTree *tree, const Edit *edit, const FsAttributes *attributes,
                              GError **error)
{
    if (edit->existed && !fs_tree_remove(tree, edit->path, error))
        return FALSE;
    return fs_tree_make_symlink(tree, edit->path, edit->link_target, attributes, error);
}

/* Flushed at once: the volume need not be in the tree. */
static gboolean apply_bytes(Disk *disk, const Edit *edit, GError **error)
{
    gsize length;
    const void *data = g_bytes_get_data(edit->content, &length);
    return disk_write(disk, edit->offset, data, length, error) && disk_flush(disk, error);
}

static gboolean apply_edit(const Edits *edits, guint index, GError **error)
{
    FsTree *tree = edits_tree(edits);
    const Edit *edit = edits_get(edits, index);
    const FsAttributes attributes = {
        .like = edit->like, .mode = edit->mode, .label = edit->label};
    switch (edit->kind) {
    case EDIT_WRITE_FILE:
        return fs_tree_write_file(tree, edit->path, edit->content, &attributes, error);
    case EDIT_MAKE_DIRECTORY:
        return fs_tree_make_directory(tree, edit->path, &attributes, error);
    case EDIT_MAKE_SYMLINK:
        return apply_symlink(tree, edit, &attributes, error);
    case EDIT_REMOVE:
        return fs_tree_remove(tree, edit->path, error);
    case EDIT_WRITE_BYTES:
        return apply_bytes(edits_get_disk(edits, index), edit, error);
    }
    g_assert_not_reached();
}

gboolean edits_apply(const Edits *edits, GError **error)
{
    for (guint i = 0; i < edits_count(edits); i++) {
        const Edit *edit = edits_get(edits, i);
        if (!interrupt_check(error))
            return FALSE;
        g_debug("applying edit %u: '%s' (%s)", i + 1, edit->path, edit->reason);
        if (!apply_edit(edits, i, error)) {
            g_prefix_error(error, "edit %u of %u failed: ", i + 1, edits_count(edits));
            return FALSE;
        }
    }
    return fs_tree_sync(edits_tree(edits), error);
}
