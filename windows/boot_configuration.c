/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BCD is a hive: objects with elements (Microsoft: "BCD Library Element Types"). */
#include "windows/boot_configuration.h"

#define BOOT_MANAGER "Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
#define ELEMENT_DEFAULT_OBJECT "23000003"
#define ELEMENT_GRAPHICS_MODE_DISABLED "16000046"
#define ELEMENT_TEST_SIGNING "16000049"

static const char *find_path(const Guest *guest)
{
    static const char uefi[] = GUEST_ESP_MOUNT "/EFI/Microsoft/Boot/BCD", bios[] = "/Boot/BCD";
    const char *path = guest->firmware == FIRMWARE_UEFI ? uefi : bios;

    return fs_tree_is_file(guest->tree, path) ? path : NULL;
}

/* A boolean element is one byte. */
static gboolean element_is_set(Hive *hive, const char *object, const char *element)
{
    g_autofree char *path = g_strdup_printf("%s\\Elements\\%s", object, element);
    g_autoptr(HiveValue) value = NULL;
    g_autoptr(GError) error = NULL;
    gboolean found;
    HiveKey key;
    size_t length;
    const uint8_t *data;

    if (!hive_find_key(hive, hive_root(hive), path, &found, &key, &error) || !found ||
        !hive_get_value(hive, key, "Element", &value, &error) || !value)
        return FALSE;
    data = g_bytes_get_data(value->data, &length);
    return length > 0 && data[0] != 0;
}

void boot_configuration_read(const Guest *guest, BootConfiguration *ret_configuration)
{
    const char *path = find_path(guest);
    g_autoptr(GError) error = NULL;
    g_autofree char *object = NULL;
    gboolean found;

    *ret_configuration = (BootConfiguration){0};
    if (!path)
        return;
    ret_configuration->hive =
        editable_hive_open_path(guest->tree, path, "BCD00000000", NULL, NULL, &error);
    if (!ret_configuration->hive ||
        !hive_read_string(ret_configuration->hive->hive,
                          BOOT_MANAGER "\\Elements\\" ELEMENT_DEFAULT_OBJECT, "Element", &found,
                          &object, &error)) {
        g_debug("'%s': %s, skipping", path, error->message);
        return;
    }
    if (!found)
        return;
    ret_configuration->loader = g_strconcat("Objects\\", object, NULL);
    ret_configuration->test_signing = element_is_set(
        ret_configuration->hive->hive, ret_configuration->loader, ELEMENT_TEST_SIGNING);
}

void boot_configuration_clear(BootConfiguration *configuration)
{
    editable_hive_free(configuration->hive);
    g_free(configuration->loader);
}

gboolean boot_configuration_stage(const Guest *guest, const BootConfiguration *configuration,
                                  Edits *edits, GError **error)
{
    g_autofree char *key = NULL;

    if (guest->firmware != FIRMWARE_UEFI || !configuration->loader ||
        configuration->hive->replay.result == HIVE_REPLAY_UNUSABLE)
        return TRUE;
    /* Machines without graphics have it set; OVMF then shows a black screen for ever. */
    key = g_strdup_printf("%s\\Elements\\" ELEMENT_GRAPHICS_MODE_DISABLED, configuration->loader);
    hive_edits_delete_key(configuration->hive->edits, key,
                          "keeps the boot loader from using the framebuffer");
    return editable_hive_stage(configuration->hive, edits, error);
}
