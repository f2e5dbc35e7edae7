/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the first-boot service reads in a guest, and what the host writes for it: from any text the
   one takes valid values only, and from any values the other writes what the first takes whole. */
#include <glib.h>
#include <string.h>

#include "base/finding.h"
#include "tests/fuzz/fuzz-target.h"
#include "windows/first_boot_settings.h"
#include "windows/firstboot/ip.h"

/* A copy with one byte behind it, so that the next one is noticed. */
static Settings *parse(const char *text, size_t size, gboolean *ret_ok, char **ret_buffer)
{
    Settings *settings = g_new(Settings, 1);
    *ret_buffer = g_malloc(size + 1);
    memcpy(*ret_buffer, text, size);
    *ret_ok = settings_parse(*ret_buffer, size, settings);
    return settings;
}

static void check_reader(const char *text, size_t size)
{
    g_autofree char *buffer = NULL;
    gboolean ok;
    g_autofree Settings *settings = parse(text, size, &ok, &buffer);
    if (!ok && settings->count > 0)
        g_error("settings without their header");
    for (unsigned i = 0; i < settings->count; i++) {
        const SettingsItem *item = &settings->items[i];
        if (!settings_value_is_valid(item->key, item->value))
            g_error("%s: '%s' is not valid", settings_key_name(item->key), item->value);
    }
}

/* "key=value" lines of any kind through the writer, as values of a guest would come. */
static void check_writer(const char *text, size_t size)
{
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(GPtrArray) expected = g_ptr_array_new_with_free_func(g_free);
    g_auto(FirstBootSettings) written = {0};
    g_autofree char *copy = g_strndup(text, size);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", SETTINGS_ITEMS_LIMIT);

    first_boot_settings_init(&written, findings);
    for (guint i = 0; lines[i]; i++) {
        /* The first byte chooses the key, so that each value is tried under many. */
        SettingsKey key = (SettingsKey)((guchar)lines[i][0] % SETTINGS_KEY_COUNT);
        const char *value = strchr(lines[i], '=');
        if (value && first_boot_settings_add(&written, key, value + 1))
            g_ptr_array_add(expected, g_strdup_printf("%u=%s", key, value + 1));
    }
    if (written.text->len > SETTINGS_LIMIT_BYTES)
        return;
    g_autofree char *buffer = NULL;
    gboolean ok;
    g_autofree Settings *settings = parse(written.text->str, written.text->len, &ok, &buffer);
    if (!ok || settings->bad_lines > 0 || settings->count != expected->len)
        g_error("%u values were written, %u were read", expected->len, settings->count);
    for (guint i = 0; i < expected->len; i++) {
        g_autofree char *item =
            g_strdup_printf("%u=%s", settings->items[i].key, settings->items[i].value);
        if (!g_str_equal(item, g_ptr_array_index(expected, i)))
            g_error("'%s' was read as '%s'", (char *)g_ptr_array_index(expected, i), item);
    }
}

static void check_progress(const char *text, size_t size)
{
    Progress progress;
    char again[PROGRESS_TEXT_BYTES];
    if (!progress_parse(text, size, &progress))
        return;
    Progress same;
    if (!progress_parse(again, progress_format(&progress, again), &same) ||
        same.step != progress.step || same.attempts != progress.attempts ||
        same.failed_steps != progress.failed_steps || same.reboot_wanted != progress.reboot_wanted)
        g_error("progress that is read otherwise than it was written");
}

static void check_addresses(const char *text, size_t size)
{
    Ip ip;
    if (ip_parse(text, size, &ip) && ip.prefix != (ip.is_v6 ? 128 : 32))
        g_error("an address alone has a prefix");
    if (ip_parse_with_prefix(text, size, &ip) && ip.prefix > (ip.is_v6 ? 128 : 32))
        g_error("prefix %u", ip.prefix);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char header[] = SETTINGS_HEADER "\n";
    g_autofree char *text = g_malloc(size + 1); /* exact, but for what g_malloc(0) gives */
    memcpy(text, data, size);
    check_reader(text, size);
    check_writer(text, size);
    check_progress(text, size);
    check_addresses(text, size);

    /* Random input would hardly ever get past the header. */
    g_autofree char *headed = g_malloc(sizeof(header) - 1 + size);
    memcpy(headed, header, sizeof(header) - 1);
    memcpy(headed + sizeof(header) - 1, data, size);
    check_reader(headed, sizeof(header) - 1 + size);
    return 0;
}
