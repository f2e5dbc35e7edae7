/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Initramfs images of every compression and layout, extended and unpacked by the kernel's rules. */
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "linux-test-guest.h"
#include "linux-test-modules.h"
#include "linux-test-unpack.h"
#include "linux/network_address.h"
#include "linux/initramfs_extend.h"
#include "linux/module_index.h"

typedef struct {
    const char *name;
    const char *pack[5];   /* argv; empty: not compressed */
    const char *unpack[5]; /* of the whole extended image; empty: only the first archive */
} Format;

static const Format formats[] = {
    {"none", {NULL}, {NULL}},
    {"gzip", {"gzip", "-n", NULL}, {NULL}},
    {"bzip2", {"bzip2", NULL}, {NULL}},
    {"xz", {"xz", "--check=crc32", NULL}, {NULL}},
    {"zstd", {"zstd", "-q", NULL}, {NULL}},
    {"lz4", {"lz4", "-l", "-c", NULL}, {"lz4", "-d", "-c", NULL}},
};

static void add_index(CpioWriter *writer, const char *path, const char *key, const char *value)
{
    g_autoptr(GPtrArray) entries = module_index_new();
    g_autoptr(GBytes) index = NULL;

    module_index_add(entries, key, value);
    index = module_index_write(entries);
    cpio_writer_add_file(writer, path, index, 0644);
}

/* What initramfs-tools makes on a merged-usr system: lib is a link, modules are below usr/lib. */
static GBytes *make_archive(gboolean merged, const char *suffix)
{
    static const char *const folders[] = {"", "/modules", "/modules/" VERSION,
                                          "/modules/" VERSION "/kernel",
                                          "/modules/" VERSION "/kernel/fs"};
    g_auto(CpioWriter) writer = {0};
    const char *lib = merged ? "usr/lib" : "lib";
    g_autofree char *ext4 =
        g_strdup_printf("%s/modules/%s/kernel/fs/ext4.ko%s", lib, VERSION, suffix);
    g_autofree char *dep = g_strdup_printf("%s/modules/%s/modules.dep", lib, VERSION);
    g_autofree char *dep_bin = g_strconcat(dep, ".bin", NULL);
    g_autofree char *alias_bin = g_strdup_printf("%s/modules/%s/modules.alias.bin", lib, VERSION);
    g_autofree char *ext4_line = g_strdup_printf("kernel/fs/ext4.ko%s:", suffix);
    g_autofree char *dep_text = g_strconcat(ext4_line, "\n", NULL);

    cpio_writer_init(&writer);
    if (merged) {
        cpio_writer_add_directory(&writer, "usr");
        cpio_writer_add_symlink(&writer, "lib", "usr/lib");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = g_strconcat(lib, folders[i], NULL);

        cpio_writer_add_directory(&writer, path);
    }
    cpio_writer_add_directory(&writer, "conf");
    test_modules_add_text(&writer, "conf/modules", "ext4\n");
    test_modules_add_text(&writer, "init", "#!/bin/sh\n");
    test_modules_add_text(&writer, ext4, "ext4");
    test_modules_add_text(&writer, dep, dep_text);
    add_index(&writer, dep_bin, "ext4", ext4_line);
    add_index(&writer, alias_bin, "fs_ext4", "ext4");
    return cpio_writer_finish(&writer);
}

static GBytes *make_microcode(void)
{
    g_auto(CpioWriter) writer = {0};

    cpio_writer_init(&writer);
    cpio_writer_add_directory(&writer, "kernel");
    cpio_writer_add_directory(&writer, "kernel/x86");
    cpio_writer_add_directory(&writer, "kernel/x86/microcode");
    test_modules_add_text(&writer, "kernel/x86/microcode/GenuineIntel.bin",
                          "not really microcode!");
    return cpio_writer_finish(&writer);
}

static GBytes *join(GBytes *first, GBytes *second)
{
    GByteArray *bytes = g_byte_array_new();

    if (first != NULL)
        g_byte_array_append(bytes, g_bytes_get_data(first, NULL), (guint)g_bytes_get_size(first));
    g_byte_array_append(bytes, g_bytes_get_data(second, NULL), (guint)g_bytes_get_size(second));
    return g_byte_array_free_to_bytes(bytes);
}

