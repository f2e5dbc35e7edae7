/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input as the description of a volume group on two physical volumes, with checksums that fit,
   and as the first sectors of one, without. */
#include <string.h>

#include "disk/lvm.h"
#include "disk/lvm_text.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/unit/disk/lvm-writer.h"

#define DISK_BYTES ((size_t)4 << 20)
#define RAW_BYTES ((size_t)64 << 10)

/* As in the corpus. */
static const char *const ids[] = {"OpdYHW-ATNM-IDWK-1SKM-qKfX-cJhZ-xU7c7S",
                                  "TtHKNQ-t6ig-k89B-DL3N-KnJZ-hYbf-aXMGZe"};

static void use(Disk *disk)
{
    uint8_t bytes[4096];
    const uint64_t offsets[] = {0, 65000, disk_size(disk) / 2, disk_size(disk) - sizeof(bytes)};
    for (guint i = 0; i < G_N_ELEMENTS(offsets); i++)
        if (disk_read(disk, offsets[i], bytes, sizeof(bytes), NULL))
            (void)!disk_write(disk, offsets[i], bytes, sizeof(bytes), NULL);
    (void)!disk_discard(disk, disk_size(disk) / 3, disk_size(disk) / 3, NULL);
    (void)!disk_flush(disk, NULL);
}

static void assemble(const LvmMember *members, guint count)
{
    g_autoptr(LvmSet) set = lvm_assemble(members, count);
    for (guint i = 0; i < set->groups->len; i++) {
        const LvmGroup *group = g_ptr_array_index(set->groups, i);
        for (guint j = 0; j < group->volumes->len; j++) {
            const LvmVolume *volume = g_ptr_array_index(group->volumes, j);
            g_free(lvm_mapper_name(group->name, volume->name));
            if (volume->disk)
                use(volume->disk);
        }
    }
}

static void try_text(const char *text)
{
    g_autoptr(Disk) first = disk_new_memory(DISK_BYTES, 512);
    g_autoptr(Disk) second = disk_new_memory(DISK_BYTES, 512);
    lvm_writer_write(first, &(LvmWriterOptions){.id = ids[0], .text = text, .areas = 1});
    lvm_writer_write(second, &(LvmWriterOptions){.id = ids[1], .areas = 0, .label_sector = 1});
    g_autoptr(LvmLabel) first_label = lvm_label_read(first, NULL);
    g_autoptr(LvmLabel) second_label = lvm_label_read(second, NULL);
    g_assert_nonnull(first_label);
    g_assert_nonnull(second_label);
    const LvmMember members[] = {{first_label, first}, {second_label, second}};
    assemble(members, G_N_ELEMENTS(members));
}

static void try_raw(const uint8_t *data, size_t size)
{
    g_autoptr(Disk) disk = disk_new_memory(RAW_BYTES, 512);
    if (!disk_write(disk, 0, data, MIN(size, RAW_BYTES), NULL))
        return;
    g_autoptr(LvmLabel) label = lvm_label_read(disk, NULL);
    const LvmMember member = {label, disk};
    if (label)
        assemble(&member, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(LvmNode) node = lvm_text_parse((const char *)data, size, NULL);
    if (size < LVM_WRITER_AREA_BYTES / 2)
        try_text(text);
    try_raw(data, size);
    return 0;
}
