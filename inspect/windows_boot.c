/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the default entry of a BCD. The layout of device elements was seen in stores of Windows 7
   to 11: object GUID (16 bytes), type at 0x10, partition at 0x20, disk at 0x38, partition style at
   0x34. */
#include "inspect/windows_boot.h"

#include "base/bytes.h"
#include "inspect/guest_hive.h"
#include "inspect/windows_values.h"

#define BOOT_MANAGER "Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
#define ELEMENT_DEFAULT_OBJECT "23000003"
#define ELEMENT_OS_DEVICE "21000001"

enum {
    DEVICE_TYPE_BOOT = 5, /* where the boot manager is */
    DEVICE_TYPE_PARTITION = 6,
    DEVICE_ELEMENT_BYTES = 0x48,
};

gboolean windows_boot_has_bcd(const Volume *volume, const char *path)
{
    g_autoptr(GError) error = NULL;
    gboolean found;
    FsStat stat;
    if (!volume->fs || fs_is_case_sensitive(volume->fs))
        return FALSE;
    if (!fs_stat(volume->fs, path, &found, &stat, &error)) {
        g_debug("%s: %s", volume->name, error->message);
        return FALSE;
    }
    return found && stat.type == FS_TYPE_FILE;
}

static gboolean is_on_disk(const Volume *volume, const uint8_t *element)
{
    const PartitionTable *table = volume->table;
    if (!volume->partition || !table->disk_id)
        return FALSE;
    if (table->kind == PARTITION_TABLE_GPT) {
        g_autofree char *partition = windows_format_guid(element + 0x20);
        return g_strcmp0(volume->partition->uuid, partition) == 0;
    }
    g_autofree char *disk = g_strdup_printf("%08x", get_le32(element + 0x38));
    return g_str_equal(table->disk_id, disk) &&
           volume->partition->start_bytes == get_le64(element + 0x20);
}

static const Volume *find_device(const VolumeSet *set, const Volume *boot_volume,
                                 const uint8_t *element, size_t length)
{
    if (length < 0x14)
        return NULL;
    uint32_t type = get_le32(element + 0x10);
    if (type == DEVICE_TYPE_BOOT)
        return boot_volume;
    if (type != DEVICE_TYPE_PARTITION || length < DEVICE_ELEMENT_BYTES)
        return NULL;
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (is_on_disk(volume, element))
            return volume;
    }
    return NULL;
}

gboolean windows_boot_find_default(const VolumeSet *set, const Volume *volume, const char *path,
                                   const Volume **ret_default, GError **error)
{
    g_autoptr(FsTree) tree = fs_tree_new();
    fs_tree_mount(tree, "/", volume->fs);
    *ret_default = NULL;

    g_autoptr(GuestHive) bcd = guest_hive_open(tree, path, "BCD", error);
    if (!bcd)
        return FALSE;
    Hive *hive = guest_hive_get(bcd);
    gboolean found;
    g_autofree char *object = NULL;
    if (!hive_read_string(hive, BOOT_MANAGER "\\Elements\\" ELEMENT_DEFAULT_OBJECT, "Element",
                          &found, &object, error))
        return FALSE;
    if (!found)
        return TRUE;

    g_autofree char *key_path =
        g_strconcat("Objects\\", object, "\\Elements\\" ELEMENT_OS_DEVICE, NULL);
    HiveKey key;
    g_autoptr(HiveValue) element = NULL;
    if (!hive_find_key(hive, hive_root(hive), key_path, &found, &key, error) ||
        (found && !hive_get_value(hive, key, "Element", &element, error)))
        return FALSE;
    if (element) {
        gsize length;
        const uint8_t *data = g_bytes_get_data(element->data, &length);
        *ret_default = find_device(set, volume, data, length);
    }
    return TRUE;
}
