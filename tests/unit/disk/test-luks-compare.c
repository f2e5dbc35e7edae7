/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LUKS volumes that cryptsetup and QEMU made, and what both find in them after we wrote. */
#include <string.h>

#include "luks-image.h"
#include "support.h"

static void write_file(const char *path, const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(path, (const char *)bytes, (gssize)length, &error));
}

static void assert_content(Disk *disk, const uint8_t *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *bytes = g_malloc(LUKS_SIZE);
    g_assert_cmpuint(disk_size(disk), >=, LUKS_SIZE);
    assert_ok(disk_read(disk, 0, bytes, LUKS_SIZE, &error), error);
    g_assert_true(memcmp(bytes, expected, LUKS_SIZE) == 0);
    /* Any bytes of it. */
    static const struct {
        uint64_t offset;
        size_t length;
    } parts[] = {{1, 1}, {4095, 2}, {511, 513}, {70000, 100000}, {LUKS_SIZE - 3, 3}};
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        assert_ok(disk_read(disk, parts[i].offset, bytes, parts[i].length, &error), error);
        g_assert_true(memcmp(bytes, expected + parts[i].offset, parts[i].length) == 0);
    }
}

/* Whole sectors and parts of them; the same in expected. */
static void write_parts(Disk *disk, uint8_t *expected)
{
    static const struct {
        uint64_t offset;
        size_t length;
    } parts[] = {{0, 4096}, {10000, 1}, {20479, 2}, {100000, 300000}, {LUKS_SIZE - 5, 5}};
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        test_fill(expected + parts[i].offset, parts[i].length, i + 1);
        assert_ok(
            disk_write(disk, parts[i].offset, expected + parts[i].offset, parts[i].length, &error),
            error);
    }
    assert_ok(disk_flush(disk, &error), error);
}

static void assert_file(const char *path, const uint8_t *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(path, &bytes, &length, &error));
    g_assert_cmpuint(length, >=, LUKS_SIZE);
    g_assert_true(memcmp(bytes, expected, LUKS_SIZE) == 0);
}

/* cryptsetup encrypts a file offline, and decrypts it again after we have written. */
static void check_luks2(const char *cipher, const char *key_bits, const char *sector_bytes)
{
    g_auto(LuksImage) image = {0};
    if (!luks_image_init(&image, "cryptsetup"))
        return;
    g_test_message("%s, %s bits, sectors of %s", cipher, key_bits, sector_bytes);
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *expected = luks_make_plain();
    g_autofree uint8_t *stored = g_malloc0(LUKS_SIZE + 32 * LUKS_MIB);
    memcpy(stored, expected, LUKS_SIZE);
    write_file(image.path, stored, LUKS_SIZE + 32 * LUKS_MIB);
    TEST_RUN("cryptsetup", "reencrypt", "--encrypt", "--disable-locks", "-q", "--type", "luks2",
             "--cipher", cipher, "--key-size", key_bits, "--sector-size", sector_bytes, LUKS_CHEAP,
             "--reduce-device-size", "32M", "--key-file", image.key_path, image.path);
    g_autoptr(Disk) disk = luks_open_by_secret(image.path);
    g_autofree char *sector = g_strdup_printf("%u", disk_sector_size(disk));
    g_assert_cmpstr(sector, ==, sector_bytes);
    g_assert_false(disk_discards_to_zeros(disk));
    assert_content(disk, expected);
    write_parts(disk, expected);
    assert_content(disk, expected);
    g_clear_pointer(&disk, disk_unref);

    g_autofree char *header = luks_image_file(&image, "header");
    TEST_RUN("cryptsetup", "reencrypt", "--decrypt", "--disable-locks", "-q",
             "--force-offline-reencrypt", "--header", header, "--key-file", image.key_path,
             image.path);
    assert_file(image.path, expected);
}

