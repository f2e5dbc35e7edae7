/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BitLocker volumes that Windows made, opened by each of their secrets: all that is in them against
   the digests published with them, and against other people's readers before and after we wrote. */
#include <string.h>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/bitlocker.h"
#include "support.h"

#define MIB ((size_t)1 << 20)

/* Digest of all of disk, in hexadecimal. */
static char *digest_of(Disk *disk)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *bytes = g_malloc(MIB);
    uint8_t digest[32];
    GString *text = g_string_new(NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    g_assert_cmpint(EVP_DigestInit_ex(context, EVP_sha256(), NULL), ==, 1);
    for (uint64_t offset = 0; offset < disk_size(disk); offset += MIB) {
        size_t length = (size_t)MIN(MIB, disk_size(disk) - offset);
        assert_ok(disk_read(disk, offset, bytes, length, &error), error);
        EVP_DigestUpdate(context, bytes, length);
    }
    EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    for (guint i = 0; i < sizeof(digest); i++)
        g_string_append_printf(text, "%02x", digest[i]);
    return g_string_free(text, FALSE);
}

static void add_text(KeyRing *keys, const char *id, const char *text)
{
    g_autoptr(GError) error = NULL;
    assert_ok(key_ring_add(keys, id, (const uint8_t *)text, strlen(text), &error), error);
}

static void add_file(KeyRing *keys, const char *id, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    size_t length;
    assert_ok(g_file_get_contents(path, &bytes, &length, &error), error);
    assert_ok(key_ring_add(keys, id, (const uint8_t *)bytes, length, &error), error);
}

/* NULL with *error set: it was not opened. */
static Disk *open_image(const char *path, gboolean writable, const KeyRing *keys, GError **error)
{
    g_autoptr(Disk) raw = disk_open_file(path, writable, 512, error);
    g_assert_nonnull(raw);
    g_autoptr(Bitlocker) bitlocker = bitlocker_read(raw, error);
    return bitlocker ? bitlocker_open(bitlocker, raw, keys, error) : NULL;
}

/* uuid: of the filesystem; sha256: of everything. NULL: not known. Of two samples only the
   beginning is there: libblkid does not find their MFT. */
static void check_content(const char *path, const KeyRing *keys, const char *sha256,
                          const char *uuid)
{
    g_autoptr(GError) error = NULL;
    uint8_t sector[512];
    g_autoptr(Disk) disk = open_image(path, FALSE, keys, &error);
    g_assert_no_error(error);
    assert_ok(disk_read(disk, 0, sector, sizeof(sector), &error), error);
    gboolean is_ntfs = memcmp(sector + 3, "NTFS    ", 8) == 0;
    g_assert_true(is_ntfs || memcmp(sector + 54, "FAT16   ", 8) == 0);
    if (uuid) {
        uint32_t fat = get_le32(sector + 39);
        g_autofree char *found =
            is_ntfs ? g_strdup_printf("%016" G_GINT64_MODIFIER "X", get_le64(sector + 72))
                    : g_strdup_printf("%04X-%04X", fat >> 16, fat & 0xffff);
        g_assert_cmpstr(found, ==, uuid);
    }
    if (sha256) {
        g_autofree char *digest = digest_of(disk);
        g_assert_cmpstr(digest, ==, sha256);
    }
}

static void check_locked(const char *path, const KeyRing *keys, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = open_image(path, FALSE, keys, &error);
    g_assert_null(disk);
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
    g_assert_nonnull(strstr(error->message, expected));
    g_assert_nonnull(drydock_error_get_hint(error));
}

typedef struct {
    char *folder;
    GKeyFile *rows; /* what is published with the images, by image */
} Samples;

