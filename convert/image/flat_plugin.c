/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chain of VHD or VHDX images as a plugin of nbdkit: read-only, holes are told. Its parameters
   are "format=vhd" or "format=vhdx", then for each image of the chain, the topmost first,
   "image=PATH", "offset=BYTES" and "length=BYTES". */
#define NBDKIT_API_VERSION 2
#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL
#include <nbdkit-plugin.h>

#include <errno.h>
#include <glib.h>

#include "convert/image/vhd_image.h"
#include "convert/image/vhdx_image.h"

#define EXTENTS_LIMIT 4096 /* in one answer; the client asks again */

typedef struct {
    const char *path; /* nbdkit's own copy of its command line */
    uint64_t offset, length;
} Place;

/* nbdkit has one plugin of a kind in a process, and no other place for what belongs to it. */
static struct {
    const FlatLayerOps *ops;
    GArray *places; /* of Place */
    FlatImage *image;
} state;

static int report(const GError *error)
{
    nbdkit_error("%s", error->message);
    nbdkit_set_error(EIO);
    return -1;
}

static void flat_load(void)
{
    state.places = g_array_new(FALSE, FALSE, sizeof(Place));
}

static void flat_unload(void)
{
    g_clear_pointer(&state.image, flat_image_free);
    g_clear_pointer(&state.places, g_array_unref);
}

static int parse_number(const char *key, const char *value, uint64_t *ret_number)
{
    if (g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT64, ret_number, NULL))
        return 0;
    nbdkit_error("%s is no number: %s", key, value);
    return -1;
}

static int flat_config(const char *key, const char *value)
{
    Place *last =
        state.places->len ? &g_array_index(state.places, Place, state.places->len - 1) : NULL;
    if (g_str_equal(key, "format")) {
        state.ops = g_str_equal(value, "vhd")    ? &vhd_layer_ops
                    : g_str_equal(value, "vhdx") ? &vhdx_layer_ops
                                                 : NULL;
        return 0;
    }
    if (g_str_equal(key, "image")) {
        Place place = {value, 0, 0};
        g_array_append_val(state.places, place);
        return 0;
    }
    if (g_str_equal(key, "offset") && last)
        return parse_number(key, value, &last->offset);
    if (g_str_equal(key, "length") && last)
        return parse_number(key, value, &last->length);
    nbdkit_error("parameter '%s' is not known here", key);
    return -1;
}

static int flat_config_complete(void)
{
    if (state.ops && state.places->len > 0)
        return 0;
    nbdkit_error("format=vhd or format=vhdx, and image=PATH are needed");
    return -1;
}

/* Everything is open before the first client comes: an image that cannot be read ends nbdkit. */
static int flat_get_ready(void)
{
    state.image = flat_image_new(state.ops);
    for (guint i = 0; i < state.places->len; i++) {
        const Place *place = &g_array_index(state.places, Place, i);
        g_autoptr(GError) error = NULL;
        if (!flat_image_add(state.image, place->path, place->offset, place->length, &error))
            return report(error);
    }
    return 0;
}

static void *flat_open(G_GNUC_UNUSED int readonly)
{
    return NBDKIT_HANDLE_NOT_NEEDED;
}

static int64_t flat_get_size(G_GNUC_UNUSED void *handle)
{
    return (int64_t)flat_image_size(state.image);
}

/* Nobody writes, so all connections see the same. */
static int flat_can_multi_conn(G_GNUC_UNUSED void *handle)
{
    return 1;
}

static int flat_pread(G_GNUC_UNUSED void *handle, void *buffer, uint32_t count, uint64_t offset,
                      G_GNUC_UNUSED uint32_t flags)
{
    g_autoptr(GError) error = NULL;
    return flat_image_read(state.image, offset, buffer, count, &error) ? 0 : report(error);
}

static int flat_extents(G_GNUC_UNUSED void *handle, uint32_t count, uint64_t offset, uint32_t flags,
                        struct nbdkit_extents *extents)
{
    uint64_t end = offset + count;
    guint limit = flags & NBDKIT_FLAG_REQ_ONE ? 1 : EXTENTS_LIMIT;
    for (guint i = 0; i < limit && offset < end; i++) {
        gboolean is_zeros;
        uint64_t length;
        g_autoptr(GError) error = NULL;
        if (!flat_image_query(state.image, offset, end - offset, &is_zeros, &length, &error))
            return report(error);
        if (nbdkit_add_extent(extents, offset, length,
                              is_zeros ? NBDKIT_EXTENT_HOLE | NBDKIT_EXTENT_ZERO : 0) < 0)
            return -1;
        offset += length;
    }
    return 0;
}

static struct nbdkit_plugin plugin = {
    .name = "drydock-flat",
    .description = "chains of VHD and VHDX images",
    .load = flat_load,
    .unload = flat_unload,
    .config = flat_config,
    .config_complete = flat_config_complete,
    .get_ready = flat_get_ready,
    .open = flat_open,
    .get_size = flat_get_size,
    .can_multi_conn = flat_can_multi_conn,
    .pread = flat_pread,
    .extents = flat_extents,
};

/* nbdkit finds it by its name only; the macro declares no prototype. */
struct nbdkit_plugin *plugin_init(void);
NBDKIT_REGISTER_PLUGIN(plugin)