/* Archive by archive, as the kernel does: what our side appended begins at the old image's end. */
static GHashTable *unpack_extended(const Format *format, GBytes *early, GBytes *archive,
                                   GBytes *packed, GBytes *extended)
{
    GHashTable *root = test_unpack_new();
    gsize early_size = early != NULL ? g_bytes_get_size(early) : 0;
    gsize old_size = early_size + g_bytes_get_size(packed);
    g_autoptr(GBytes) rest = NULL;

    if (early != NULL)
        test_modules_unpack(root, early);
    if (format->unpack[0] != NULL) {
        g_autoptr(GBytes) main_part =
            g_bytes_new_from_bytes(extended, early_size, g_bytes_get_size(extended) - early_size);
        g_autoptr(GBytes) stream = test_filter(format->unpack, main_part);

        test_modules_unpack(root, stream);
        return root;
    }
    test_modules_unpack(root, archive);
    while (old_size % 4 != 0) {
        g_assert_cmpuint(((const guint8 *)g_bytes_get_data(extended, NULL))[old_size], ==, 0);
        old_size++;
    }
    rest = g_bytes_new_from_bytes(extended, old_size, g_bytes_get_size(extended) - old_size);
    test_modules_unpack(root, rest);
    return root;
}

static void check_root(GHashTable *root, gboolean merged, const char *suffix)
{
    static const char *const wanted[] = {BLK, RING, CORE, PCI, SCSI, SCSI_MOD, SD};
    g_autofree char *modules = test_unpack_text(root, "conf/modules");
    g_autofree char *dep = test_unpack_text(root, "lib/modules/" VERSION "/modules.dep");
    UnpackedFile *lib = g_hash_table_lookup(root, "lib");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) index = NULL, aliases = NULL;
    g_autofree char *line =
        g_strdup_printf(BLK "%s: " RING "%s " CORE "%s\n", suffix, suffix, suffix);

    g_assert_true(merged ? S_ISLNK(lib->mode) : S_ISDIR(lib->mode));
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_autofree char *path = g_strconcat("lib/modules/" VERSION "/", wanted[i], suffix, NULL);

        g_assert_nonnull(test_unpack_content(root, path));
    }
    g_assert_null(test_unpack_content(root, "lib/modules/" VERSION "/" NET));
    g_assert_cmpstr(modules, ==, "ext4\nvirtio_pci\nvirtio_blk\nvirtio_scsi\nsd_mod\n");
    g_assert_true(g_str_has_prefix(dep, "kernel/fs/ext4.ko"));
    g_assert_nonnull(strstr(dep, line));
    index = module_index_read(test_unpack_content(root, "lib/modules/" VERSION "/modules.dep.bin"),
                              &error);
    g_assert_no_error(error);
    g_assert_cmpuint(index->len, ==, 1 + G_N_ELEMENTS(wanted));
    aliases = module_index_read(
        test_unpack_content(root, "lib/modules/" VERSION "/modules.alias.bin"), &error);
    g_assert_no_error(error);
    g_assert_cmpuint(aliases->len, ==, 3); /* ext4's, and virtio_blk's and virtio_pci's */
    g_assert_null(test_unpack_content(root, "lib/modules/" VERSION "/modules.alias"));
}

typedef struct {
    const Format *format;
    gboolean merged;
    gboolean early;
} Layout;

static void test_layout(gconstpointer data)
{
    const Layout *layout = data;
    g_autoptr(TestGuest) guest = test_modules_guest("");
    g_autoptr(KernelModules) modules = test_modules_read(guest);
    g_autoptr(GBytes) early = layout->early ? make_microcode() : NULL;
    g_autoptr(GBytes) archive = make_archive(layout->merged, "");
    g_autoptr(GBytes) packed = layout->format->pack[0] != NULL
                                   ? test_filter(layout->format->pack, archive)
                                   : g_bytes_ref(archive);
    g_autoptr(GBytes) image = NULL, extended = NULL, again = NULL;
    g_autofree char *summary = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) root = NULL;

    if (packed == NULL) {
        g_test_skip("the compression's program is not installed");
        return;
    }
    image = join(early, packed);
    g_assert_true(initramfs_extend(image, &guest->guest, VERSION, modules, NULL, &extended,
                                   &summary, &error));
    g_assert_no_error(error);
    g_assert_nonnull(extended);
    g_assert_nonnull(strstr(summary, "virtio_blk"));
    root = unpack_extended(layout->format, early, archive, packed, extended);
    check_root(root, layout->merged, "");

    /* Nothing is left to do the second time. */
    g_assert_true(initramfs_extend(extended, &guest->guest, VERSION, modules, NULL, &again,
                                   &summary, &error));
    g_assert_no_error(error);
    g_assert_null(again);
}

