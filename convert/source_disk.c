/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a disk as a configuration or the user names it to an image that has passed its gate. */
#include "convert/source_disk.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/error.h"
#include "convert/archive/spool.h"
#include "convert/image/nbd_uri.h"
#include "convert/source_digest.h"
#include "convert/source_format.h"

static gboolean open_blank_disk(MachineDisk *disk, GError **error)
{
    if (disk->capacity_bytes == 0 || disk->capacity_bytes % 512 != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "a disk of the machine has neither a file nor a size");
        return FALSE;
    }
    disk->format = SOURCE_FORMAT_RAW;
    disk->variant = g_strdup("blank");
    disk->size_bytes = disk->capacity_bytes;
    disk->image_options = g_strdup_printf(
        "driver=null-co,size=%" G_GUINT64_FORMAT ",read-zeroes=on", disk->size_bytes);
    return TRUE;
}

static gboolean find_disk(SourceContext *context, const SourcePlace *config, MachineDisk *disk,
                          SourcePlace **ret_place, GError **error)
{
    if (disk->path) { /* named by the user */
        struct stat status;
        if (stat(disk->path, &status) != 0) {
            drydock_error_set_errno(error, errno, "cannot look at '%s'", disk->path);
            return FALSE;
        }
        *ret_place = S_ISBLK(status.st_mode)
                         ? source_place_new_device(disk->path, error)
                         : source_place_new(disk->path, NULL, 0, (uint64_t)status.st_size);
        return *ret_place != NULL;
    }
    if (disk->is_gzip || disk->chunk_bytes > 0)
        return spool_disk(context, config, disk, ret_place, error);
    return source_files_find(context->files, config, disk->stored_name, SOURCE_NAME_FOREIGN,
                             ret_place, error);
}

static gboolean check_digest(const SourceContext *context, const SourcePlace *place,
                             const MachineDisk *disk, GError **error)
{
    g_autofree char *digest = NULL;
    uint64_t done = 0;
    if (!disk->sha256 || context->request->skip_checksums)
        return TRUE;
    return source_digest(context, place, G_CHECKSUM_SHA256, &done, place->length, &digest, error) &&
           source_digest_compare(disk->stored_name, "SHA256", digest, disk->sha256, error);
}

static gboolean pass_gate(SourceContext *context, SourcePlace *place, MachineDisk *disk,
                          GError **error)
{
    g_autofree char *shown = g_strdup(place->member ? place->member : place->path);
    g_autoptr(SourceFile) file = source_file_open(place, error);
    if (!file)
        return FALSE;
    gboolean is_raw = file->place->is_device || context->request->is_raw;
    const SourceFormatOps *format = is_raw ? &source_raw_ops : source_format_recognise(file);
    if (!format) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give " SOURCES_KNOWN,
                          "'%s' is not a disk image: its content is none that is known", shown);
        return FALSE;
    }
    disk->format = format->format;
    if (format->check(context, file, disk, error))
        return TRUE;
    g_prefix_error(error, "cannot use '%s' (%s): ", shown, source_format_name(disk->format));
    return FALSE;
}

gboolean source_disk_open(SourceContext *context, const SourcePlace *config, MachineDisk *disk,
                          GError **error)
{
    disk->sector_size = 512;
    if (disk->path && nbd_uri_is(disk->path)) {
        g_autofree char *uri = g_steal_pointer(&disk->path);
        return nbd_uri_open_disk(uri, disk, error);
    }
    if (!disk->path && !disk->stored_name)
        return open_blank_disk(disk, error);
    if (disk->stored_name && nbd_uri_is(disk->stored_name)) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "name the URI itself on the command line if it is to be trusted",
                          "the configuration names a disk on a server: '%s'", disk->stored_name);
        return FALSE;
    }
    SourcePlace *place = NULL;
    if (!find_disk(context, config, disk, &place, error)) {
        g_prefix_error(
            error, "cannot use disk '%s': ", disk->stored_name ? disk->stored_name : disk->path);
        return FALSE;
    }
    if (!check_digest(context, place, disk, error)) {
        source_place_free(place);
        return FALSE;
    }
    g_free(disk->path);
    disk->path = g_strdup(place->path);
    g_free(disk->member);
    disk->member = g_strdup(place->member);
    return pass_gate(context, place, disk, error);
}
