/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chain of VHD or VHDX images as one flat disk. */
#include "convert/image/flat_image.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

struct FlatImage {
    const FlatLayerOps *ops;
    GPtrArray *layers; /* of what ops->open() gives, the disk itself first */
};

FlatImage *flat_image_new(const FlatLayerOps *ops)
{
    FlatImage *image = g_new0(FlatImage, 1);
    image->ops = ops;
    image->layers = g_ptr_array_new_with_free_func(ops->close);
    return image;
}

void flat_image_free(FlatImage *image)
{
    if (!image)
        return;
    g_ptr_array_unref(image->layers);
    g_free(image);
}

gboolean flat_image_add(FlatImage *image, const char *path, uint64_t offset, uint64_t length,
                        GError **error)
{
    gpointer layer = image->ops->open(path, offset, length, error);
    if (!layer)
        return FALSE;
    g_ptr_array_add(image->layers, layer);
    if (image->ops->sector_size(layer) == flat_image_sector_size(image))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "export the machine again, with all its disks",
                      "'%s' has sectors of %u bytes, the disk above it of %u", path,
                      image->ops->sector_size(layer), flat_image_sector_size(image));
    return FALSE;
}

uint64_t flat_image_size(const FlatImage *image)
{
    return image->ops->size(g_ptr_array_index(image->layers, 0));
}

uint32_t flat_image_sector_size(const FlatImage *image)
{
    return image->ops->sector_size(g_ptr_array_index(image->layers, 0));
}

/* As FlatLayerOps.map for the whole chain, so never FLAT_RUN_PARENT; and whose file it is. */
static gboolean map_chain(FlatImage *image, uint64_t offset, uint64_t length, FlatRun *ret_run,
                          const FlatFile **ret_file, GError **error)
{
    for (guint i = 0; i < image->layers->len; i++) {
        gpointer layer = g_ptr_array_index(image->layers, i);
        uint64_t size = image->ops->size(layer);
        if (offset >= size)
            break; /* the disk was enlarged when this layer already had a child */
        if (!image->ops->map(layer, offset, MIN(length, size - offset), ret_run, error))
            return FALSE;
        length = ret_run->length;
        *ret_file = image->ops->file(layer);
        if (ret_run->kind != FLAT_RUN_PARENT)
            return TRUE;
    }
    *ret_run = (FlatRun){FLAT_RUN_ZEROS, 0, length};
    return TRUE;
}

static gboolean run_continues(const FlatRun *run, const FlatFile *file, const FlatRun *next,
                              const FlatFile *next_file)
{
    return next->kind == run->kind &&
           (run->kind == FLAT_RUN_ZEROS ||
            (next_file == file && next->file_offset == run->file_offset + run->length));
}

static gboolean read_run(const FlatFile *file, const FlatRun *run, uint8_t *buffer, GError **error)
{
    if (run->kind == FLAT_RUN_DATA)
        return flat_file_read(file, run->file_offset, buffer, (size_t)run->length, "block", error);
    memset(buffer, 0, (size_t)run->length);
    return TRUE;
}

/* Blocks that lie one behind the other in the file, as exports have them, are read at once. */
gboolean flat_image_read(FlatImage *image, uint64_t offset, void *buffer, size_t length,
                         GError **error)
{
    uint8_t *bytes = buffer;
    FlatRun run = {FLAT_RUN_ZEROS, 0, 0};
    const FlatFile *file = NULL;
    g_assert(range_is_within(offset, length, flat_image_size(image)));
    for (uint64_t mapped = 0; mapped < length;) {
        FlatRun next;
        const FlatFile *next_file = NULL;
        if (!map_chain(image, offset + mapped, length - mapped, &next, &next_file, error))
            return FALSE;
        mapped += next.length;
        if (run.length > 0 && run_continues(&run, file, &next, next_file)) {
            run.length += next.length;
            continue;
        }
        if (!read_run(file, &run, bytes, error))
            return FALSE;
        bytes += run.length;
        run = next;
        file = next_file;
    }
    return read_run(file, &run, bytes, error);
}

gboolean flat_image_query(FlatImage *image, uint64_t offset, uint64_t length,
                          gboolean *ret_is_zeros, uint64_t *ret_length, GError **error)
{
    gboolean is_zeros = FALSE;
    uint64_t mapped = 0;
    while (mapped < length) {
        FlatRun run;
        const FlatFile *file;
        if (!map_chain(image, offset + mapped, length - mapped, &run, &file, error))
            return FALSE;
        if (mapped > 0 && (run.kind == FLAT_RUN_ZEROS) != is_zeros)
            break;
        is_zeros = run.kind == FLAT_RUN_ZEROS;
        mapped += run.length;
    }
    *ret_is_zeros = is_zeros;
    *ret_length = mapped;
    return TRUE;
}
