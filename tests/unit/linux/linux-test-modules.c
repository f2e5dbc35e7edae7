/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Modules with their index files, plain or packed. */
#include "linux-test-modules.h"

#include <string.h>

#include "linux-test-unpack.h"

TestGuest *test_modules_guest(const char *suffix)
{
    static const char *const lines[][3] = {
        {CORE, "", ""},     {RING, CORE, ""},   {PCI, RING, CORE},
        {BLK, RING, CORE},  {SCSI_MOD, "", ""}, {SCSI, SCSI_MOD, RING},
        {SD, SCSI_MOD, ""}, {NET, RING, CORE},  {"kernel/fs/ext4.ko", "", ""},
    };
    TestGuest *guest = test_guest_new();
    g_autoptr(GString) dep = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *path = g_strconcat(MODULES, lines[i][0], suffix, NULL);
        g_autofree char *text = g_strconcat("module ", lines[i][0], NULL);
        g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));

        if (g_str_equal(suffix, ".xz")) {
            static const char *const argv[] = {"xz", NULL};
            GBytes *packed = test_filter(argv, content);

            if (packed != NULL) {
                g_bytes_unref(content);
                content = packed;
            }
        }
        test_guest_add_file(guest, path, content);
        g_string_append_printf(dep, "%s%s:", lines[i][0], suffix);
        for (guint j = 1; j < 3; j++)
            if (*lines[i][j] != '\0')
                g_string_append_printf(dep, " %s%s", lines[i][j], suffix);
        g_string_append_c(dep, '\n');
    }
    test_guest_add_text(guest, MODULES "modules.dep", dep->str);
    test_guest_add_text(guest, MODULES "modules.alias",
                        "# Aliases extracted from modules themselves.\n"
                        "alias virtio:d00000002v* virtio_blk\n"
                        "alias virtio:d00000001v* virtio_net\n"
                        "alias pci:v00001AF4d*sv*sd*bc*sc*i* virtio_pci\n"
                        "alias fs-ext4 ext4\n");
    return guest;
}

KernelModules *test_modules_read(TestGuest *guest)
{
    GuestKernel kernel = {.version = g_strdup(VERSION),
                          .modules_dir = g_strdup("/lib/modules/" VERSION)};
    g_autoptr(GError) error = NULL;
    KernelModules *modules = kernel_modules_read(guest->guest.tree, &kernel, &error);

    g_assert_no_error(error);
    g_free(kernel.version);
    g_free(kernel.modules_dir);
    return modules;
}

void test_modules_add_text(CpioWriter *writer, const char *path, const char *text)
{
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));

    cpio_writer_add_file(writer, path, content, 0644);
}

void test_modules_unpack(GHashTable *root, GBytes *bytes)
{
    test_unpack_stream(root, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}
