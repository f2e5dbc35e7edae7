/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes that a User-Mode Linux kernel puts together, made by lvm2 and mdadm in another one
   (tests/images/kernel-volumes): what is read is what that kernel read, and after our writing it is
   content. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/finding.h"
#include "base/run.h"
#include "inspect-support.h"
#include "tests/unit/disk/support.h"
#include "tests/unit/fs/test-fs-uml-image.h"

enum { MAKE_SECONDS = 900, PIECE_BYTES = 3 << 20 };

/* One kind of disks, in a folder of its own when they are written. */
typedef struct {
    const char *kind;  /* "lvm", "md" */
    const char *group; /* before the names of "sums" */
    char *folder;
    gboolean is_copy;
    GPtrArray *disks, *findings;
    VolumeSet *set;
} Machine;

static char *make(const char *kind, const char *folder)
{
    static const char *const programs[] = {"linux.uml", "mdadm", "lvm",     "mke2fs",
                                           "sfdisk",    "bash",  "python3", NULL};
    g_autoptr(GError) error = NULL;
    char *output = NULL;
    if (!test_has_programs(programs))
        return NULL;
    const char *const argv[] = {DRYDOCK_SOURCE_DIR "/tests/images/kernel-volumes", kind, folder,
                                NULL};
    assert_ok(run_program(argv, &(RunOptions){.timeout_seconds = MAKE_SECONDS}, &output, &error),
              error);
    return g_strstrip(output);
}

static void drop_disk(gpointer disk)
{
    disk_unref(disk);
}

static void machine_read_disks(Machine *machine)
{
    g_autoptr(GError) error = NULL;
    machine->disks = g_ptr_array_new_with_free_func(drop_disk);
    machine->findings = findings_new();
    for (char letter = 'a'; letter <= 'e'; letter++) {
        g_autofree char *path = g_strdup_printf("%s/sd%c.img", machine->folder, letter);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            continue;
        Disk *disk = disk_open_file(path, machine->is_copy, 512, &error);
        g_assert_no_error(error);
        g_ptr_array_add(machine->disks, disk);
    }
}

static void machine_open(Machine *machine, FsKernel *kernel)
{
    g_autoptr(GError) error = NULL;
    machine_read_disks(machine);
    assert_ok(volume_set_open_with_kernel(machine->disks, NULL, FS_OPEN_DEFAULT, kernel,
                                          machine->findings, &machine->set, &error),
              error);
}

static void machine_close(Machine *machine)
{
    g_clear_pointer(&machine->set, volume_set_free);
    g_clear_pointer(&machine->findings, g_ptr_array_unref);
    g_clear_pointer(&machine->disks, g_ptr_array_unref);
}

static void machine_clear(Machine *machine)
{
    machine_close(machine);
    if (machine->is_copy)
        TEST_RUN("rm", "-r", machine->folder);
    g_free(machine->folder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Machine, machine_clear)

/* FALSE: skipped. */
static gboolean machine_make(Machine *machine, const char *kind, gboolean copy)
{
    char *folder = make(kind, NULL);
    if (!folder)
        return FALSE;
    *machine = (Machine){.kind = kind,
                         .group = g_str_equal(kind, "lvm") ? "vg" : "md",
                         .folder = folder,
                         .is_copy = copy};
    if (copy) {
        machine->folder = test_folder_make();
        g_autofree char *all = g_strconcat(folder, "/.", NULL);
        TEST_RUN("cp", "-r", "--sparse=always", all, machine->folder);
        g_free(folder);
    }
    return TRUE;
}

/* By the name that "sums" has; "old" has none. */
static Volume *get_volume(const Machine *machine, const char *name)
{
    g_autofree char *full = g_strcmp0(name, "old") == 0
                                ? g_strdup("md7")
                                : g_strdup_printf("%s/%s", machine->group, name);
    for (guint i = 0; i < machine->set->volumes->len; i++) {
        Volume *volume = g_ptr_array_index(machine->set->volumes, i);
        if (g_str_equal(volume->name, full))
            return volume;
    }
    for (guint i = 0; i < machine->findings->len; i++) {
        const Finding *finding = g_ptr_array_index(machine->findings, i);
        g_test_message("%s: %s", finding_code_name(finding->code), finding->sentence);
    }
    g_error("no volume %s", full);
}

static char *sum_disk(Disk *disk)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *piece = g_malloc(PIECE_BYTES);
    for (uint64_t offset = 0; offset < disk_size(disk); offset += PIECE_BYTES) {
        size_t length = (size_t)MIN(disk_size(disk) - offset, PIECE_BYTES);
        assert_ok(disk_read(disk, offset, piece, length, &error), error);
        g_checksum_update(checksum, piece, (gssize)length);
    }
    return g_strdup(g_checksum_get_string(checksum));
}

