/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qcow2 images (docs/interop/qcow2.txt of QEMU). qemu reads them; we look at what a header may drag
   in from elsewhere. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/source_format.h"

#define INCOMPATIBLE_CORRUPT (UINT64_C(1) << 1)
#define INCOMPATIBLE_DATA_FILE (UINT64_C(1) << 2)
#define SIZE_LIMIT_BYTES (UINT64_C(1) << 50)

static gboolean qcow2_probe(const SourceFile *file)
{
    return memcmp(file->head, "QFI\xfb", 4) == 0;
}

static gboolean check_features(const SourceFile *file, uint32_t version, GError **error)
{
    if (get_be64(file->head + 8) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "flatten it first: qemu-img convert -O qcow2 IMAGE FLAT.qcow2",
                          "it stands on a backing file");
        return FALSE;
    }
    if (get_be32(file->head + 32) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, "decrypt it with qemu-img first",
                          "it is encrypted");
        return FALSE;
    }
    uint64_t incompatible = version >= 3 ? get_be64(file->head + 72) : 0;
    if (incompatible & INCOMPATIBLE_DATA_FILE) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "flatten it first: qemu-img convert -O qcow2 IMAGE FLAT.qcow2",
                          "its data lies in another file");
        return FALSE;
    }
    if (incompatible & INCOMPATIBLE_CORRUPT) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "repair a copy: qemu-img check -r all COPY",
                          "it is marked as corrupt");
        return FALSE;
    }
    return TRUE;
}

static gboolean qcow2_check(const SourceFile *file, MachineDisk *disk, GError **error)
{
    uint32_t version = get_be32(file->head + 4);
    uint64_t size = get_be64(file->head + 24);
    if (version != 2 && version != 3) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "convert it first: qemu-img convert -O qcow2 IMAGE NEW.qcow2",
                          "qcow version %u", version);
        return FALSE;
    }
    if (!check_features(file, version, error))
        return FALSE;
    uint64_t l1_bytes = (uint64_t)get_be32(file->head + 36) * 8;
    if (size == 0 || size > SIZE_LIMIT_BYTES || size % 512 != 0 ||
        !range_is_within(get_be64(file->head + 40), l1_bytes, file->size_bytes)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "copy or export it again and compare the sizes",
                          "its header is damaged (virtual size %" G_GUINT64_FORMAT ")", size);
        return FALSE;
    }
    disk->size_bytes = size;
    disk->image_options = image_options_for_file("qcow2", file->path);
    return TRUE;
}

const SourceFormatOps source_qcow2_ops = {SOURCE_FORMAT_QCOW2, qcow2_probe, qcow2_check};
