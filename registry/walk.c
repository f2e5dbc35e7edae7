/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All keys below one, each with its path. */
#include "registry/walk.h"

#include "base/error.h"
#include "registry/hive_private.h"

typedef struct {
    HiveKey key;
    guint depth;
    gsize path_length; /* of its parent */
} Pending;

typedef struct {
    Hive *hive;
    GString *path; /* of the key that is being visited */
    guint depth;
    GArray *pending;
    uint8_t *seen; /* one bit per 8 bytes of the bins: a key that was visited starts there */
} Walk;

static gboolean walk_is_damaged(const Hive *hive, const char *what, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the registry hive '%s' is damaged: %s",
                      hive_name(hive), what);
    return FALSE;
}

/* In reverse, so that the first one is taken first. */
static gboolean push_leaf(G_GNUC_UNUSED Hive *hive, const HiveLeaf *leaf, void *data,
                          G_GNUC_UNUSED gboolean *stop, G_GNUC_UNUSED GError **error)
{
    Walk *walk = data;
    for (gsize i = 0; i < leaf->count; i++) {
        Pending next = {hive_leaf_key(leaf, i), walk->depth + 1, walk->path->len};
        g_array_append_val(walk->pending, next);
    }
    return TRUE;
}

static void reverse(GArray *array, guint from)
{
    for (guint low = from, high = array->len; low + 1 < high; low++, high--) {
        Pending saved = g_array_index(array, Pending, low);
        g_array_index(array, Pending, low) = g_array_index(array, Pending, high - 1);
        g_array_index(array, Pending, high - 1) = saved;
    }
}

static gboolean push_subkeys(Walk *walk, const HiveNode *node, GError **error)
{
    guint before = walk->pending->len;
    if (!hive_visit_leaves(walk->hive, node, push_leaf, walk, error)) {
        return FALSE;
    }
    reverse(walk->pending, before);
    return TRUE;
}

/* key was read, so it lies within the bins. */
static gboolean mark_seen(Walk *walk, HiveKey key, GError **error)
{
    uint8_t bit = (uint8_t)(1u << (key / 8 % 8));
    if ((walk->seen[key / 64] & bit) != 0) {
        return walk_is_damaged(walk->hive, "a key is below two others", error);
    }
    walk->seen[key / 64] |= bit;
    return TRUE;
}

static gboolean visit_next(Walk *walk, HiveWalkFunc visit, void *data, gboolean *stop,
                           GError **error)
{
    g_auto(HiveNode) node = {0};
    Pending next = g_array_index(walk->pending, Pending, walk->pending->len - 1);
    g_array_set_size(walk->pending, walk->pending->len - 1);
    g_string_truncate(walk->path, next.path_length);
    walk->depth = next.depth;
    if (next.depth > HIVE_LIMIT_DEPTH) {
        return walk_is_damaged(walk->hive, "its keys are nested too deeply", error);
    }
    if (!hive_node_read(walk->hive, next.key, &node, error) || !mark_seen(walk, next.key, error)) {
        return FALSE;
    }
    g_autofree char *name = hive_name_to_utf8(&node.name, NULL);
    if (walk->path->len > 0) {
        g_string_append_c(walk->path, '\\');
    }
    g_string_append(walk->path, name);
    return visit(walk->hive, next.key, walk->path->str, data, stop, error) &&
           (*stop || push_subkeys(walk, &node, error));
}

gboolean hive_walk(Hive *hive, HiveKey key, const char *path, HiveWalkFunc visit, void *data,
                   GError **error)
{
    g_auto(HiveNode) node = {0};
    g_autoptr(GString) text = g_string_new(path);
    g_autoptr(GArray) pending = g_array_new(FALSE, FALSE, sizeof(Pending));
    g_autofree uint8_t *seen = g_malloc0(hive_bins_end(hive) / 64 + 1);
    Walk walk = {.hive = hive, .path = text, .pending = pending, .seen = seen};
    gboolean stop = FALSE;
    if (!hive_node_read(hive, key, &node, error) || !mark_seen(&walk, key, error) ||
        !visit(hive, key, path, data, &stop, error) ||
        (!stop && !push_subkeys(&walk, &node, error))) {
        return FALSE;
    }
    while (pending->len > 0 && !stop) {
        if (!visit_next(&walk, visit, data, &stop, error)) {
            return FALSE;
        }
    }
    return TRUE;
}