static char **read_lines(const Machine *machine, const char *name)
{
    g_autofree char *path = g_build_filename(machine->folder, name, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    assert_ok(g_file_get_contents(path, &text, NULL, &error), error);
    return g_strsplit(g_strstrip(text), "\n", -1);
}

/* Every volume is what the other kernel has written, as lines of "name sum". */
static void check_sums(const Machine *machine)
{
    g_auto(GStrv) lines = read_lines(machine, "sums");
    g_assert_cmpuint(g_strv_length(lines), >, 8);
    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", 2);
        const Volume *volume = get_volume(machine, words[0]);
        g_autofree char *sum = sum_disk(volume->stored);
        g_test_message("%s", words[0]);
        g_assert_cmpstr(sum, ==, words[1]);
        g_assert_nonnull(volume->fs);
        g_assert_cmpuint(disk_level(volume->stored), ==, 1);
    }
}

static void test_read(gconstpointer kind)
{
    g_auto(Machine) machine = {0};
    if (!machine_make(&machine, kind, FALSE))
        return;
    machine_open(&machine, uml_kernel());
    check_sums(&machine);
}

/* An edit in every volume. From names to sums of what it is then. */
static GHashTable *change_all(Machine *machine)
{
    GHashTable *sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) lines = read_lines(machine, "sums");
    g_autofree char *big = g_malloc(PIECE_BYTES);
    memset(big, 'x', PIECE_BYTES);
    g_autoptr(GBytes) bytes = g_bytes_new(big, PIECE_BYTES);
    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", 2);
        const Volume *volume = get_volume(machine, words[0]);
        g_autoptr(GError) error = NULL;
        if (!disk_is_writable(volume->disk))
            continue;
        assert_ok(fs_remove(volume->fs, "/content", &error), error);
        assert_ok(
            fs_write_file(volume->fs, "/drydock", bytes, &(FsAttributes){.mode = 0644}, &error),
            error);
    }
    g_autoptr(GError) error = NULL;
    assert_ok(volume_set_settle(machine->set, &error), error);
    machine_close(machine);
    machine_open(machine, uml_kernel());
    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", 2);
        g_hash_table_insert(sums, g_strdup(words[0]),
                            sum_disk(get_volume(machine, words[0])->stored));
    }
    return sums;
}

/* What lvm2 and mdadm have to say afterwards in a kernel of their own. */
static void check_lines(const Machine *machine, GHashTable *sums)
{
    g_auto(GStrv) lines = read_lines(machine, "check");
    for (guint i = 0; lines[i]; i++) {
        g_test_message("%s", lines[i]);
        g_auto(GStrv) words = g_strsplit(lines[i], " ", 3);
        if (g_str_equal(words[0], "mismatches") || g_str_equal(words[0], "fsck"))
            g_assert_cmpstr(words[2], ==, "0");
        else if (g_str_equal(words[0], "state"))
            g_assert_true(strstr(words[2], "idle") || g_str_equal(words[1], "dirty"));
        else
            g_assert_cmpstr(words[1], ==, g_hash_table_lookup(sums, words[0]));
    }
}

static void test_write(gconstpointer kind)
{
    g_auto(Machine) machine = {0};
    if (!machine_make(&machine, kind, TRUE))
        return;
    machine_open(&machine, uml_kernel());
    g_autoptr(GHashTable) sums = change_all(&machine);
    machine_close(&machine);
    g_autofree char *output = make(kind, machine.folder);
    check_lines(&machine, sums);
}

#define SUPER_OFFSET 4096u /* of version 1.2 */
#define SUPER_BYTES 512u
#define SUPER_CHECKSUM 216u
#define DM_RAID_MAGIC "DmRd"
#define SNAPSHOT_MAGIC "SnAp"

/* As md_super.c has it: words are added up, and the carry once more. */
static void mend_checksum(guint8 *super)
{
    guint64 sum = 0;
    size_t length = 256 + 2 * (size_t)get_le32(super + 220);
    put_le32(super + SUPER_CHECKSUM, 0);
    for (size_t i = 0; i + 4 <= MIN(length, SUPER_BYTES); i += 4)
        sum += get_le32(super + i);
    put_le32(super + SUPER_CHECKSUM, (guint32)((sum & G_MAXUINT32) + (sum >> 32)));
}

/* Fields of a superblock that the kernel computes with: offset and bytes. */
static const struct {
    guint offset, bytes;
} fields[] = {
    {8, 4},   /* features */
    {72, 4},  /* level */
    {76, 4},  /* layout */
    {80, 8},  /* size */
    {88, 4},  /* chunk */
    {92, 4},  /* disks */
    {96, 4},  /* bitmap */
    {104, 8}, /* where a reshaping is */
    {112, 4}, /* what it adds */
    {120, 4}, /* the new chunk */
    {128, 8}, /* data offset */
    {152, 8}, /* what is rebuilt */
    {208, 8}, /* what is synchronised */
};