/* Modules that are compressed in the guest, and those of an initramfs that unpacks them. */
static void test_compressed_modules(void)
{
    static const char *const suffixes[] = {"", ".xz"};
    g_autofree char *xz = g_find_program_in_path("xz");
    g_autoptr(TestGuest) guest = test_modules_guest(".xz");
    g_autoptr(KernelModules) modules = test_modules_read(guest);

    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autoptr(GBytes) archive = make_archive(TRUE, suffixes[i]);
        g_autoptr(GBytes) extended = NULL;
        g_autofree char *summary = NULL, *text = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GHashTable) root = test_unpack_new();

        g_assert_true(initramfs_extend(archive, &guest->guest, VERSION, modules, NULL, &extended,
                                       &summary, &error));
        g_assert_no_error(error);
        test_modules_unpack(root, extended);
        check_root(root, TRUE, suffixes[i]);
        if (i == 0 && xz != NULL) {
            text = test_unpack_text(root, "lib/modules/" VERSION "/" BLK);
            g_assert_cmpstr(text, ==, "module " BLK);
        }
    }
}

/* LVM's list of devices is covered by a link to nowhere, network names come along only where the
   image has network drivers. */
static void test_extras(void)
{
    g_autoptr(TestGuest) guest = test_modules_guest("");
    g_autoptr(KernelModules) modules = test_modules_read(guest);
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    InitramfsFile file = {.path = g_strdup("/etc/systemd/network/10-drydock-ens192.link"),
                          .content = g_bytes_new_static("[Match]\n", 8)};

    const InitramfsNetwork network = {.files = files};

    g_ptr_array_add(files, &file);
    for (guint with_network = 0; with_network < 2; with_network++) {
        g_auto(CpioWriter) writer = {0};
        g_autoptr(GBytes) archive = NULL, extended = NULL;
        g_autofree char *summary = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GHashTable) root = test_unpack_new();
        const char *folders[] = {"etc",
                                 "etc/lvm",
                                 "etc/lvm/devices",
                                 "lib",
                                 "lib/modules",
                                 "lib/modules/" VERSION,
                                 "lib/modules/" VERSION "/kernel",
                                 "lib/modules/" VERSION "/kernel/drivers",
                                 "lib/modules/" VERSION "/kernel/drivers/net"};

        cpio_writer_init(&writer);
        for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
            cpio_writer_add_directory(&writer, folders[i]);
        test_modules_add_text(&writer, "etc/lvm/devices/system.devices", "IDTYPE=sys_wwid\n");
        if (with_network)
            test_modules_add_text(&writer, "lib/modules/" VERSION "/kernel/drivers/net/vmxnet3.ko",
                                  "vmxnet3");
        archive = cpio_writer_finish(&writer);
        g_assert_true(initramfs_extend(archive, &guest->guest, VERSION, modules, &network,
                                       &extended, &summary, &error));
        g_assert_no_error(error);
        test_modules_unpack(root, extended);
        g_assert_null(test_unpack_content(root, "etc/lvm/devices/system.devices"));
        g_assert_cmpint(test_unpack_content(root, file.path + 1) != NULL, ==, with_network);
        g_assert_cmpint(test_unpack_content(root, "lib/modules/" VERSION "/" NET) != NULL, ==,
                        with_network);
    }
    g_free(file.path);
    g_bytes_unref(file.content);
}

