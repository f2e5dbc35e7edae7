/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot menus of every loader: which entry starts, and which kernels are installed. */
#include "inspect-support.h"

#include "inspect/boot_loader.h"
#include "inspect/kernels.h"
#include "inspect/version_order.h"

#define GRUB_ENTRY(title, id, version)                                                             \
    "menuentry '" title "' --class debian $menuentry_id_option '" id "' {\n"                       \
    "\tload_video\n\tif [ x$grub_platform = xxen ]; then insmod xzio; fi\n"                        \
    "\tlinux\t/boot/vmlinuz-" version " root=UUID=r ro quiet\n"                                    \
    "\tinitrd\t/boot/initrd.img-" version "\n}\n"

#define GRUB_MENU                                                                                  \
    "function savedefault {\n  if [ -z \"${boot_once}\" ]; then\n    saved_entry=\"${chosen}\"\n"  \
    "  fi\n}\n" GRUB_ENTRY(                                                                        \
        "Debian", "simple",                                                                        \
        "6.1.0-28-amd64") "submenu 'Advanced options' $menuentry_id_option 'advanced' "            \
                          "{\n" GRUB_ENTRY("Debian 6.1.0-28", "adv-28", "6.1.0-28-amd64")          \
                              GRUB_ENTRY("Debian 6.1.0-9 > old", "adv-9",                          \
                                         "6.1.0-9-amd64") "}\n"                                    \
                                                          "menuentry 'UEFI' {\n"                   \
                                                          "\tfwsetup\n}\n"

#define DEFAULT_IN_ELSE(value)                                                                     \
    "if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\nelse\n   set "             \
    "default=\"" value "\"\nfi\n"

#define DEBIAN_FILES                                                                               \
    {"/boot/vmlinuz-6.1.0-28-amd64", "k"}, {"/boot/initrd.img-6.1.0-28-amd64", "i"},               \
        {"/boot/config-6.1.0-28-amd64", "c"}, {"/boot/vmlinuz-6.1.0-9-amd64", "k"},                \
        {"/boot/initrd.img-6.1.0-9-amd64", "i"}, {"/lib", "-> usr/lib"},                           \
        {"/usr/lib/modules/6.1.0-28-amd64/modules.dep", ""},                                       \
        {"/usr/lib/modules/6.1.0-9-amd64/modules.dep", ""},                                        \
    {                                                                                              \
        "/vmlinuz", "-> boot/vmlinuz-6.1.0-28-amd64"                                               \
    }

#define FEDORA_ENTRY(version)                                                                      \
    "title Fedora (" version ")\nversion " version "\nlinux /vmlinuz-" version                     \
    "\ninitrd /initramfs-" version ".img $tuned_initrd\noptions $kernelopts\n"

#define FEDORA_FILES                                                                               \
    {"/boot/loader/entries/m-6.9.0-1.fc40.x86_64.conf", FEDORA_ENTRY("6.9.0-1.fc40.x86_64")},      \
        {"/boot/loader/entries/m-6.10.3-1.fc40.x86_64.conf",                                       \
         FEDORA_ENTRY("6.10.3-1.fc40.x86_64")},                                                    \
        {"/boot/loader/entries/m-0-rescue.conf", FEDORA_ENTRY("0-rescue-m")},                      \
        {"/boot/vmlinuz-6.9.0-1.fc40.x86_64", "a"}, {"/boot/vmlinuz-6.10.3-1.fc40.x86_64", "b"},   \
        {"/boot/vmlinuz-0-rescue-m", "r"}, {"/boot/initramfs-6.9.0-1.fc40.x86_64.img", "a"},       \
        {"/boot/initramfs-6.10.3-1.fc40.x86_64.img", "b"},                                         \
        {"/boot/initramfs-0-rescue-m.img", "r"}, {"/lib/modules/6.9.0-1.fc40.x86_64", NULL},       \
    {                                                                                              \
        "/lib/modules/6.10.3-1.fc40.x86_64", NULL                                                  \
    }