/* The superblocks of every member of the array that partition number of each disk belongs to. */
static void damage_supers(const Machine *machine, guint number, guint field, guint64 value)
{
    uint64_t start = ((uint64_t)1 + (number - 1) * 44) << 20;
    for (guint i = 0; i < machine->disks->len; i++) {
        guint8 super[SUPER_BYTES];
        guint8 bytes[8];
        g_autoptr(GError) error = NULL;
        Disk *disk = machine->disks->pdata[i];
        assert_ok(disk_read(disk, start + SUPER_OFFSET, super, sizeof(super), &error), error);
        put_le64(bytes, value);
        memcpy(super + fields[field].offset, bytes, fields[field].bytes);
        mend_checksum(super);
        assert_ok(disk_write(disk, start + SUPER_OFFSET, super, sizeof(super), &error), error);
    }
}

/* Its disks with changes in memory only. */
static void machine_open_damaged(Machine *machine, void (*damage)(const Machine *, guint),
                                 guint round)
{
    g_autoptr(GError) error = NULL;
    machine_read_disks(machine);
    for (guint i = 0; i < machine->disks->len; i++) {
        Disk *below = machine->disks->pdata[i];
        machine->disks->pdata[i] = disk_new_scratch(below, 64 << 20);
        disk_unref(below);
    }
    damage(machine, round);
    assert_ok(volume_set_open_with_kernel(machine->disks, NULL, FS_OPEN_DEFAULT, uml_kernel(),
                                          machine->findings, &machine->set, &error),
              error);
    for (guint i = 0; i < machine->findings->len; i++) {
        const Finding *finding = g_ptr_array_index(machine->findings, i);
        g_test_message("%u: %s", round, finding->sentence);
    }
    if (g_str_equal(machine->kind, "lvm"))
        g_assert_true(support_has_finding(machine->findings, "volume-assembly"));
    /* A kernel that has been killed by it is no use for the next round. */
    machine_close(machine);
    if (uml_kernel_is_broken())
        uml_kernel_end();
}

static void damage_md(const Machine *machine, guint round)
{
    static const guint64 values[] = {0, 1, 0x7fffffff, G_MAXUINT64, 0x10000};
    damage_supers(machine, 1 + round % 5, round % G_N_ELEMENTS(fields),
                  values[round % G_N_ELEMENTS(values)]);
}

/* Superblocks of LVM's RAID and stores of snapshots have no checksum. */
static void damage_lvm(const Machine *machine, guint round)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(round);
    guint8 block[4096];
    for (guint i = 0; i < machine->disks->len; i++) {
        Disk *disk = machine->disks->pdata[i];
        for (uint64_t offset = 1 << 20; offset + sizeof(block) <= disk_size(disk);
             offset += sizeof(block)) {
            g_autoptr(GError) error = NULL;
            assert_ok(disk_read(disk, offset, block, sizeof(block), &error), error);
            if (memcmp(block, DM_RAID_MAGIC, 4) != 0 && memcmp(block, SNAPSHOT_MAGIC, 4) != 0)
                continue;
            for (guint j = 0; j < 4; j++)
                block[g_rand_int_range(rand, 4, 80)] = (guint8)g_rand_int_range(rand, 0, 256);
            assert_ok(disk_write(disk, offset, block, sizeof(block), &error), error);
        }
    }
}

static void test_damaged(gconstpointer kind)
{
    g_auto(Machine) machine = {0};
    gboolean is_lvm = g_str_equal(kind, "lvm");
    if (!machine_make(&machine, kind, FALSE))
        return;
    for (guint round = 0; round < (is_lvm ? 4u : 13u); round++)
        machine_open_damaged(&machine, is_lvm ? damage_lvm : damage_md, round);
}

static void test_no_kernel(gconstpointer kind)
{
    g_auto(Machine) machine = {0};
    if (!machine_make(&machine, kind, FALSE))
        return;
    machine_open(&machine, NULL);
    g_assert_true(
        support_has_finding(machine.findings, g_str_equal(kind, "lvm") ? "lvm-type" : "raid-type"));
    g_assert_cmpuint(machine.set->unmapped->len, >, 5);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/inspect/volume-kernel/lvm", "lvm", test_read);
    g_test_add_data_func("/inspect/volume-kernel/md", "md", test_read);
    g_test_add_data_func("/inspect/volume-kernel/lvm-write", "lvm", test_write);
    g_test_add_data_func("/inspect/volume-kernel/md-write", "md", test_write);
    g_test_add_data_func("/inspect/volume-kernel/lvm-none", "lvm", test_no_kernel);
    g_test_add_data_func("/inspect/volume-kernel/md-none", "md", test_no_kernel);
    g_test_add_data_func("/inspect/volume-kernel/lvm-damaged", "lvm", test_damaged);
    g_test_add_data_func("/inspect/volume-kernel/md-damaged", "md", test_damaged);
    int status = g_test_run();
    uml_kernel_end();
    return status;
}