/* Its own copies of texts that name disks change as those of the guest do, line by line. */
static void test_storage_texts(void)
{
    static const struct {
        const char *path, *content, *expected; /* NULL: as it was */
    } rows[] = {
        {"cryptroot/crypttab",
         "root /dev/disk/by-id/scsi-1-part3 /cryptroot/keyfiles/root.key luks\n",
         "root UUID=01020304-0506-0708-090a-0b0c0d0e0f10 /cryptroot/keyfiles/root.key luks\n"},
        {"etc/crypttab", "other UUID=1 none luks\n", NULL},
        {"etc/lvm/lvm.conf", "filter = [ \"a|^/dev/sda3$|\", \"r|.*|\" ]\n",
         "filter = [ \"a|^/dev/sda3$|\", \"a|^/dev/vda3$|\", \"r|.*|\" ]\n"},
        {"etc/mdadm/mdadm.conf", "DEVICE /dev/sda1 /dev/sdb1\n", "DEVICE partitions\n"},
        {"etc/multipath/bindings", "mpatha 36000c29\nmpathb 36\n", "mpathb 36\n"},
        {"etc/fstab", "/dev/sda1 / ext4 ro\n", NULL}, /* of the image itself */
    };
    g_autoptr(TestGuest) guest = test_modules_guest("");
    g_autoptr(KernelModules) modules = test_modules_read(guest);
    g_auto(CpioWriter) writer = {0};
    g_autoptr(GBytes) archive = NULL, extended = NULL;
    g_autofree char *summary = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) root = test_unpack_new();

    test_guest_add_mount(guest, "/dev/disk/by-id/scsi-1-part3", "/",
                         test_guest_add_volume(guest, 0, 3, "1", NULL));
    ((Volume *)guest->volumes->pdata[guest->volumes->len - 1])->encryption_uuid =
        g_strdup("01020304-0506-0708-090a-0b0c0d0e0f10");
    cpio_writer_init(&writer);
    cpio_writer_add_directory(&writer, "cryptroot");
    cpio_writer_add_directory(&writer, "etc");
    cpio_writer_add_directory(&writer, "etc/lvm");
    cpio_writer_add_directory(&writer, "etc/mdadm");
    cpio_writer_add_directory(&writer, "etc/multipath");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        test_modules_add_text(&writer, rows[i].path, rows[i].content);
    archive = cpio_writer_finish(&writer);
    g_assert_true(initramfs_extend(archive, &guest->guest, VERSION, modules, NULL, &extended,
                                   &summary, &error));
    g_assert_no_error(error);
    g_assert_nonnull(strstr(summary, "; finds its disks by other names"));
    test_modules_unpack(root, extended);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = test_unpack_text(root, rows[i].path);

        g_assert_cmpstr(text, ==, rows[i].expected != NULL ? rows[i].expected : rows[i].content);
    }
}

/* Copies of the network's configuration, and what dracut and initramfs-tools make of it, get the
   new addresses; files of ours replace what an earlier migration has put there. */
