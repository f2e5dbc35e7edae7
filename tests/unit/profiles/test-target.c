/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The built-in target profiles, inheritance, and what is refused in a folder of one's own. */
#include "profiles/target.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "profiles/target_keys.h"

/* default.ini is documentation: it has every key, with the value that counts without it. */
static void test_default(void)
{
    g_autoptr(GKeyFile) keys = g_key_file_new();
    g_autofree char *path =
        g_build_filename(DRYDOCK_SOURCE_DIR, "profiles/target/default.ini", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(g_key_file_load_from_file(keys, path, G_KEY_FILE_NONE, &error));
    g_assert_no_error(error);
    for (TargetKey key = 0; key < TARGET_KEY_COUNT; key++) {
        g_autofree char *value = g_key_file_get_string(keys, "default", target_key_name(key), NULL);
        g_autofree char *expected = NULL;

        g_assert_cmpstr(value, ==, target_get(NULL, key));
        g_assert_true(target_value_check(key, value, &expected));
    }
}

static void test_manual(void)
{
    g_autofree char *path = g_build_filename(DRYDOCK_SOURCE_DIR, "man/migrate-profile.5", NULL);
    g_autofree char *page = NULL;

    g_assert_true(g_file_get_contents(path, &page, NULL, NULL));
    for (TargetKey key = 0; key < TARGET_KEY_COUNT; key++) {
        g_autofree char *item = g_strdup_printf("\n.It Cm %s No = ", target_key_name(key));
        const char *at = strstr(page, item);

        if (!at)
            g_error("no %s in the manual", target_key_name(key));
        g_autofree char *line = g_strndup(at + 1, strcspn(at + 1, "\n"));
        g_auto(GStrv) tokens = g_strsplit(line, " ", -1);
        for (guint i = 0; target_key_rows[key].words[i]; i++)
            if (!g_strv_contains((const char *const *)tokens, target_key_rows[key].words[i]))
                g_error("%s: no %s in the manual", target_key_name(key),
                        target_key_rows[key].words[i]);
    }
}

static void test_builtin(void)
{
    static const struct {
        const char *name;
        TargetKey key;
        const char *expected;
    } rows[] = {
        {NULL, TARGET_GRAPHICS, "vnc"},
        {"default", TARGET_MACHINE, "auto"},
        {"server", TARGET_DISK_IO, "native"},
        {"headless", TARGET_GRAPHICS, "none"},
        {"headless", TARGET_WATCHDOG, "i6300esb"}, /* of server */
        {"headless", TARGET_NETWORK, "default"},   /* of default */
        {"performance", TARGET_DISK_CACHE, "none"},
        {"minimal", TARGET_USB, "none"},
        {"desktop", TARGET_GRAPHICS, "spice"},
        {"legacy", TARGET_DISK_BUS, "ide"},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(TargetProfiles) profiles = target_profiles_load(NULL, &error);

    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const TargetProfile *profile = target_profiles_find(profiles, rows[i].name, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(target_get(profile, rows[i].key), ==, rows[i].expected);
        g_assert_true(target_is(profile, rows[i].key, rows[i].expected));
    }
    g_assert_cmpuint(
        target_number(target_profiles_find(profiles, "performance", NULL), TARGET_IOTHREADS), ==,
        2);
    g_assert_cmpuint(
        target_number(target_profiles_find(profiles, "server", NULL), TARGET_IOTHREADS), ==, 0);
    g_assert_null(target_profiles_find(profiles, "sever", &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    g_assert_cmpstr(drydock_error_get_hint(error), ==, "did you mean server?");
}

static void test_values(void)
{
    static const struct {
        TargetKey key;
        const char *value;
        gboolean is_right;
    } rows[] = {
        {TARGET_MACHINE, "pc-q35-7.2", TRUE},
        {TARGET_MACHINE, "pc-i440fx-6.2", TRUE},
        {TARGET_MACHINE, "isapc", FALSE},
        {TARGET_MACHINE, "pc-q35-<x>", FALSE},
        {TARGET_CPU, "EPYC-Milan", TRUE},
        {TARGET_CPU, "Two Words", FALSE},
        {TARGET_CPU, "", FALSE},
        {TARGET_CPU_FEATURES, "+vmx -mpx", TRUE},
        {TARGET_CPU_FEATURES, "vmx", FALSE},
        {TARGET_CPU_FEATURES, "+", FALSE},
        {TARGET_CPU_SHARES, "2048", TRUE},
        {TARGET_CPU_SHARES, "0", FALSE},
        {TARGET_CPU_SHARES, "99999999999999999999", FALSE},
        {TARGET_DISK_QUEUES, "4", TRUE},
        {TARGET_DISK_QUEUES, "-4", FALSE},
        {TARGET_NETWORK, "LAN & more", TRUE},
        {TARGET_NETWORK, "bridge:br0", TRUE},
        {TARGET_NETWORK, "bridge:", FALSE},
        {TARGET_NETWORK, "bridge:a-name-of-sixteen", FALSE},
        {TARGET_NETWORK, "bridge:../x", FALSE},
        {TARGET_NETWORK, "a/b", FALSE},
        {TARGET_GRAPHICS_LISTEN, "0.0.0.0", TRUE},
        {TARGET_GRAPHICS_LISTEN, "::1", TRUE},
        {TARGET_GRAPHICS_LISTEN, "host1.example", TRUE},
        {TARGET_GRAPHICS_LISTEN, "1.2.3.4.5", FALSE},
        {TARGET_OVMF_CODE, "/usr/share/OVMF/x.fd", TRUE},
        {TARGET_OVMF_CODE, "x.fd", FALSE},
        {TARGET_OSINFO, "http://debian.org/debian/12", TRUE},
        {TARGET_OSINFO, "debian12", FALSE},
        {TARGET_TITLE, "{name} on KVM", TRUE},
        {TARGET_TITLE, "a\tb", FALSE},
        {TARGET_TITLE, "\xff", FALSE},
        {TARGET_TPM, "crb", TRUE},
        {TARGET_TPM, "CRB", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *expected = NULL;

        g_assert_cmpint(target_value_check(rows[i].key, rows[i].value, &expected), ==,
                        rows[i].is_right);
        g_assert_cmpint(expected == NULL, ==, rows[i].is_right);
    }
}

/* Writes FILE into the folder target/ of a new one. */
static char *make_site(const char *text)
{
    char *site = g_dir_make_tmp("target-XXXXXX", NULL);
    g_autofree char *folder = g_build_filename(site, "target", NULL);
    g_autofree char *file = g_build_filename(folder, "site.ini", NULL);

    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(file, text, -1, NULL));
    return site;
}

static void remove_site(const char *site)
{
    g_autofree char *folder = g_build_filename(site, "target", NULL);
    g_autofree char *file = g_build_filename(folder, "site.ini", NULL);

    g_assert_cmpint(g_remove(file), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_assert_cmpint(g_rmdir(site), ==, 0);
}

static void test_site(void)
{
    g_autofree char *site = make_site("[ours]\nextends = headless\nnetwork = bridge:br0\n"
                                      "[server]\nextends = default\nwatchdog = ib700\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(TargetProfiles) profiles = target_profiles_load(site, &error);
    const TargetProfile *ours;

    g_assert_no_error(error);
    ours = target_profiles_find(profiles, "ours", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(target_get(ours, TARGET_NETWORK), ==, "bridge:br0");
    g_assert_cmpstr(target_get(ours, TARGET_GRAPHICS), ==, "none");
    /* A section replaces the built-in one for those that extend it, too. */
    g_assert_cmpstr(target_get(ours, TARGET_WATCHDOG), ==, "ib700");
    g_assert_cmpstr(target_get(ours, TARGET_DISK_IO), ==, "auto");
    remove_site(site);
}

static void test_refused(void)
{
    static const struct {
        const char *text;
        const char *message; /* behind the path */
        const char *hint;    /* a part of it */
    } rows[] = {
        {"[a]\ndisk_bsu = scsi\n", ":2: [a] has an unknown key 'disk_bsu'", "disk-bus?"},
        {"# x\n\n[a]\nzzzzzzzz = 1\n", ":4: [a] has an unknown key", "migrate-profile(5)"},
        {"[a]\nvideo = vgaa\n", ":2: 'vgaa' is no value of video", "did you mean vga? use auto"},
        {"[a]\ntpm = x y z\n", ":2: 'x y z' is no value of tpm", "use auto, crb, tis or none"},
        {"[a]\nextends = servr\n", ":2: [a] extends 'servr'", "did you mean server?"},
        {"[a]\nextends = b\n[b]\nextends = c\n[c]\nextends = a\n", "extends itself", "another"},
        {"[a]\nextends = a\n", ":2: [a] extends itself", "another"},
        {"[default]\nextends = server\n", "extends itself", "another"},
        {"[a]\ndisk-io = native\n", ":1: [a] has disk-io = native", "directsync"},
        {"[a]\novmf-code = /x\n", ":1: [a] has only one of", "both"},
        {"[a]\nvideo = vga\nnonsense\n", ":3: ", "key = value"},
        {"video = vga\n", ":1: ", "key = value"},
        {"[a]\nvideo =\n", ":2: '' is no value of video", "use auto"},
        {"[a]\nvideo = none\nvideo = qx\n", ":3: 'qx' is no value", "qxl"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *site = make_site(rows[i].text);
        g_autoptr(GError) error = NULL;

        g_autoptr(TargetProfiles) profiles = target_profiles_load(site, &error);

        if (profiles)
            g_error("row %zu is not refused", i);
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        if (!strstr(error->message, rows[i].message))
            g_error("row %zu: %s", i, error->message);
        g_assert_true(rows[i].hint == NULL || strstr(drydock_error_get_hint(error), rows[i].hint));
        remove_site(site);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/profiles/target/default", test_default);
    g_test_add_func("/profiles/target/manual", test_manual);
    g_test_add_func("/profiles/target/builtin", test_builtin);
    g_test_add_func("/profiles/target/values", test_values);
    g_test_add_func("/profiles/target/site", test_site);
    g_test_add_func("/profiles/target/refused", test_refused);
    return g_test_run();
}
