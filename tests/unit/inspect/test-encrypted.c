/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encrypted volumes: what is known of them, and what a locked one means for the guest. */
#include "inspect/encrypted.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "base/bytes.h"
#include "base/error.h"
#include "tests/unit/inspect/windows-test-guest.h"

static Volume *add_locked(VolumeSet *set, guint number)
{
    Volume *volume = support_add_volume(set, 0, number, NULL, "BitLocker", NULL, NULL);
    volume->bitlocker = g_new0(VolumeBitlocker, 1);
    volume->bitlocker->id = g_strdup("11111111-1111-1111-1111-111111111111");
    volume->bitlocker->reason = g_strdup("no key; it opens with: TPM 22222222");
    return volume;
}

/* A store whose default entry starts partition number of disk 12345678. */
static GBytes *make_store(guint number)
{
    g_autoptr(GString) device = g_string_new("hex:");
    guint8 element[0x58] = {0};
    put_le32(element + 0x10, 6);
    put_le32(element + 0x14, 0x48);
    put_le64(element + 0x20, (guint64)number << 20);
    put_le32(element + 0x34, 1);
    put_le32(element + 0x38, 0x12345678);
    for (guint i = 0; i < sizeof element; i++)
        g_string_append_printf(device, "%02x", element[i]);
    const HiveRow rows[] = {
        {"Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\23000003", "Element",
         "{0a0b0c0d-0000-0000-0000-000000000000}"},
        {"Objects\\{0a0b0c0d-0000-0000-0000-000000000000}\\Elements\\21000001", "Element",
         device->str},
        {NULL, NULL, NULL},
    };
    return support_hive(rows);
}

/* Beside the system it is a warning; where Windows starts from it, nothing can be done. */
static void test_locked(void)
{
    static const struct {
        const char *label;
        guint started; /* partition of the default entry; 0: no store */
        const char *expected;
    } rows[] = {
        {"no boot manager of Windows", 0, "bitlocker-data"},
        {"the system is the default", 1, "bitlocker-data"},
        {"the default is locked", 2, "bitlocker"},
        {"the default is not there", 3, "bitlocker-data"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].label);
        g_autoptr(TestGuest) test = test_guest_new(NULL, NULL);
        PartitionTable *table = g_ptr_array_index(test->set->tables, 0);
        table->disk_id = g_strdup("12345678");
        add_locked(test->set, 2);
        if (rows[i].started) {
            g_autoptr(GBytes) store = make_store(rows[i].started);
            support_add_bytes(test->fs, "/Boot/BCD", store);
        }
        test_guest_inspect(test);
        g_assert_cmpstr(test->guest->root->name, ==, "sda1");
        g_assert_true(support_has_finding(test->findings, rows[i].expected));
        g_assert_cmpint(support_has_finding(test->findings, "bitlocker"), ==,
                        g_str_equal(rows[i].expected, "bitlocker"));
    }
}

/* NULL: not there, or no gzip. */
static Disk *open_sample(const char *name, const char *folder)
{
    g_autofree char *packed = g_build_filename(DRYDOCK_TESTDATA, "crypto/dissect-fve", name, NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *command = g_strdup_printf("gzip -dc '%s' > '%s'", packed, path);
    g_autofree char *program = g_find_program_in_path("gzip");
    g_autoptr(GError) error = NULL;
    const char *const arguments[] = {"sh", "-c", command, NULL};
    if (!program || !g_file_test(packed, G_FILE_TEST_EXISTS))
        return NULL;
    g_autoptr(GSubprocess) process = g_subprocess_newv(arguments, G_SUBPROCESS_FLAGS_NONE, &error);
    g_assert_no_error(error);
    g_assert_true(g_subprocess_wait_check(process, NULL, &error));
    Disk *disk = disk_open_file(path, FALSE, 512, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_unlink(path), ==, 0);
    return disk;
}

/* Volumes that Windows encrypted. */
static void test_samples(void)
{
    static const struct {
        const char *file;
        VolumeLock lock;
        const char *method, *kind;
    } rows[] = {
        {"bde-suspended.bin.gz", VOLUME_SUSPENDED, "AES-XTS-128", "clear key"},
        {"bde-recovery_password.bin.gz", VOLUME_LOCKED, "AES-XTS-128", "recovery password"},
        {"bde-aes-xts_128.bin.gz", VOLUME_LOCKED, "AES-XTS-128", "passphrase"},
        {"bde-decrypted.bin.gz", VOLUME_PLAIN, NULL, NULL},
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("encrypted-XXXXXX", &error);
    g_assert_no_error(error);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Disk) disk = open_sample(rows[i].file, folder);
        if (!disk) {
            g_test_skip("no test data");
            break;
        }
        g_test_message("%s", rows[i].file);
        g_autoptr(Disk) scratch = disk_new_scratch(disk, 1 << 20);
        g_autoptr(GPtrArray) disks = g_ptr_array_new();
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(VolumeSet) set = NULL;
        g_ptr_array_add(disks, scratch);
        g_assert_true(volume_set_open(disks, findings, &set, &error));
        g_assert_no_error(error);
        const Volume *volume = g_ptr_array_index(set->volumes, 0);
        const VolumeBitlocker *encryption = volume->bitlocker;
        g_assert_nonnull(encryption);
        g_assert_cmpint(encryption->lock, ==, rows[i].lock);
        g_assert_cmpint(volume_is_locked(volume), ==, rows[i].lock == VOLUME_LOCKED);
        g_assert_cmpint(encryption->reason != NULL, ==, rows[i].lock == VOLUME_LOCKED);
        g_assert_true(g_uuid_string_is_valid(encryption->id));
        if (rows[i].method)
            g_assert_cmpstr(encryption->method, ==, rows[i].method);
        if (rows[i].kind)
            g_assert_true(
                g_strv_contains((const char *const *)encryption->protector_kinds, rows[i].kind));
        g_assert_cmpuint(g_strv_length(encryption->protector_ids), ==,
                         g_strv_length(encryption->protector_kinds));
        g_assert_false(support_has_finding(findings, "bitlocker"));
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/encrypted/locked", test_locked);
    g_test_add_func("/inspect/encrypted/samples", test_samples);
    return g_test_run();
}
