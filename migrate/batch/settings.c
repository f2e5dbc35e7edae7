/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of a machine and the options of convert that they stand for. */
#include "migrate/batch/settings.h"

#include <string.h>

static const char *const formats[] = {"qcow2", "raw", NULL};
static const char *const compressions[] = {"zstd", "zlib", NULL};
static const char *const buses[] = {"virtio", "scsi", "sata", "ide", NULL};
static const char *const backends[] = {"uml", "none", NULL};

#define SETTING(key, type, field, option)                                                          \
    {                                                                                              \
        key, type, G_STRUCT_OFFSET(BatchSettings, field), option, NULL                             \
    }
#define SETTING_WORD(key, field, option, words)                                                    \
    {                                                                                              \
        key, SETTING_TEXT, G_STRUCT_OFFSET(BatchSettings, field), option, words                    \
    }

static const Setting table[] = {
    SETTING("name", SETTING_TEXT, name, "--name"),
    SETTING("output", SETTING_PATH, output, "--output-directory"),
    SETTING("profile", SETTING_TEXT, profile, "--target-profile"),
    SETTING("profile_dir", SETTING_PATH, profile_dir, "--profile-dir"),
    SETTING("network", SETTING_TEXT, network, "--network"),
    SETTING("network_map", SETTING_PAIRS, network_map, "--network-map"),
    SETTING("mac", SETTING_PAIRS, macs, "--mac"),
    SETTING("ip", SETTING_PAIRS, addresses, "--ip"),
    SETTING("regenerate_macs", SETTING_FLAG, regenerate_macs, "--regenerate-macs"),
    SETTING("firmware", SETTING_FIRMWARE, firmware, "--firmware"),
    SETTING("cpus", SETTING_CPUS, cpus, "--cpus"),
    SETTING("memory", SETTING_MEMORY, memory_bytes, "--memory"),
    SETTING_WORD("disk_bus", disk_bus, "--disk-bus", buses),
    SETTING("root", SETTING_TEXT, root, "--root"),
    SETTING_WORD("fs_backend", fs_backend, "--fs-backend", backends),
    SETTING("allow_path", SETTING_PATHS, allow_paths, "--allow-path"),
    SETTING("skip_checksums", SETTING_FLAG, skip_checksums, "--skip-checksums"),
    SETTING("key", SETTING_SECRETS, keys, "--key"),
    SETTING("virtio_win", SETTING_PATH, virtio_win, "--virtio-win"),
    SETTING("driver", SETTING_PATHS, drivers, "--driver"),
    SETTING("no_firstboot_service", SETTING_FLAG, no_firstboot_service, "--no-firstboot-service"),
    SETTING("winre", SETTING_FLAG, winre, "--winre"),
    SETTING("discard_hibernation", SETTING_FLAG, discard_hibernation, "--discard-hibernation"),
    SETTING("firstboot", SETTING_PATHS, firstboot, "--firstboot"),
    SETTING("edits", SETTING_EDITS, edits, NULL),
    SETTING_WORD("format", format, "--format", formats),
    SETTING_WORD("compress", compress, "--compress", compressions),
    {0},
};

const Setting *batch_settings_table(void)
{
    return table;
}

static gboolean is_list(SettingType type)
{
    return type == SETTING_TEXTS || type == SETTING_PATHS || type == SETTING_PAIRS ||
           type == SETTING_SECRETS || type == SETTING_EDITS;
}

static gboolean is_text(SettingType type)
{
    return type == SETTING_TEXT || type == SETTING_PATH;
}

static char **text_of(const BatchSettings *settings, const Setting *setting)
{
    return &G_STRUCT_MEMBER(char *, settings, setting->offset);
}

static char ***list_of(const BatchSettings *settings, const Setting *setting)
{
    return &G_STRUCT_MEMBER(char **, settings, setting->offset);
}

void batch_setting_reset(const Setting *setting, BatchSettings *settings)
{
    gpointer field = G_STRUCT_MEMBER_P(settings, setting->offset);
    if (is_text(setting->type))
        g_clear_pointer((char **)field, g_free);
    else if (is_list(setting->type))
        g_clear_pointer((char ***)field, g_strfreev);
    else if (setting->type == SETTING_MEMORY)
        *(uint64_t *)field = 0;
    else if (setting->type == SETTING_CPUS)
        *(guint *)field = 0;
    else if (setting->type == SETTING_FIRMWARE)
        *(Firmware *)field = FIRMWARE_UNKNOWN;
    else
        *(gboolean *)field = FALSE;
}

void batch_settings_clear(BatchSettings *settings)
{
    for (const Setting *setting = table; setting->key; setting++)
        batch_setting_reset(setting, settings);
}

void batch_settings_copy(const BatchSettings *settings, BatchSettings *ret_copy)
{
    *ret_copy = *settings;
    for (const Setting *setting = table; setting->key; setting++) {
        if (is_text(setting->type))
            *text_of(ret_copy, setting) = g_strdup(*text_of(settings, setting));
        else if (is_list(setting->type))
            *list_of(ret_copy, setting) = g_strdupv(*list_of(settings, setting));
    }
}

/* Handing on */

static void add_option(GPtrArray *options, const char *option, const char *value)
{
    g_ptr_array_add(options, g_strconcat(option, "=", value, NULL));
}

static void add_number(GPtrArray *options, const char *option, const char *unit, uint64_t number)
{
    if (number > 0)
        g_ptr_array_add(options,
                        g_strdup_printf("%s=%" G_GUINT64_FORMAT "%s", option, number, unit));
}

static void add_setting(const BatchSettings *settings, const Setting *setting, GPtrArray *options)
{
    Firmware firmware;
    switch (setting->type) {
    case SETTING_TEXT:
    case SETTING_PATH:
        if (*text_of(settings, setting))
            add_option(options, setting->option, *text_of(settings, setting));
        break;
    case SETTING_FLAG:
        if (G_STRUCT_MEMBER(gboolean, settings, setting->offset))
            g_ptr_array_add(options, g_strdup(setting->option));
        break;
    case SETTING_CPUS:
        add_number(options, setting->option, "", G_STRUCT_MEMBER(guint, settings, setting->offset));
        break;
    case SETTING_MEMORY:
        add_number(options, setting->option, "K",
                   G_STRUCT_MEMBER(uint64_t, settings, setting->offset) / 1024);
        break;
    case SETTING_FIRMWARE:
        firmware = G_STRUCT_MEMBER(Firmware, settings, setting->offset);
        if (firmware != FIRMWARE_UNKNOWN)
            add_option(options, setting->option, firmware_name(firmware));
        break;
    case SETTING_TEXTS:
    case SETTING_PATHS:
    case SETTING_PAIRS:
    case SETTING_SECRETS:
        for (char **text = *list_of(settings, setting); text && *text; text++)
            add_option(options, setting->option, *text);
        break;
    case SETTING_EDITS:
        for (char **text = *list_of(settings, setting); text && *text; text++)
            g_ptr_array_add(options, g_strdup(*text));
        break;
    }
}

void batch_settings_to_options(const BatchSettings *settings, GPtrArray *options)
{
    for (const Setting *setting = table; setting->key; setting++)
        add_setting(settings, setting, options);
}
