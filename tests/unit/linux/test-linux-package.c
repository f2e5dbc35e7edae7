/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Package files: what they say of themselves, and which guest takes them. Real ones are made with
   the distributions' tools by tests/cli/agent-package.sh. */
#include <string.h>

#include "base/error.h"
#include "linux-test-guest.h"
#include "linux/package.h"

static void add_be32(GByteArray *array, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                             (uint8_t)value};

    g_byte_array_append(array, bytes, sizeof(bytes));
}

static void put_header(GByteArray *array, uint32_t count, uint32_t store)
{
    static const uint8_t magic[] = {0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0};

    g_byte_array_append(array, magic, sizeof(magic));
    add_be32(array, count);
    add_be32(array, store);
}

/* Lead, an empty signature, and a header with name and architecture; size: cut to that, 0: whole.
 */
static GBytes *make_rpm(const char *name, const char *architecture, size_t size)
{
    GByteArray *array = g_byte_array_new();
    const uint8_t lead[96] = {0xed, 0xab, 0xee, 0xdb, 3};
    uint32_t name_bytes = (uint32_t)strlen(name) + 1;

    g_byte_array_append(array, lead, sizeof(lead));
    put_header(array, 0, 0);
    put_header(array, 2, name_bytes + (uint32_t)strlen(architecture) + 1);
    for (guint i = 0; i < 2; i++) {
        add_be32(array, i == 0 ? 1000 : 1022);
        add_be32(array, 6);
        add_be32(array, i == 0 ? 0 : name_bytes);
        add_be32(array, 1);
    }
    g_byte_array_append(array, (const uint8_t *)name, name_bytes);
    g_byte_array_append(array, (const uint8_t *)architecture, (guint)strlen(architecture) + 1);
    if (size > 0)
        g_byte_array_set_size(array, (guint)size);
    return g_byte_array_free_to_bytes(array);
}

static void test_rpm(void)
{
    g_autoptr(GBytes) whole = make_rpm("qemu-guest-agent", "x86_64", 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(LinuxPackage) package = linux_package_new("a.rpm", whole, &error);

    g_assert_no_error(error);
    g_assert_cmpint(package->kind, ==, PACKAGE_RPM);
    g_assert_cmpstr(package->name, ==, "qemu-guest-agent");
    g_assert_cmpstr(package->architecture, ==, "x86_64");
    g_assert_cmpstr(linux_package_ending(package), ==, ".rpm");
    /* Wherever it ends too early. */
    for (size_t size = 4; size < g_bytes_get_size(whole) - 7; size++) {
        g_autoptr(GBytes) cut = make_rpm("qemu-guest-agent", "x86_64", size);
        g_autoptr(GError) cut_error = NULL;

        g_assert_null(linux_package_new("a.rpm", cut, &cut_error));
        g_assert_true(g_error_matches(cut_error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT));
    }
}

static void test_bad(void)
{
    static const struct {
        const char *content;
        DrydockError code;
    } rows[] = {
        {"", DRYDOCK_ERROR_USAGE},
        {"#!/bin/sh\n", DRYDOCK_ERROR_USAGE},
        {"!<arch>\n", DRYDOCK_ERROR_CORRUPT},
        {"!<arch>\ndebian-binary   1700000000  0     0     100644  4         `\n2.0\n",
         DRYDOCK_ERROR_CORRUPT},
        {"!<arch>\ncontrol.tar     1700000000  0     0     100644  9999999999`\nx",
         DRYDOCK_ERROR_CORRUPT},
        {"\x1f\x8b\x08", DRYDOCK_ERROR_CORRUPT},
        {"\xed\xab\xee\xdb", DRYDOCK_ERROR_CORRUPT},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) content = g_bytes_new(rows[i].content, strlen(rows[i].content));
        g_autoptr(GError) error = NULL;

        g_test_message("row %zu", i);
        g_assert_null(linux_package_new("x", content, &error));
        g_assert_true(g_error_matches(error, DRYDOCK_ERROR, (gint)rows[i].code));
        g_assert_nonnull(drydock_error_get_hint(error));
    }
}

static void test_bad_names(void)
{
    static const char *const names[] = {"../../etc/passwd", "a b", "", "-x", "a\nb"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GBytes) content = make_rpm(names[i], "noarch", 0);
        g_autoptr(GError) error = NULL;

        g_assert_null(linux_package_new("x", content, &error));
        g_assert_true(g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT));
    }
}

static void test_fit(void)
{
    static const struct {
        PackageKind kind;
        const char *architecture, *program, *guest;
        gboolean fits;
    } rows[] = {
        {PACKAGE_RPM, "x86_64", "/usr/bin/rpm", "x86_64", TRUE},
        {PACKAGE_RPM, "noarch", "/bin/rpm", "aarch64", TRUE},
        {PACKAGE_RPM, "aarch64", "/usr/bin/rpm", "x86_64", FALSE},
        {PACKAGE_RPM, "x86_64", "/usr/bin/dpkg", "x86_64", FALSE},
        {PACKAGE_DEB, "amd64", "/usr/bin/dpkg", "x86_64", TRUE},
        {PACKAGE_DEB, "i386", "/usr/bin/dpkg", "i686", TRUE},
        {PACKAGE_DEB, "i386", "/usr/bin/dpkg", "x86_64", FALSE},
        {PACKAGE_DEB, "all", "/usr/bin/dpkg", NULL, TRUE},
        {PACKAGE_APK, "x86_64", "/sbin/apk", "x86_64", TRUE},
        {PACKAGE_APK, "armv7", "/sbin/apk", "x86_64", FALSE},
        {PACKAGE_DEB, "riscv64", "/usr/bin/dpkg", "riscv64", TRUE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autoptr(GError) error = NULL;
        LinuxPackage package = {rows[i].kind, (char *)(uintptr_t) "qemu-guest-agent",
                                (char *)(uintptr_t)rows[i].architecture, NULL};

        test_guest_add_text(guest, rows[i].program, "");
        guest->guest.architecture = (char *)(uintptr_t)rows[i].guest;
        g_test_message("row %zu", i);
        g_assert_cmpint(linux_package_check(&package, &guest->guest, &error), ==, rows[i].fits);
        guest->guest.architecture = NULL;
        if (!rows[i].fits)
            g_assert_true(g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/package/rpm", test_rpm);
    g_test_add_func("/linux/package/bad", test_bad);
    g_test_add_func("/linux/package/bad-names", test_bad_names);
    g_test_add_func("/linux/package/fit", test_fit);
    return g_test_run();
}