typedef struct {
    const char *label;
    FileRow files[20];
    const char *esp;
    const char *expected_loader, *expected_config;
    const char *expected_version; /* of the default kernel */
    const char *expected_image, *expected_initramfs;
    guint expected_kernels;
} MenuRow;

static const MenuRow menu_rows[] = {
    {"grub2, first entry",
     {DEBIAN_FILES, {"/boot/grub/grub.cfg", DEFAULT_IN_ELSE("0") GRUB_MENU}},
     NULL,
     "grub2",
     "/boot/grub/grub.cfg",
     "6.1.0-28-amd64",
     "/boot/vmlinuz-6.1.0-28-amd64",
     "/boot/initrd.img-6.1.0-28-amd64",
     2},
    {"grub2, by numbers in a submenu",
     {DEBIAN_FILES, {"/boot/grub/grub.cfg", DEFAULT_IN_ELSE("1>1") GRUB_MENU}},
     NULL,
     "grub2",
     "/boot/grub/grub.cfg",
     "6.1.0-9-amd64",
     "/boot/vmlinuz-6.1.0-9-amd64",
     "/boot/initrd.img-6.1.0-9-amd64",
     2},
    {"grub2, by ids",
     {DEBIAN_FILES, {"/boot/grub/grub.cfg", DEFAULT_IN_ELSE("advanced>adv-9") GRUB_MENU}},
     NULL,
     "grub2",
     "/boot/grub/grub.cfg",
     "6.1.0-9-amd64",
     "/boot/vmlinuz-6.1.0-9-amd64",
     "/boot/initrd.img-6.1.0-9-amd64",
     2},
    {"grub2, by titles with a > in one",
     {DEBIAN_FILES,
      {"/boot/grub/grub.cfg", DEFAULT_IN_ELSE("Advanced options>Debian 6.1.0-9 >> old") GRUB_MENU}},
     NULL,
     "grub2",
     "/boot/grub/grub.cfg",
     "6.1.0-9-amd64",
     "/boot/vmlinuz-6.1.0-9-amd64",
     "/boot/initrd.img-6.1.0-9-amd64",
     2},
    {"grub2, saved entry",
     {DEBIAN_FILES,
      {"/boot/grub/grub.cfg", DEFAULT_IN_ELSE("${saved_entry}") GRUB_MENU},
      {"/boot/grub/grubenv", "# GRUB Environment Block\nsaved_entry=advanced>adv-9\n######"}},
     NULL,
     "grub2",
     "/boot/grub/grub.cfg",
     "6.1.0-9-amd64",
     "/boot/vmlinuz-6.1.0-9-amd64",
     "/boot/initrd.img-6.1.0-9-amd64",
     2},
    {"grub2, saved entry that is gone",
     {DEBIAN_FILES,
      {"/boot/grub/grub.cfg", DEFAULT_IN_ELSE("${saved_entry}") GRUB_MENU},
      {"/boot/grub/grubenv", "saved_entry=no such thing\n"}},
     NULL,
     "grub2",
     "/boot/grub/grub.cfg",
     "6.1.0-28-amd64",
     "/boot/vmlinuz-6.1.0-28-amd64",
     "/boot/initrd.img-6.1.0-28-amd64",
     2},
    {"grub2, only a submenu named",
     {DEBIAN_FILES, {"/boot/grub/grub.cfg", DEFAULT_IN_ELSE("1") GRUB_MENU}},
     NULL,
     "grub2",
     "/boot/grub/grub.cfg",
     "6.1.0-28-amd64",
     "/boot/vmlinuz-6.1.0-28-amd64",
     "/boot/initrd.img-6.1.0-28-amd64",
     2},
    {"grub2 cut off in the middle",
     {DEBIAN_FILES,
      {"/boot/grub/grub.cfg", "}\n}\nmenuentry 'x {\n linux\nsubmenu {\n}}\nset default="}},
     NULL,
     "grub2",
     "/boot/grub/grub.cfg",
     "6.1.0-28-amd64",
     "/boot/vmlinuz-6.1.0-28-amd64",
     "/boot/initrd.img-6.1.0-28-amd64",
     2},
    {"no boot loader: the newest kernel",
     {DEBIAN_FILES},
     NULL,
     NULL,
     NULL,
     "6.1.0-28-amd64",
     "/boot/vmlinuz-6.1.0-28-amd64",
     "/boot/initrd.img-6.1.0-28-amd64",
     2},
    {"BLS without a default: the newest",
     {FEDORA_FILES,
      {"/boot/grub2/grub.cfg", DEFAULT_IN_ELSE("${saved_entry}") "insmod blscfg\nblscfg\n"}},
     NULL,
     "grub2",
     "/boot/grub2/grub.cfg",
     "6.10.3-1.fc40.x86_64",
     "/boot/vmlinuz-6.10.3-1.fc40.x86_64",
     "/boot/initramfs-6.10.3-1.fc40.x86_64.img",
     3},
    {"BLS with a saved entry",
     {FEDORA_FILES,
      {"/boot/grub2/grub.cfg", DEFAULT_IN_ELSE("${saved_entry}") "blscfg\n"},
      {"/boot/grub2/grubenv", "-> ../efi/EFI/fedora/grubenv"},
      {"/boot/efi/EFI/fedora/grubenv", "saved_entry=m-6.9.0-1.fc40.x86_64\n"}},
     NULL,
     "grub2",
     "/boot/grub2/grub.cfg",
     "6.9.0-1.fc40.x86_64",
     "/boot/vmlinuz-6.9.0-1.fc40.x86_64",
     "/boot/initramfs-6.9.0-1.fc40.x86_64.img",
     3},
    {"the menu on the ESP, a stub beside it",
     {FEDORA_FILES,
      {"/boot/efi/EFI/BOOT/grub.cfg", "configfile $prefix/grub.cfg\n"},
      {"/boot/efi/EFI/redhat/grub.cfg",
       "set default=1\nmenuentry 'a' {\nlinuxefi /vmlinuz-6.10.3-1.fc40.x86_64\n}\n"
       "menuentry 'b' --id=b {\nlinuxefi /vmlinuz-6.9.0-1.fc40.x86_64 ro\n"
       "initrdefi /intel-ucode.img /initramfs-6.9.0-1.fc40.x86_64.img\n}\n"}},
     "/boot/efi",
     "grub2",
     "/boot/efi/EFI/redhat/grub.cfg",
     "6.9.0-1.fc40.x86_64",
     "/boot/vmlinuz-6.9.0-1.fc40.x86_64",
     "/boot/initramfs-6.9.0-1.fc40.x86_64.img",
     3},
    {"grub legacy",
     {{"/boot/grub/menu.lst",
       "# default 0\ndefault\t1\ntimeout 5\ntitle A\n\troot (hd0,0)\n\tkernel "
       "/boot/vmlinuz-2.6.32-5-amd64 ro\n"
       "title B\n\tkernel (hd0,0)/boot/vmlinuz-2.6.26-2-amd64 root=/dev/sda1\n"
       "\tinitrd (hd0,0)/boot/initrd.img-2.6.26-2-amd64\n"},
      {"/boot/vmlinuz-2.6.32-5-amd64", "a"},
      {"/boot/vmlinuz-2.6.26-2-amd64", "b"},
      {"/boot/initrd.img-2.6.26-2-amd64", "b"},
      {"/lib/modules/2.6.26-2-amd64", NULL},
      {"/lib/modules/2.6.32-5-amd64", NULL}},
     NULL,
     "grub-legacy",
     "/boot/grub/menu.lst",
     "2.6.26-2-amd64",
     "/boot/vmlinuz-2.6.26-2-amd64",
     "/boot/initrd.img-2.6.26-2-amd64",
     2},
    {"grub legacy, saved, separate /boot, link to the menu",
     {{"/boot/grub/grub.conf",
       "default=saved\ntitle A\n kernel /vmlinuz-2.6.18-400.el5 ro\n initrd "
       "/initrd-2.6.18-400.el5.img\n"
       "title B\n kernel /vmlinuz-2.6.18-398.el5 ro\n initrd /initrd-2.6.18-398.el5.img\n"},
      {"/boot/grub/menu.lst", "-> ./grub.conf"},
      {"/boot/grub/default", "1\n#\n"},
      {"/boot/vmlinuz-2.6.18-400.el5", "a"},
      {"/boot/vmlinuz-2.6.18-398.el5", "b"},
      {"/boot/initrd-2.6.18-398.el5.img", "b"},
      {"/lib/modules/2.6.18-398.el5", NULL}},
     NULL,
     "grub-legacy",
     "/boot/grub/grub.conf",
     "2.6.18-398.el5",
     "/boot/vmlinuz-2.6.18-398.el5",
     "/boot/initrd-2.6.18-398.el5.img",
     2},
    {"systemd-boot with a pattern",
     {{"/efi/loader/loader.conf", "#timeout 3\ndefault m-6.6*\n"},
      {"/efi/loader/entries/m-6.7.1.conf",
       "version 6.7.1\nlinux /m/6.7.1/linux\ninitrd /m/6.7.1/initrd\n"},
      {"/efi/loader/entries/m-6.6.9.conf",
       "version 6.6.9\nlinux /m/6.6.9/linux\ninitrd /m/6.6.9/initrd\n"},
      {"/efi/m/6.7.1/linux", "a"},
      {"/efi/m/6.7.1/initrd", "a"},
      {"/efi/m/6.6.9/linux", "b"},
      {"/efi/m/6.6.9/initrd", "b"},
      {"/usr/lib/modules/6.6.9", NULL},
      {"/lib", "-> usr/lib"}},
     "/efi",
     "systemd-boot",
     "/efi/loader/loader.conf",
     "6.6.9",
     "/efi/m/6.6.9/linux",
     "/efi/m/6.6.9/initrd",
     2},
    {"systemd-boot, unified image",
     {{"/EFI System Partition/loader/loader.conf", "timeout 3\n"},
      {"/EFI System Partition/EFI/Linux/arch-linux.EFI", "a"},
      {"/lib/modules/6.11.1-arch1-1", NULL}},
     "/EFI System Partition",
     "systemd-boot",
     "/EFI System Partition/loader/loader.conf",
     "6.11.1-arch1-1",
     "/EFI System Partition/EFI/Linux/arch-linux.EFI",
     NULL,
     1},
    {"Arch: kernels named by flavour",
     {{"/boot/vmlinuz-linux", "a"},
      {"/boot/initramfs-linux.img", "a"},
      {"/boot/initramfs-linux-fallback.img", "f"},
      {"/boot/vmlinuz-linux-lts", "b"},
      {"/boot/initramfs-linux-lts.img", "b"},
      {"/boot/grub/grub.cfg", "menuentry 'Arch' {\nlinux /vmlinuz-linux-lts root=UUID=x\ninitrd "
                              "/amd-ucode.img /initramfs-linux-lts.img\n}\n"},
      {"/usr/lib/modules/6.6.8-1-lts/pkgbase", "linux-lts\n"},
      {"/usr/lib/modules/6.7.0-arch3-1/pkgbase", "linux\n"},
      {"/lib", "-> usr/lib"}},
     NULL,
     "grub2",
     "/boot/grub/grub.cfg",
     "6.6.8-1-lts",
     "/boot/vmlinuz-linux-lts",
     "/boot/initramfs-linux-lts.img",
     2},
    {"Alpine: extlinux",
     {{"/boot/extlinux.conf",
       "DEFAULT menu.c32\nPROMPT 0\nLABEL lts\n  MENU DEFAULT\n  MENU LABEL Linux lts\n"
       "  LINUX vmlinuz-lts\n  INITRD initramfs-lts\n  APPEND root=UUID=x\n"},
      {"/boot/vmlinuz-lts", "a"},
      {"/boot/initramfs-lts", "a"},
      {"/lib/modules/6.6.4-0-lts", NULL}},
     NULL,
     "extlinux",
     "/boot/extlinux.conf",
     "6.6.4-0-lts",
     "/boot/vmlinuz-lts",
     "/boot/initramfs-lts",
     1},
    {"extlinux: default label, initrd in append",
     {{"/boot/extlinux/extlinux.conf",
       "default two\nlabel one\n kernel /boot/vmlinuz-1\nlabel two\n kernel /boot/vmlinuz-2\n"
       " append initrd=/boot/initrd.img-2 root=/dev/sda1\n"},
      {"/boot/vmlinuz-1", "a"},
      {"/boot/vmlinuz-2", "b"},
      {"/boot/initrd.img-2", "b"}},
     NULL,
     "extlinux",
     "/boot/extlinux/extlinux.conf",
     "2",
     "/boot/vmlinuz-2",
     "/boot/initrd.img-2",
     2},
    {"SUSE: links and leftovers are no kernels",
     {{"/boot/vmlinuz-5.14.21-150500.53-default", "a"},
      {"/boot/initrd-5.14.21-150500.53-default", "a"},
      {"/boot/vmlinux-5.14.21-150500.53-default.gz", "z"},
      {"/boot/.vmlinuz-5.14.21-150500.53-default.hmac", "h"},
      {"/boot/vmlinuz", "-> vmlinuz-5.14.21-150500.53-default"},
      {"/boot/boot", "-> ."},
      {"/boot/grub2/grub.cfg", "set default=0\nmenuentry 'SLES' {\nlinux "
                               "/boot/vmlinuz-5.14.21-150500.53-default root=UUID=x ${extra}\n"
                               "initrd /boot/initrd-5.14.21-150500.53-default\n}\n"},
      {"/lib/modules/5.14.21-150500.53-default", NULL}},
     NULL,
     "grub2",
     "/boot/grub2/grub.cfg",
     "5.14.21-150500.53-default",
     "/boot/vmlinuz-5.14.21-150500.53-default",
     "/boot/initrd-5.14.21-150500.53-default",
     1},
    {"nothing at all", {{"/etc/fstab", ""}}, NULL, NULL, NULL, NULL, NULL, NULL, 0},
};

