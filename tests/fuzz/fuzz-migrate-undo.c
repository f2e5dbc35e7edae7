/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input as the records of an undo file, with magic and sums that fit; then as the file itself.
   What is accepted is compared with a disk, and brought back. */
#include <string.h>

#include "base/bytes.h"
#include "migrate/fix/undo.h"
#include "tests/fuzz/fuzz-target.h"

#define DISK_BYTES ((uint64_t)1 << 20)

static void use(const uint8_t *bytes, size_t length)
{
    g_autoptr(Disk) file = disk_new_memory(length, 512);
    if (length > 0 && !disk_write(file, 0, bytes, length, NULL))
        return;
    g_autoptr(UndoFile) undo = undo_file_read(file, NULL);
    if (!undo)
        return;
    g_autoptr(GPtrArray) disks =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))disk_unref);
    for (guint i = 0; i < undo->disks->len; i++) {
        const UndoDisk *disk = g_ptr_array_index(undo->disks, i);
        g_ptr_array_add(disks, disk_new_memory(MIN(disk->identity.size_bytes, DISK_BYTES), 512));
    }
    UndoRun run = {.file = undo, .disks = (Disk *const *)disks->pdata};
    for (guint i = 0; i < undo->disks->len; i++) {
        UndoLook look;
        if (!undo_look(&run, i, &look, NULL) || !undo_check(&look, "disk", TRUE, NULL))
            return;
    }
    (void)!undo_restore(&run, NULL);
}

/* Random input would never get past the sums. */
static GByteArray *seal(const uint8_t *data, size_t size)
{
    static const char *const tags[] = {UNDO_HEAD, UNDO_DISK,    UNDO_DATA,
                                       UNDO_DONE, UNDO_APPLIED, UNDO_UNDONE};
    GByteArray *file = g_byte_array_new();
    uint8_t sum[UNDO_SUM_BYTES];
    g_byte_array_append(file, (const guint8 *)UNDO_MAGIC, UNDO_MAGIC_BYTES);
    memcpy(sum, UNDO_MAGIC, UNDO_MAGIC_BYTES);
    memcpy(sum + UNDO_MAGIC_BYTES, UNDO_MAGIC, UNDO_MAGIC_BYTES);
    while (size >= 3) {
        uint8_t head[UNDO_RECORD_HEAD_BYTES];
        gsize length = sizeof(sum);
        uint32_t content = (uint32_t)MIN(get_le16(data + 1), size - 3);
        memcpy(head, tags[data[0] % G_N_ELEMENTS(tags)], UNDO_TAG_BYTES);
        put_le32(head + UNDO_TAG_BYTES, content);
        g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
        g_checksum_update(checksum, sum, sizeof(sum));
        g_checksum_update(checksum, head, sizeof(head));
        g_checksum_update(checksum, data + 3, content);
        g_checksum_get_digest(checksum, sum, &length);
        g_byte_array_append(file, head, sizeof(head));
        g_byte_array_append(file, data + 3, content);
        g_byte_array_append(file, sum, sizeof(sum));
        data += 3 + content;
        size -= 3 + content;
    }
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GByteArray) file = seal(data, size);
    use(file->data, file->len);
    use(data, size);
    return 0;
}
