/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids from the INF, completed from what virtio storage devices look like on PCI. */
#include "windows/boot_device_ids.h"

#include <string.h>

#define RANK_HARDWARE 1u
#define RANK_COMPATIBLE 2u

/* QEMU's devices: transitional ones carry their virtio device number as subsystem, modern ones
   0x1100 (hw/virtio/virtio-pci.c). */
static const struct {
    const char *device, *subsystem, *revision;
} device_table[] = {
    {"PCI\\VEN_1AF4&DEV_1001", "00021AF4", "00"},
    {"PCI\\VEN_1AF4&DEV_1042", "11001AF4", "01"},
    {"PCI\\VEN_1AF4&DEV_1004", "00081AF4", "00"},
    {"PCI\\VEN_1AF4&DEV_1048", "11001AF4", "01"},
};

static void device_id_free(void *data)
{
    BootDeviceId *id = data;

    g_free(id->id);
    g_free(id);
}

static void append_id(GPtrArray *ids, const char *id, guint rank, const InfModel *model)
{
    BootDeviceId *added;

    for (guint i = 0; i < ids->len; i++) {
        if (g_ascii_strcasecmp(((const BootDeviceId *)g_ptr_array_index(ids, i))->id, id) == 0)
            return;
    }
    added = g_new0(BootDeviceId, 1);
    added->id = g_strdup(id);
    added->rank = rank;
    added->model = model;
    g_ptr_array_add(ids, added);
}

/* "PCI\VEN_1AF4&DEV_1001" or that with "&…" behind it. */
static gboolean id_is_of_device(const char *id, const char *device)
{
    size_t length = strlen(device);

    return g_ascii_strncasecmp(id, device, length) == 0 &&
           (id[length] == '\0' || id[length] == '&');
}

/* The first model with an id of that device; NULL: none. */
static const InfModel *find_model(const InfDriver *driver, const char *device)
{
    for (guint i = 0; i < driver->models->len; i++) {
        const InfModel *model = g_ptr_array_index(driver->models, i);

        for (guint j = 0; j < model->ids->len; j++) {
            if (id_is_of_device(g_ptr_array_index(model->ids, j), device))
                return model;
        }
    }
    return NULL;
}

GPtrArray *boot_device_ids_new(const InfDriver *driver)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(device_id_free);

    for (guint i = 0; i < driver->models->len; i++) {
        const InfModel *model = g_ptr_array_index(driver->models, i);

        for (guint j = 0; j < model->ids->len; j++) {
            const char *id = g_ptr_array_index(model->ids, j);

            if (g_str_has_prefix(id, "PCI\\") && !strchr(id + 4, '\\'))
                append_id(ids, id, j + (model->has_hardware_id ? RANK_HARDWARE : RANK_COMPATIBLE),
                          model);
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(device_table); i++) {
        const InfModel *model = find_model(driver, device_table[i].device);
        g_autofree char *full =
            g_strdup_printf("%s&SUBSYS_%s&REV_%s", device_table[i].device,
                            device_table[i].subsystem, device_table[i].revision);

        if (!model)
            continue;
        append_id(ids, full, RANK_HARDWARE, model);
        append_id(ids, device_table[i].device, RANK_COMPATIBLE, model);
    }
    return ids;
}

static void append_critical(GPtrArray *keys, const char *id)
{
    char *key = g_strdelimit(g_strdup(id), "\\", '#');

    if (g_ptr_array_find_with_equal_func(keys, key, g_str_equal, NULL))
        g_free(key);
    else
        g_ptr_array_add(keys, key);
}

GPtrArray *boot_device_ids_new_critical(const InfDriver *driver)
{
    g_autoptr(GPtrArray) ids = boot_device_ids_new(driver);
    GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < ids->len; i++)
        append_critical(keys, ((const BootDeviceId *)g_ptr_array_index(ids, i))->id);
    for (guint i = 0; i < G_N_ELEMENTS(device_table); i++) {
        g_autofree char *with_revision =
            g_strdup_printf("%s&REV_%s", device_table[i].device, device_table[i].revision);

        if (find_model(driver, device_table[i].device))
            append_critical(keys, with_revision);
    }
    return keys;
}