static void test_menus(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(menu_rows); i++) {
        const MenuRow *row = &menu_rows[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(FsTree) tree = fs_tree_new();
        g_autoptr(Fs) fs = support_fs(TRUE, row->files);
        g_autoptr(GPtrArray) kernels = NULL;
        g_auto(BootMenu) menu = {0};
        g_test_message("%s", row->label);
        fs_tree_mount(tree, "/", fs);
        g_assert_true(boot_menu_read(tree, row->esp, &menu, &error));
        g_assert_no_error(error);
        g_assert_true(kernels_read(tree, &menu, &kernels, &error));
        g_assert_no_error(error);

        g_assert_cmpstr(menu.loader, ==, row->expected_loader);
        g_assert_cmpstr(menu.config, ==, row->expected_config);
        g_assert_cmpuint(kernels->len, ==, row->expected_kernels);
        if (kernels->len == 0)
            continue;
        const GuestKernel *kernel = g_ptr_array_index(kernels, 0);
        g_assert_true(kernel->is_default);
        g_assert_cmpstr(kernel->version, ==, row->expected_version);
        g_assert_cmpstr(kernel->image, ==, row->expected_image);
        g_assert_cmpstr(kernel->initramfs, ==, row->expected_initramfs);
        for (guint j = 1; j < kernels->len; j++) {
            const GuestKernel *other = g_ptr_array_index(kernels, j);
            g_assert_false(other->is_default);
            g_assert_cmpint(other->is_rescue, ==, strstr(other->image, "rescue") != NULL);
        }
    }
}