static void samples_clear(Samples *samples)
{
    g_clear_pointer(&samples->rows, g_key_file_unref);
    if (samples->folder) {
        TEST_RUN("rm", "-rf", samples->folder);
        g_free(samples->folder);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Samples, samples_clear)

/* FALSE: skipped. Unpacked sparse: 2 GiB that take 2 MiB. */
static gboolean samples_open(Samples *samples)
{
    static const char *const programs[] = {"tar", "xz", NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *archive = test_data_path("crypto/bitlk-images-2.6.1.tar.xz");
    if (!archive)
        g_test_skip("no test data");
    if (!archive || !test_has_programs(programs))
        return FALSE;
    samples->folder = test_folder_make();
    TEST_RUN("tar", "-xSf", archive, "-C", samples->folder, "--strip-components=1",
             "--no-same-owner", "--no-same-permissions");
    g_autofree char *list = g_build_filename(samples->folder, "images.conf", NULL);
    samples->rows = g_key_file_new();
    assert_ok(g_key_file_load_from_file(samples->rows, list, G_KEY_FILE_NONE, &error), error);
    return TRUE;
}

static char *sample_path(const Samples *samples, const char *name)
{
    g_autofree char *file = g_strconcat(name, ".img", NULL);
    return g_build_filename(samples->folder, file, NULL);
}

/* NULL: not known or empty. */
static char *sample_get(const Samples *samples, const char *name, const char *key)
{
    char *value = g_key_file_get_string(samples->rows, name, key, NULL);
    if (value && !*value)
        g_clear_pointer(&value, g_free);
    return value;
}

/* whole: all of its content too. */
static void check_secret(const Samples *samples, const char *name, const char *id,
                         const char *secret, gboolean whole)
{
    g_autofree char *path = sample_path(samples, name);
    g_autofree char *sha256 = sample_get(samples, name, "SHA256SUM");
    g_autofree char *uuid = sample_get(samples, name, "UUID");
    g_autoptr(KeyRing) keys = key_ring_new();
    if (g_str_has_suffix(secret, ".BEK"))
        add_file(keys, id, secret);
    else
        add_text(keys, id, secret);
    g_test_message("%s by %s", name, id);
    check_content(path, keys, whole ? sha256 : NULL, uuid);
}

/* Taken while Windows converted them, and with their bitmaps left out. */
static gboolean is_on_write(const char *name)
{
    return strstr(name, "-eow") || strstr(name, "clearkey");
}

/* Every secret by the name of its protector; the recovery password for the volume and for all. */
static void test_every_secret(void)
{
    g_auto(Samples) samples = {0};
    if (!samples_open(&samples))
        return;
    g_auto(GStrv) names = g_key_file_get_groups(samples.rows, NULL);
    g_assert_cmpuint(g_strv_length(names), ==, 16);
    for (guint i = 0; names[i]; i++) {
        const char *name = names[i];
        if (is_on_write(name))
            continue;
        g_autofree char *volume = sample_get(&samples, name, "GUID");
        g_autofree char *passphrase = sample_get(&samples, name, "PW");
        g_autofree char *passphrase_id = sample_get(&samples, name, "PW_VMK_GUID");
        g_autofree char *recovery = sample_get(&samples, name, "RP");
        g_autofree char *recovery_id = sample_get(&samples, name, "RP_VMK_GUID");
        g_autofree char *startup_id = sample_get(&samples, name, "SK_VMK_GUID");
        if (passphrase)
            check_secret(&samples, name, passphrase_id, passphrase, FALSE);
        check_secret(&samples, name, recovery_id, recovery, TRUE);
        check_secret(&samples, name, i % 2 ? volume : "any", recovery, FALSE);
        if (startup_id) {
            g_autofree char *upper = g_ascii_strup(startup_id, -1);
            g_autofree char *file = g_strconcat(upper, ".BEK", NULL);
            g_autofree char *key_file = g_build_filename(samples.folder, file, NULL);
            check_secret(&samples, name, startup_id, key_file, FALSE);
        }
    }
}

static void test_half_converted(void)
{
    g_auto(Samples) samples = {0};
    if (!samples_open(&samples))
        return;
    g_auto(GStrv) names = g_key_file_get_groups(samples.rows, NULL);
    guint count = 0;
    for (guint i = 0; names[i]; i++) {
        if (!is_on_write(names[i]))
            continue;
        g_autoptr(GError) error = NULL;
        g_autofree char *path = sample_path(&samples, names[i]);
        g_assert_null(open_image(path, FALSE, NULL, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(drydock_error_get_hint(error), "let it finish"));
        count++;
    }
    g_assert_cmpuint(count, ==, 2);
}

static void test_wrong_keys(void)
{
    g_auto(Samples) samples = {0};
    if (!samples_open(&samples))
        return;
    g_autofree char *path = sample_path(&samples, "bitlk-aes-xts-128-startup-key");
    g_autofree char *other =
        g_build_filename(samples.folder, "AA80A52B-9B66-47AE-B097-33F536FFBB07.BEK", NULL);
    g_autofree char *recovery = sample_get(&samples, "bitlk-aes-xts-128-startup-key", "RP");
    check_locked(path, NULL, "no key was given for");
    g_autoptr(KeyRing) keys = key_ring_new();
    check_locked(path, keys, "no key was given for");
    add_text(keys, "cdfdf65e-42ea-4486-ac2c-db11d8b619f9", recovery);
    check_locked(path, keys, "no key was given for"); /* for another protector */
    add_file(keys, "any", other);
    check_locked(path, keys, "of another kind than its protectors");
    add_text(keys, "any", "anacondo");
    check_locked(path, keys, "no key that was given opens");
    recovery[5] = recovery[5] == '0' ? '1' : '0';
    add_text(keys, "*", recovery);
    check_locked(path, keys, "group 1 of the recovery password");
    /* One that is right among those that are not. */
    add_text(keys, "{294BC732-F82F-404C-A2CE-D1094ED59506}",
             "363770-230505-096371-652674-567006-579150-291038-408111");
    check_content(path, keys, NULL, "27F7B5DB3754A2A9");
}

/* The file in which Windows saves a recovery password. */
static void test_saved_text(void)
{
    static const char text[] =
        "BitLocker Drive Encryption recovery key \r\n\r\nIdentifier:\r\n\r\n\t294BC732-F82F-404C-"
        "A2CE-D1094ED59506\r\n\r\nRecovery Key:\r\n\r\n\t363770-230505-096371-652674-567006-579150-"
        "291038-408111\r\n";
    g_auto(Samples) samples = {0};
    if (!samples_open(&samples))
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = sample_path(&samples, "bitlk-aes-xts-128-startup-key");
    glong units = 0;
    g_autofree gunichar2 *wide = g_utf8_to_utf16(text, -1, NULL, &units, NULL);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const uint8_t *)"\xff\xfe", 2);
    g_byte_array_append(bytes, (const uint8_t *)wide, (guint)units * 2);
    g_autoptr(KeyRing) keys = key_ring_new();
    assert_ok(key_ring_add(keys, "any", bytes->data, bytes->len, &error), error);
    check_content(path, keys, NULL, "27F7B5DB3754A2A9");
    key_ring_wipe(keys);
    check_locked(path, keys, "no key was given for");
}

typedef struct {
    const char *file, *passphrase, *description;
    BitlockerState state;
} DissectRow;

static const DissectRow dissect_rows[] = {
    {"bde-aes-xts_128.bin.gz", "password12!@", "passphrase 55faeded-603a-459f-8f6b-325cf781f971",
     BITLOCKER_ENCRYPTED},
    {"bde-recovery_password.bin.gz", "284867-596541-514998-422114-660297-261613-215424-199408",
     "recovery password 3c116b76-c67b-484e-b439-ce2ed68b561e, "
     "passphrase 6dd54bcd-633d-4836-9ebc-44fa02f1776d",
     BITLOCKER_ENCRYPTED},
    {"bde-suspended.bin.gz", NULL, "clear key 62472a91-12f9-40d4-81b5-4c1567e40d0e",
     BITLOCKER_ENCRYPTED},
    {"bde-decrypted.bin.gz", NULL, "no key protector", BITLOCKER_DECRYPTED},
};

static void test_cut_off(void)
{
    static const char *const programs[] = {"gzip", NULL};
    if (!test_has_programs(programs))
        return;
    char *folder = test_folder_make();
    g_autofree char *path = g_build_filename(folder, "volume", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(dissect_rows); i++) {
        const DissectRow *row = &dissect_rows[i];
        g_autoptr(GError) error = NULL;
        g_autofree char *name = g_strconcat("crypto/dissect-fve/", row->file, NULL);
        g_autofree char *packed = test_data_path(name);
        if (!packed) {
            g_test_skip("no test data");
            break;
        }
        test_decompress("gzip", packed, path);
        g_autoptr(KeyRing) keys = key_ring_new();
        if (row->passphrase)
            add_text(keys, "any", row->passphrase);
        g_autoptr(Disk) raw = disk_open_file(path, FALSE, 512, &error);
        g_autoptr(Bitlocker) bitlocker = bitlocker_read(raw, &error);
        g_assert_no_error(error);
        g_assert_cmpint(bitlocker_state(bitlocker), ==, row->state);
        g_autofree char *protectors = bitlocker_describe_protectors(bitlocker);
        g_assert_cmpstr(protectors, ==, row->description);
        g_autoptr(Disk) disk = bitlocker_open(bitlocker, raw, keys, &error);
        g_assert_no_error(error);
        uint8_t bytes[1024];
        assert_ok(disk_read(disk, 0, bytes, 512, &error), error);
        g_assert_cmpint(memcmp(bytes + 3, "NTFS    ", 8), ==, 0);
        assert_ok(disk_read(disk, 0x2000, bytes, 512, &error), error);
        g_assert_cmpint(memcmp(bytes, "FILE", 4), ==, 0);
    }
    test_folder_remove(folder);
}

/* What dislocker makes of the volume with its recovery password, as a plain file. */
static void decrypt_by_dislocker(const char *volume, const char *recovery, const char *output)
{
    g_autofree char *password = g_strconcat("-p", recovery, NULL);
    TEST_RUN("dislocker-file", "-q", "-r", "-V", volume, password, "--", output);
}

/* Writes of every alignment, then both readers see the same volume with exactly these changes. */
static void check_writing(const Samples *samples, const char *name)
{
    static const struct {
        uint64_t offset;
        size_t length;
    } writes[] = {
        {0, 512},
        {3, 8},
        {8190, 5},
        {1 * MIB, 4096},
        {1 * MIB + 7, 1},
        {2 * MIB + 511, 2},
        {20 * MIB, MIB},
        {50 * MIB + 100, 300000},
        {99 * MIB, 65536},
        {30 * MIB, 4095},
        {30 * MIB + 8191, 4098},
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *path = sample_path(samples, name);
    g_autofree char *recovery = sample_get(samples, name, "RP");
    g_autofree char *before_path = g_build_filename(samples->folder, "before", NULL);
    g_autofree char *after_path = g_build_filename(samples->folder, "after", NULL);
    g_autoptr(KeyRing) keys = key_ring_new();
    add_text(keys, "any", recovery);
    g_test_message("%s", name);
    decrypt_by_dislocker(path, recovery, before_path);
    g_autoptr(Disk) expected = disk_open_file(before_path, TRUE, 512, &error);
    g_assert_no_error(error);
    {
        g_autoptr(Disk) disk = open_image(path, TRUE, keys, &error);
        g_assert_no_error(error);
        g_autofree uint8_t *bytes = g_malloc(2 * MIB);
        for (guint i = 0; i < G_N_ELEMENTS(writes); i++) {
            test_fill(bytes, writes[i].length, i);
            assert_ok(disk_write(disk, writes[i].offset, bytes, writes[i].length, &error), error);
            assert_ok(disk_write(expected, writes[i].offset, bytes, writes[i].length, &error),
                      error);
        }
        assert_ok(disk_flush(disk, &error), error);
    }
    decrypt_by_dislocker(path, recovery, after_path);
    g_autoptr(Disk) theirs = disk_open_file(after_path, FALSE, 512, &error);
    g_autoptr(Disk) ours = open_image(path, FALSE, keys, &error);
    g_assert_no_error(error);
    g_autofree char *wanted = digest_of(expected);
    g_autofree char *seen_by_them = digest_of(theirs);
    g_autofree char *seen_by_us = digest_of(ours);
    g_assert_cmpstr(seen_by_them, ==, wanted);
    g_assert_cmpstr(seen_by_us, ==, wanted);
    TEST_RUN("rm", "-f", before_path, after_path);
}

static void test_writing(void)
{
    static const char *const programs[] = {"dislocker-file", NULL};
    static const char *const names[] = {
        "bitlk-aes-xts-256",
        "bitlk-aes-cbc-elephant-256",
        "bitlk-togo-aes-xts-128",
        "bitlk-aes-cbc-128-4k",
    };
    g_auto(Samples) samples = {0};
    if (!test_has_programs(programs) || !samples_open(&samples))
        return;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        check_writing(&samples, names[i]);
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    g_test_add_func("/disk/bitlocker-samples/every-secret", test_every_secret);
    g_test_add_func("/disk/bitlocker-samples/half-converted", test_half_converted);
    g_test_add_func("/disk/bitlocker-samples/wrong-keys", test_wrong_keys);
    g_test_add_func("/disk/bitlocker-samples/saved-text", test_saved_text);
    g_test_add_func("/disk/bitlocker-samples/cut-off", test_cut_off);
    g_test_add_func("/disk/bitlocker-samples/writing", test_writing);
    return g_test_run();
}