static void test_network_texts(void)
{
    static const struct {
        const char *path, *content, *expected; /* NULL: stays */
    } rows[] = {
        {"etc/systemd/network/10-lan.link", "[Match]\nMACAddress=00:50:56:00:00:0a\n",
         "[Match]\nMACAddress=52:54:00:12:34:56\n"},
        {"etc/systemd/network/10-drydock-ens192.link", "[Match]\nMACAddress=00:50:56:00:00:0a\n",
         "[Match]\n"},
        {"etc/udev/rules.d/70-persistent-net.rules", "ATTR{address}==\"00:50:56:00:00:0a\"\n",
         "ATTR{address}==\"52:54:00:12:34:56\"\n"},
        {"etc/cmdline.d/40-net.conf",
         " ip=192.0.2.10::192.0.2.1:255.255.255.0::ens192:none ifname=ens192:00:50:56:00:00:0A ",
         " ip=10.0.2.99::10.0.2.2:255.255.255.0::ens192:none ifname=ens192:52:54:00:12:34:56 "},
        {"conf/conf.d/ip", "IP=192.0.2.10:::255.255.255.0::ens192:off\n",
         "IP=10.0.2.99::10.0.2.2:255.255.255.0::ens192:off\n"},
        {"etc/other", "00:50:56:00:00:0a", NULL},
    };
    static const char *const folders[] = {"conf",
                                          "conf/conf.d",
                                          "etc",
                                          "etc/cmdline.d",
                                          "etc/systemd",
                                          "etc/systemd/network",
                                          "etc/udev",
                                          "etc/udev/rules.d",
                                          "lib",
                                          "lib/modules",
                                          "lib/modules/" VERSION,
                                          "lib/modules/" VERSION "/kernel",
                                          "lib/modules/" VERSION "/kernel/drivers",
                                          "lib/modules/" VERSION "/kernel/drivers/net"};
    g_autoptr(TestGuest) guest = test_modules_guest("");
    g_autoptr(KernelModules) modules = test_modules_read(guest);
    g_autoptr(NicAddress) address = nic_address_parse("10.0.2.99/24,gateway=10.0.2.2", NULL);
    g_autoptr(GPtrArray) files = g_ptr_array_new(), moves = g_ptr_array_new();
    g_autoptr(GHashTable) root = test_unpack_new();
    const LinuxNic nic = {.mac = "00:50:56:00:00:0a", .new_mac = "52:54:00:12:34:56"};
    InitramfsFile file = {.path = g_strdup("/etc/systemd/network/10-drydock-ens192.link"),
                          .content = g_bytes_new_static("[Match]\n", 8)};
    NetworkMove move = {
        .old_host = g_strdup("192.0.2.10"), .name = g_strdup("ens192"), .address = address};
    const InitramfsNetwork network = {files, &nic, 1, moves};
    g_auto(CpioWriter) writer = {0};
    g_autoptr(GBytes) archive = NULL, extended = NULL;
    g_autofree char *summary = NULL;
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(files, &file);
    g_ptr_array_add(moves, &move);
    cpio_writer_init(&writer);
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
        cpio_writer_add_directory(&writer, folders[i]);
    test_modules_add_text(&writer, "lib/modules/" VERSION "/kernel/drivers/net/vmxnet3.ko", "x");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        test_modules_add_text(&writer, rows[i].path, rows[i].content);
    archive = cpio_writer_finish(&writer);
    g_assert_true(initramfs_extend(archive, &guest->guest, VERSION, modules, &network, &extended,
                                   &summary, &error));
    g_assert_no_error(error);
    g_assert_nonnull(strstr(summary, "; has the new addresses of network cards"));
    test_modules_unpack(root, extended);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = test_unpack_text(root, rows[i].path);

        g_assert_cmpstr(text, ==, rows[i].expected != NULL ? rows[i].expected : rows[i].content);
    }
    g_free(file.path);
    g_bytes_unref(file.content);
    g_free(move.old_host);
    g_free(move.name);
}

/* NixOS: /lib/modules is a link that its init makes. */
static void test_store(void)
{
    static const char folder[] = "nix/store/4d-modules-shrunk/lib/modules/" VERSION;
    g_autoptr(TestGuest) guest = test_modules_guest("");
    g_autoptr(KernelModules) modules = test_modules_read(guest);
    g_auto(CpioWriter) writer = {0};
    g_autoptr(GBytes) archive = NULL, extended = NULL;
    g_autofree char *summary = NULL, *dep = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) root = test_unpack_new();
    g_autofree char *path = g_strconcat(folder, "/modules.dep", NULL);

    cpio_writer_init(&writer);
    for (const char *slash = strchr(folder, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *parent = g_strndup(folder, (gsize)(slash - folder));

        cpio_writer_add_directory(&writer, parent);
    }
    cpio_writer_add_directory(&writer, folder);
    test_modules_add_text(&writer, path, "kernel/drivers/scsi/vmw_pvscsi.ko:\n");
    archive = cpio_writer_finish(&writer);
    g_assert_true(initramfs_extend(archive, &guest->guest, VERSION, modules, NULL, &extended,
                                   &summary, &error));
    g_assert_no_error(error);
    test_modules_unpack(root, extended);
    dep = test_unpack_text(root, path);
    g_assert_true(g_str_has_prefix(dep, "kernel/drivers/scsi/vmw_pvscsi.ko:\n"));
    g_assert_nonnull(strstr(dep, BLK ":"));
    g_assert_false(g_hash_table_contains(root, "lib"));
}

