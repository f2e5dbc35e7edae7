/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brings back what an undo file says was there. */
#include "migrate/fix/undo.h"

#include <string.h>

#include "base/error.h"
#include "base/interrupt.h"

#define SECTORS_LIMIT (UNDO_DATA_LIMIT_BYTES / UNDO_SECTOR_BYTES)

/* One range: as it was, the sums of what the run wrote, and as it is. */
typedef struct {
    uint8_t before[UNDO_DATA_LIMIT_BYTES], now[UNDO_DATA_LIMIT_BYTES];
    uint8_t sums[SECTORS_LIMIT][UNDO_SHORT_SUM_BYTES];
} Buffers;

static gboolean load(const UndoRun *run, const UndoRange *range, Buffers *buffers, GError **error)
{
    return interrupt_check(error) &&
           undo_file_load(run->file, range, buffers->before, buffers->sums, error) &&
           disk_read(run->disks[range->disk], range->offset, buffers->now, range->length, error);
}

static void tell(const UndoRun *run, uint64_t done)
{
    if (run->progress)
        run->progress(run->progress_data, done, run->file->data_bytes);
}

static void count_sectors(const UndoRange *range, const Buffers *buffers, UndoLook *look)
{
    for (guint i = 0; i < undo_sector_count(range->length); i++) {
        size_t at = (size_t)i * UNDO_SECTOR_BYTES;
        size_t length = MIN(range->length - at, UNDO_SECTOR_BYTES);
        uint8_t sum[UNDO_SHORT_SUM_BYTES];
        if (memcmp(buffers->now + at, buffers->before + at, length) == 0) {
            look->restored++;
            continue;
        }
        short_sum(buffers->now + at, length, sum);
        if (memcmp(sum, buffers->sums[i], sizeof(sum)) == 0)
            look->changed++;
        else
            look->foreign++;
    }
}

gboolean undo_look(const UndoRun *run, guint disk, UndoLook *ret_look, GError **error)
{
    const UndoDisk *known = g_ptr_array_index(run->file->disks, disk);
    g_autofree Buffers *buffers = g_new(Buffers, 1);
    UndoLook look = {0};
    uint64_t done = 0;
    if (!identity_compare(&known->identity, run->disks[disk], &look.match, error))
        return FALSE;
    for (guint i = 0; i < run->file->ranges->len && look.match != IDENTITY_OTHER; i++) {
        const UndoRange *range = &g_array_index(run->file->ranges, UndoRange, i);
        done += range->length;
        if (range->disk != disk)
            continue;
        if (!load(run, range, buffers, error))
            return FALSE;
        count_sectors(range, buffers, &look);
        tell(run, done);
    }
    *ret_look = look;
    return TRUE;
}

gboolean undo_check(const UndoLook *look, const char *name, gboolean force, GError **error)
{
    if (look->match == IDENTITY_OTHER) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "name the disks of the undo file, in the order they were given to fix",
                          "'%s' is not the disk that the undo file was made for: its size, or what "
                          "begins it, is another",
                          name);
        return FALSE;
    }
    if (force || (look->foreign == 0 && look->match == IDENTITY_SAME))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                      "what was changed since then would no longer fit what is brought back; "
                      "--force does it all the same",
                      look->foreign == 0 ? "'%s' was changed since it was repaired"
                                         : "'%s' was changed since it was repaired, also where the "
                                           "repair has changed it",
                      name);
    return FALSE;
}

gboolean undo_restore(const UndoRun *run, GError **error)
{
    g_autofree Buffers *buffers = g_new(Buffers, 1);
    uint64_t done = 0;
    for (guint i = 0; i < run->file->ranges->len; i++) {
        const UndoRange *range = &g_array_index(run->file->ranges, UndoRange, i);
        if (!load(run, range, buffers, error))
            return FALSE;
        if (memcmp(buffers->now, buffers->before, range->length) != 0 &&
            !disk_write(run->disks[range->disk], range->offset, buffers->before, range->length,
                        error))
            return FALSE;
        done += range->length;
        tell(run, done);
    }
    for (guint i = 0; i < run->file->disks->len; i++)
        if (!disk_flush(run->disks[i], error))
            return FALSE;
    return TRUE;
}
