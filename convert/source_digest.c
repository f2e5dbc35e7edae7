/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests of a source's files. */
#include "convert/source_digest.h"

#include "base/error.h"
#include "base/interrupt.h"

#define READ_BYTES ((size_t)1 << 20)
#define SHOWN_DIGITS 12

Disk *source_place_open(const SourcePlace *place, GError **error)
{
    g_autoptr(Disk) whole = disk_open_file(place->path, FALSE, 512, error);
    if (!whole || source_place_is_whole(place))
        return g_steal_pointer(&whole);
    return disk_new_window(whole, place->offset, place->length,
                           place->member ? place->member : place->path, error);
}

gboolean source_digest(const SourceContext *context, const SourcePlace *place, GChecksumType type,
                       uint64_t *done, uint64_t total, char **ret_digest, GError **error)
{
    g_autoptr(Disk) disk = source_place_open(place, error);
    g_autoptr(GChecksum) checksum = g_checksum_new(type);
    g_autofree uint8_t *buffer = g_malloc(READ_BYTES);
    if (!disk)
        return FALSE;
    for (uint64_t offset = 0; offset < place->length;) {
        size_t length = (size_t)MIN(place->length - offset, (uint64_t)READ_BYTES);
        if (!interrupt_check(error) || !disk_read(disk, offset, buffer, length, error))
            return FALSE;
        g_checksum_update(checksum, buffer, (gssize)length);
        offset += length;
        *done += length;
        if (context->request && context->request->progress)
            context->request->progress(context->request->progress_data, *done, total);
    }
    *ret_digest = g_strdup(g_checksum_get_string(checksum));
    return TRUE;
}

gboolean source_digest_compare(const char *name, const char *type_name, const char *digest,
                               const char *wanted, GError **error)
{
    if (g_str_equal(digest, wanted))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                      "copy or export it again; if it was changed on purpose: --skip-checksums",
                      "'%s' is not the file that was exported: its %s is %.*s…, not %.*s…", name,
                      type_name, SHOWN_DIGITS, digest, SHOWN_DIGITS, wanted);
    return FALSE;
}