static void test_kernel_parts(void)
{
    static const FileRow rows[] = {DEBIAN_FILES, {NULL, NULL}};
    g_autoptr(GError) error = NULL;
    g_autoptr(FsTree) tree = fs_tree_new();
    g_autoptr(Fs) fs = support_fs(TRUE, rows);
    g_autoptr(GPtrArray) kernels = NULL;
    g_auto(BootMenu) menu = {0};
    fs_tree_mount(tree, "/", fs);
    g_assert_true(boot_menu_read(tree, NULL, &menu, &error));
    g_assert_true(kernels_read(tree, &menu, &kernels, &error));
    const GuestKernel *kernel = g_ptr_array_index(kernels, 0);
    g_assert_cmpstr(kernel->modules_dir, ==, "/lib/modules/6.1.0-28-amd64");
    g_assert_cmpstr(kernel->config, ==, "/boot/config-6.1.0-28-amd64");
    kernel = g_ptr_array_index(kernels, 1);
    g_assert_null(kernel->config);
}

/* An x86 image says its release in its header, whatever its file is called. */
static void test_kernel_header(void)
{
    static const FileRow rows[] = {{"/lib/modules/5.10.1-mine", NULL}, {NULL, NULL}};
    static const struct {
        guint16 offset;
        const char *expected;
    } headers[] = {{0x300, "5.10.1-mine"}, {0, "custom"}, {0xfff0, "custom"}};

    for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autofree guint8 *image = g_malloc0(0x1000);
        memcpy(image + 0x202, "HdrS", 4);
        image[0x20e] = (guint8)headers[i].offset;
        image[0x20f] = (guint8)(headers[i].offset >> 8);
        memcpy(image + 0x500, "5.10.1-mine (me@here) #1 SMP", 28);
        g_autoptr(GBytes) bytes = g_bytes_new(image, 0x1000);
        g_autoptr(GError) error = NULL;
        g_autoptr(FsTree) tree = fs_tree_new();
        g_autoptr(Fs) fs = support_fs(TRUE, rows);
        g_autoptr(GPtrArray) kernels = NULL;
        g_auto(BootMenu) menu = {0};
        support_add_bytes(fs, "/boot/vmlinuz-custom", bytes);
        fs_tree_mount(tree, "/", fs);
        g_assert_true(boot_menu_read(tree, NULL, &menu, &error));
        g_assert_true(kernels_read(tree, &menu, &kernels, &error));
        const GuestKernel *kernel = g_ptr_array_index(kernels, 0);
        g_assert_cmpstr(kernel->version, ==, headers[i].expected);
    }
}