static void test_luks2(void)
{
    static const struct {
        const char *cipher, *key_bits, *sector_bytes;
    } rows[] = {
        {"aes-xts-plain64", "512", "512"},  {"aes-xts-plain64", "256", "4096"},
        {"aes-xts-plain", "512", "2048"},   {"aes-cbc-essiv:sha256", "256", "512"},
        {"aes-cbc-plain64", "192", "1024"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        check_luks2(rows[i].cipher, rows[i].key_bits, rows[i].sector_bytes);
}

/* QEMU reads and writes LUKS1 itself. */
static void check_luks1(const char *cipher, const char *key_bits, const char *hash)
{
    g_auto(LuksImage) image = {0};
    if (!luks_image_init(&image, "qemu-img"))
        return;
    g_test_message("%s, %s bits, %s", cipher, key_bits, hash);
    const char *const options[] = {"--type", "luks1",      "--cipher",
                                   cipher,   "--key-size", key_bits,
                                   "--hash", hash,         "--pbkdf-force-iterations",
                                   "1000",   NULL};
    luks_format(&image, options);
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = luks_open_by_secret(image.path);
    g_autofree uint8_t *expected = luks_make_plain();
    g_autofree char *plain = luks_image_file(&image, "plain");
    g_autofree char *target =
        g_strdup_printf("driver=luks,key-secret=key,file.driver=file,file.filename=%s", image.path);
    g_autofree uint8_t *whole = g_malloc0((size_t)disk_size(disk));
    memcpy(whole, expected, LUKS_SIZE);
    write_file(plain, whole, (size_t)disk_size(disk));
    g_clear_pointer(&disk, disk_unref);
    TEST_RUN("qemu-img", "convert", "-n", "--object", "secret,id=key,data=" LUKS_SECRET, "-f",
             "raw", plain, "--target-image-opts", target);
    disk = luks_open_by_secret(image.path);
    assert_content(disk, expected);
    write_parts(disk, expected);
    g_clear_pointer(&disk, disk_unref);
    TEST_RUN("qemu-img", "convert", "--object", "secret,id=key,data=" LUKS_SECRET, "--image-opts",
             target, "-O", "raw", plain);
    assert_file(plain, expected);
}

static void test_luks1(void)
{
    check_luks1("aes-xts-plain64", "512", "sha256");
    check_luks1("aes-xts-plain64", "256", "sha512");
    check_luks1("aes-cbc-essiv:sha256", "256", "sha1");
    check_luks1("aes-cbc-plain64", "128", "sha256");
    check_luks1("aes-xts-plain", "512", "sha1");
}

/* Published: the first four sectors are filled with their number. */
static void test_samples(void)
{
    static const char *const names[] = {"luks1-sha1", "luks2-aes-xts-plain64"};
    g_autoptr(KeyRing) keys = luks_make_keys("all", "password");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_strdup_printf("crypto/dissect-fve/%s.bin.gz", names[i]);
        g_autofree char *packed = test_data_path(name);
        if (!packed) {
            g_test_skip("no test data");
            return;
        }
        g_autoptr(GError) error = NULL;
        char *folder = test_folder_make();
        g_autofree char *path = g_build_filename(folder, "volume", NULL);
        test_decompress("gzip", packed, path);
        g_autoptr(Disk) disk = luks_open_image(path, keys, &error);
        g_assert_no_error(error);
        for (guint number = 0; number < 4; number++) {
            uint8_t sector[512], expected[512];
            memset(expected, (int)number, sizeof(expected));
            assert_ok(disk_read(disk, number * 512, sector, sizeof(sector), &error), error);
            g_assert_true(memcmp(sector, expected, sizeof(sector)) == 0);
        }
        test_folder_remove(folder);
    }
}

/* Headers that other programs made; the key slots of the first are wiped. */
static void test_other_headers(void)
{
    static const struct {
        const char *archive, *name;
        DrydockError code;
        const char *expected;
    } rows[] = {
        {"luks1-images.tar.xz", "luks1_aes-xts-plain64-sha1.img", DRYDOCK_ERROR_PRECONDITION,
         "no key that was given opens"},
        {"luks1-images.tar.xz", "luks1_aes-xts-plain64-whirlpool.img", DRYDOCK_ERROR_PRECONDITION,
         "no key that was given opens"},
        {"luks1-images.tar.xz", "luks1_aes-cbc-essiv-sha256-sha1.img", DRYDOCK_ERROR_PRECONDITION,
         "no key that was given opens"},
        {"luks1-images.tar.xz", "luks1_aes-lrw-plain64-sha1.img", DRYDOCK_ERROR_UNSUPPORTED,
         "its cipher is 'aes-lrw-plain64'"},
        {"luks1-images.tar.xz", "luks1_aes-xts-essiv-wp256-whirlpool.img",
         DRYDOCK_ERROR_UNSUPPORTED, "its cipher is 'aes-xts-essiv:wp256'"},
        {"luks1-images.tar.xz", "luks1_serpent-xts-plain64-sha256.img", DRYDOCK_ERROR_UNSUPPORTED,
         "its cipher is 'serpent-xts-plain64'"},
        {"luks1-images.tar.xz", "luks1_twofish-xts-plain64-sha1.img", DRYDOCK_ERROR_UNSUPPORTED,
         "its cipher is 'twofish-xts-plain64'"},
        {NULL, "luks2_valid_hdr.img", DRYDOCK_ERROR_PRECONDITION,
         "is opened in a way that is not known"},
        {NULL, "evil_hdr-luks_hdr_damage", DRYDOCK_ERROR_CORRUPT, "LUKS keyslot 2 is invalid"},
    };
    g_autoptr(KeyRing) keys = luks_make_keys("all", LUKS_SECRET);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *suffixed = g_strconcat(rows[i].name, ".xz", NULL);
        g_autofree char *name = g_build_filename(
            "crypto/cryptsetup", rows[i].archive ? rows[i].archive : suffixed, NULL);
        g_autofree char *packed = test_data_path(name);
        if (!packed) {
            g_test_skip("no test data");
            return;
        }
        char *folder = test_folder_make();
        g_autofree char *path = g_build_filename(folder, rows[i].name, NULL);
        if (rows[i].archive)
            TEST_RUN("tar", "-xf", packed, "-C", folder, "--strip-components=1", "--no-same-owner",
                     "--wildcards", "*/luks1_*");
        else
            test_decompress("xz", packed, path);
        g_test_message("%s", rows[i].name);
        luks_assert_refused(path, keys, rows[i].code, rows[i].expected);
        test_folder_remove(folder);
    }
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    luks_prepare(TRUE);
    g_test_add_func("/disk/luks-compare/luks2", test_luks2);
    g_test_add_func("/disk/luks-compare/luks1", test_luks1);
    g_test_add_func("/disk/luks-compare/samples", test_samples);
    g_test_add_func("/disk/luks-compare/other-headers", test_other_headers);
    return g_test_run();
}