static void test_damaged(void)
{
    static const char *const argv[] = {"gzip", "-n", NULL};
    g_autoptr(GBytes) archive = make_archive(TRUE, "");
    g_autoptr(GBytes) packed = test_filter(argv, archive);
    g_autoptr(GBytes) inner = packed != NULL ? test_filter(argv, packed) : NULL;
    const struct {
        GBytes *bytes;
        gsize length;
        DrydockError code;
    } rows[] = {
        {archive, g_bytes_get_size(archive) - 200, DRYDOCK_ERROR_CORRUPT}, /* no trailer */
        {archive, 111, DRYDOCK_ERROR_CORRUPT},
        {archive, 50, DRYDOCK_ERROR_UNSUPPORTED}, /* not even a header */
        {archive, 0, DRYDOCK_ERROR_CORRUPT},
        {packed, packed != NULL ? g_bytes_get_size(packed) / 2 : 0, DRYDOCK_ERROR_CORRUPT},
        {inner, inner != NULL ? g_bytes_get_size(inner) : 0, DRYDOCK_ERROR_CORRUPT},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) image = NULL;
        g_autoptr(Initramfs) initramfs = NULL;

        if (rows[i].bytes == NULL)
            continue;
        image = g_bytes_new_from_bytes(rows[i].bytes, 0, rows[i].length);
        initramfs = initramfs_read(image, &error);
        g_assert_null(initramfs);
        g_assert_error(error, DRYDOCK_ERROR, (int)rows[i].code);
    }
}

/* The kernel's lzma code may stop a byte too early, so nothing is put behind it. */
static void test_lzma_refused(void)
{
    static const char *const argv[] = {"xz", "--format=lzma", NULL};
    g_autoptr(GBytes) archive = make_archive(FALSE, "");
    g_autoptr(GBytes) packed = test_filter(argv, archive);
    g_autoptr(Initramfs) initramfs = NULL;
    g_autoptr(GError) error = NULL;

    if (packed == NULL) {
        g_test_skip("xz is not installed");
        return;
    }
    initramfs = initramfs_read(packed, &error);
    g_assert_no_error(error);
    g_assert_true(initramfs_has(initramfs, "conf/modules"));
    g_assert_null(initramfs_append(initramfs, archive, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
}

static void test_resolve(void)
{
    static const struct {
        const char *path;
        const char *expected;
    } rows[] = {
        {"lib/modules", "usr/lib/modules"},
        {"/lib", "usr/lib"},
        {"a/b", "etc/b"},
        {"up/x", "usr/x"},
        {"loop/x", "loop/x"},
        {"./usr//lib/../bin", "usr/bin"},
        {"../../x", "x"},
        {"", ""},
    };
    g_auto(CpioWriter) writer = {0};
    g_autoptr(GBytes) archive = NULL;
    g_autoptr(Initramfs) initramfs = NULL;
    g_autoptr(GError) error = NULL;

    cpio_writer_init(&writer);
    cpio_writer_add_symlink(&writer, "lib", "usr/lib");
    cpio_writer_add_symlink(&writer, "a", "/etc");
    cpio_writer_add_symlink(&writer, "up", "usr/lib/..");
    cpio_writer_add_symlink(&writer, "loop", "loop");
    archive = cpio_writer_finish(&writer);
    initramfs = initramfs_read(archive, &error);
    g_assert_no_error(error);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *resolved = initramfs_resolve(initramfs, rows[i].path);

        g_assert_cmpstr(resolved, ==, rows[i].expected);
    }
}

int main(int argc, char **argv)
{
    static Layout layouts[G_N_ELEMENTS(formats) * 4];

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(layouts); i++) {
        Layout *layout = &layouts[i];
        g_autofree char *name = NULL;

        layout->format = &formats[i / 4];
        layout->merged = i % 2 == 1;
        layout->early = i / 2 % 2 == 1;
        name = g_strdup_printf("/linux/initramfs/%s%s%s", layout->format->name,
                               layout->merged ? "/merged-usr" : "/split-usr",
                               layout->early ? "/microcode" : "");
        g_test_add_data_func(name, layout, test_layout);
    }
    g_test_add_func("/linux/initramfs/compressed-modules", test_compressed_modules);
    g_test_add_func("/linux/initramfs/extras", test_extras);
    g_test_add_func("/linux/initramfs/storage-texts", test_storage_texts);
    g_test_add_func("/linux/initramfs/network-texts", test_network_texts);
    g_test_add_func("/linux/initramfs/store", test_store);
    g_test_add_func("/linux/initramfs/damaged", test_damaged);
    g_test_add_func("/linux/initramfs/lzma", test_lzma_refused);
    g_test_add_func("/linux/initramfs/resolve", test_resolve);
    return g_test_run();
}