static const struct {
    const char *a, *b;
    int expected;
} order_rows[] = {
    {"6.1.0-9", "6.1.0-28", -1},
    {"6.10", "6.9", 1},
    {"5.14", "5.14", 0},
    {"5.14", "5.14.1", -1},
    {"5.0a", "5.0", 1},
    {"1.0~rc1", "1.0", -1},
    {"a", "1", -1},
    {"001", "1", 0},
    {"", "1", -1},
    {"3.10.0-957", "0-rescue", 1},
    {"10", "9999999999999999999999999999", -1},
};

static void test_order(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(order_rows); i++) {
        g_assert_cmpint(version_text_compare(order_rows[i].a, order_rows[i].b), ==,
                        order_rows[i].expected);
        g_assert_cmpint(version_text_compare(order_rows[i].b, order_rows[i].a), ==,
                        -order_rows[i].expected);
    }
}

/* Menus with bytes changed, cut and doubled: any answer will do, as long as there is one. */
static void test_noise(void)
{
    static const char bytes[] = "{}'\"\\> \n\t=$#;\0\xff/09azmenuentry";
    g_autoptr(GRand) random = g_rand_new_with_seed(20348);

    for (guint round = 0; round < 40 * G_N_ELEMENTS(menu_rows); round++) {
        const MenuRow *row = &menu_rows[round % G_N_ELEMENTS(menu_rows)];
        g_autoptr(GError) error = NULL;
        g_autoptr(FsTree) tree = fs_tree_new();
        g_autoptr(Fs) fs = support_fs(TRUE, row->files);
        g_autoptr(GPtrArray) kernels = NULL;
        g_auto(BootMenu) menu = {0};
        for (const FileRow *file = row->files; file->path; file++) {
            gsize length = file->content ? strlen(file->content) : 0;
            if (length < 20 || g_str_has_prefix(file->content, "-> "))
                continue;
            g_autofree char *text = g_strndup(file->content, length);
            for (guint i = 0; i < 8; i++)
                text[g_rand_int_range(random, 0, (gint32)length)] =
                    bytes[g_rand_int_range(random, 0, (gint32)sizeof bytes - 1)];
            gsize kept = (gsize)g_rand_int_range(random, (gint32)length / 2, (gint32)length + 1);
            g_autoptr(GBytes) changed = g_bytes_new(text, kept);
            support_add_bytes(fs, file->path, changed);
        }
        fs_tree_mount(tree, "/", fs);
        gboolean ok = boot_menu_read(tree, row->esp, &menu, &error) &&
                      kernels_read(tree, &menu, &kernels, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
    }
}

static char *read_testdata(const char *name)
{
    g_autofree char *path = g_build_filename(DRYDOCK_TESTDATA, "linux-guest", name, NULL);
    char *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/* grub.cfg files of real installations; kernels are where their entries say. */
static const struct {
    const char *file;
    const char *linux; /* file in the tree that must be found as the default's kernel */
    const char *initramfs;
    guint entries;
} real_rows[] = {
    {"u-root-grub/rhel_7_8_installed/grub2/grub.cfg", "/boot/vmlinuz-3.10.0-1127.el7.x86_64",
     "/boot/initramfs-3.10.0-1127.el7.x86_64.img", 3},
    {"u-root-grub/CentOS_7_x86_64_DVD_1810_efi_install_sda1/EFI/centos/grub.cfg",
     "/boot/vmlinuz-3.10.0-957.el7.x86_64", "/boot/initramfs-3.10.0-957.el7.x86_64.img", 2},
};

static void test_real_menus(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(real_rows); i++) {
        g_autofree char *text = read_testdata(real_rows[i].file);
        if (!text) {
            g_test_skip("no test data");
            return;
        }
        const FileRow rows[] = {{"/boot/grub2/grub.cfg", text},
                                {real_rows[i].linux, "k"},
                                {real_rows[i].initramfs, "i"},
                                {NULL, NULL}};
        g_autoptr(GError) error = NULL;
        g_autoptr(FsTree) tree = fs_tree_new();
        g_autoptr(Fs) fs = support_fs(TRUE, rows);
        g_auto(BootMenu) menu = {0};
        fs_tree_mount(tree, "/", fs);
        g_assert_true(boot_menu_read(tree, NULL, &menu, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(menu.entries->len, ==, real_rows[i].entries);
        g_assert_cmpstr(menu.default_entry->linux, ==, real_rows[i].linux);
        g_assert_cmpstr(menu.default_entry->initramfs, ==, real_rows[i].initramfs);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/boot-menu/menus", test_menus);
    g_test_add_func("/inspect/boot-menu/kernel-parts", test_kernel_parts);
    g_test_add_func("/inspect/boot-menu/kernel-header", test_kernel_header);
    g_test_add_func("/inspect/boot-menu/order", test_order);
    g_test_add_func("/inspect/boot-menu/noise", test_noise);
    g_test_add_func("/inspect/boot-menu/real", test_real_menus);
    return g_test_run();
}
