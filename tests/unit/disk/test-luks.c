/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LUKS volumes that cryptsetup and QEMU made, and what both find in them after we wrote. */
#include <string.h>

#include "base/error.h"
#include "disk/luks.h"
#include "luks-writer.h"
#include "support.h"

#define MIB ((size_t)1 << 20)
#define SIZE (4 * MIB)
#define SECRET "correct horse"
#define CHEAP "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"

typedef struct {
    char *folder, *path, *key_path;
} Image;

static char *file_in(const Image *image, const char *name)
{
    return g_build_filename(image->folder, name, NULL);
}

static void image_clear(Image *image)
{
    if (!image->folder)
        return;
    test_folder_remove(image->folder);
    g_free(image->path);
    g_free(image->key_path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Image, image_clear)

static gboolean image_init(Image *image, const char *program)
{
    const char *const programs[] = {"cryptsetup", program, NULL};
    g_autoptr(GError) error = NULL;
    if (!test_has_programs(programs))
        return FALSE;
    image->folder = test_folder_make();
    image->path = file_in(image, "luks.img");
    image->key_path = file_in(image, "key");
    g_assert_true(g_file_set_contents(image->key_path, SECRET, -1, &error));
    return TRUE;
}

static uint8_t *make_plain(void)
{
    uint8_t *plain = g_malloc(SIZE);
    test_fill(plain, SIZE, 20201106);
    return plain;
}

static void write_file(const char *path, const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(path, (const char *)bytes, (gssize)length, &error));
}

/* An empty volume of LUKS2 with room for size behind its header. */
static void format(const Image *image, const char *const *options)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    static const char *const start[] = {"cryptsetup", "luksFormat", "--disable-locks", "-q", NULL};
    for (guint i = 0; start[i]; i++)
        g_ptr_array_add(argv, (gpointer)(uintptr_t)start[i]);
    for (guint i = 0; options && options[i]; i++)
        g_ptr_array_add(argv, (gpointer)(uintptr_t)options[i]);
    g_ptr_array_add(argv, image->path);
    g_ptr_array_add(argv, image->key_path);
    g_ptr_array_add(argv, NULL);
    test_make_file(image->path, 16 * MIB + SIZE);
    test_run((const char *const *)argv->pdata);
}

static void format_cheap(const Image *image)
{
    static const char *const options[] = {"--type", "luks2", CHEAP, NULL};
    format(image, options);
}

static KeyRing *make_keys(const char *id, const char *secret)
{
    g_autoptr(GError) error = NULL;
    KeyRing *keys = key_ring_new();
    assert_ok(key_ring_add(keys, id, (const uint8_t *)secret, strlen(secret), &error), error);
    return keys;
}

static Disk *open_on(Disk *volume, const KeyRing *keys, GError **error)
{
    g_autoptr(Luks) luks = luks_read(volume, error);
    return luks ? luks_open(luks, volume, keys, error) : NULL;
}

static Disk *open_image(const char *path, const KeyRing *keys, GError **error)
{
    g_autoptr(Disk) volume = disk_open_file(path, TRUE, 512, error);
    g_assert_nonnull(volume);
    return open_on(volume, keys, error);
}

static Disk *open_by_secret(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(KeyRing) keys = make_keys("all", SECRET);
    Disk *disk = open_image(path, keys, &error);
    g_assert_no_error(error);
    return disk;
}

static void assert_content(Disk *disk, const uint8_t *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *bytes = g_malloc(SIZE);
    g_assert_cmpuint(disk_size(disk), >=, SIZE);
    assert_ok(disk_read(disk, 0, bytes, SIZE, &error), error);
    g_assert_true(memcmp(bytes, expected, SIZE) == 0);
    /* Any bytes of it. */
    static const struct {
        uint64_t offset;
        size_t length;
    } parts[] = {{1, 1}, {4095, 2}, {511, 513}, {70000, 100000}, {SIZE - 3, 3}};
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
    } parts[] = {{0, 4096}, {10000, 1}, {20479, 2}, {100000, 300000}, {SIZE - 5, 5}};
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
    g_assert_cmpuint(length, >=, SIZE);
    g_assert_true(memcmp(bytes, expected, SIZE) == 0);
}

/* cryptsetup encrypts a file offline, and decrypts it again after we have written. */
static void check_luks2(const char *cipher, const char *key_bits, const char *sector_bytes)
{
    g_auto(Image) image = {0};
    if (!image_init(&image, "cryptsetup"))
        return;
    g_test_message("%s, %s bits, sectors of %s", cipher, key_bits, sector_bytes);
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *expected = make_plain();
    g_autofree uint8_t *stored = g_malloc0(SIZE + 32 * MIB);
    memcpy(stored, expected, SIZE);
    write_file(image.path, stored, SIZE + 32 * MIB);
    TEST_RUN("cryptsetup", "reencrypt", "--encrypt", "--disable-locks", "-q", "--type", "luks2",
             "--cipher", cipher, "--key-size", key_bits, "--sector-size", sector_bytes, CHEAP,
             "--reduce-device-size", "32M", "--key-file", image.key_path, image.path);
    g_autoptr(Disk) disk = open_by_secret(image.path);
    g_autofree char *sector = g_strdup_printf("%u", disk_sector_size(disk));
    g_assert_cmpstr(sector, ==, sector_bytes);
    g_assert_false(disk_discards_to_zeros(disk));
    assert_content(disk, expected);
    write_parts(disk, expected);
    assert_content(disk, expected);
    g_clear_pointer(&disk, disk_unref);

    g_autofree char *header = file_in(&image, "header");
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
    g_auto(Image) image = {0};
    if (!image_init(&image, "qemu-img"))
        return;
    g_test_message("%s, %s bits, %s", cipher, key_bits, hash);
    const char *const options[] = {"--type", "luks1",      "--cipher",
                                   cipher,   "--key-size", key_bits,
                                   "--hash", hash,         "--pbkdf-force-iterations",
                                   "1000",   NULL};
    format(&image, options);
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = open_by_secret(image.path);
    g_autofree uint8_t *expected = make_plain();
    g_autofree char *plain = file_in(&image, "plain");
    g_autofree char *target =
        g_strdup_printf("driver=luks,key-secret=key,file.driver=file,file.filename=%s", image.path);
    g_autofree uint8_t *whole = g_malloc0((size_t)disk_size(disk));
    memcpy(whole, expected, SIZE);
    write_file(plain, whole, (size_t)disk_size(disk));
    g_clear_pointer(&disk, disk_unref);
    TEST_RUN("qemu-img", "convert", "-n", "--object", "secret,id=key,data=" SECRET, "-f", "raw",
             plain, "--target-image-opts", target);
    disk = open_by_secret(image.path);
    assert_content(disk, expected);
    write_parts(disk, expected);
    g_clear_pointer(&disk, disk_unref);
    TEST_RUN("qemu-img", "convert", "--object", "secret,id=key,data=" SECRET, "--image-opts",
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
    g_autoptr(KeyRing) keys = make_keys("all", "password");
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
        g_autoptr(Disk) disk = open_image(path, keys, &error);
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

static void assert_refused(const char *path, const KeyRing *keys, DrydockError code,
                           const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = open_image(path, keys, &error);
    g_assert_null(disk);
    g_test_message("%s", error->message);
    g_assert_error(error, DRYDOCK_ERROR, (gint)code);
    g_assert_nonnull(strstr(error->message, expected));
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
    g_autoptr(KeyRing) keys = make_keys("all", SECRET);
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
        assert_refused(path, keys, rows[i].code, rows[i].expected);
        test_folder_remove(folder);
    }
}

static void test_keys(void)
{
    g_auto(Image) image = {0};
    if (!image_init(&image, "cryptsetup"))
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *second = file_in(&image, "second");
    static const char *const uuid = "01020304-0506-0708-090a-0b0c0d0e0f10";
    static const char *const options[] = {
        "--type", "luks2", CHEAP, "--uuid", "01020304-0506-0708-090a-0b0c0d0e0f10", NULL};
    format(&image, options);
    g_assert_true(g_file_set_contents(second, "with a line break\n", -1, &error));
    TEST_RUN("cryptsetup", "luksAddKey", "--disable-locks", "-q", CHEAP, "--key-file",
             image.key_path, image.path, second);
    static const struct {
        const char *id, *secret, *expected; /* NULL: it opens */
    } rows[] = {
        {"all", SECRET, NULL},
        {"01020304-0506-0708-090A-0B0C0D0E0F10", SECRET, NULL},
        {"{01020304-0506-0708-090a-0b0c0d0e0f10}", SECRET "\n", NULL},
        {"all", "with a line break\n", NULL},
        {"all", "with a line break", "no key that was given opens"},
        {"all", SECRET " ", "no key that was given opens"},
        {"11111111-1111-1111-1111-111111111111", SECRET, "no key was given"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(KeyRing) keys = make_keys(rows[i].id, rows[i].secret);
        g_test_message("%s for %s", rows[i].secret, rows[i].id);
        if (rows[i].expected) {
            assert_refused(image.path, keys, DRYDOCK_ERROR_PRECONDITION, rows[i].expected);
            continue;
        }
        g_autoptr(Disk) disk = open_image(image.path, keys, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(disk_size(disk), ==, SIZE);
    }
    assert_refused(image.path, NULL, DRYDOCK_ERROR_PRECONDITION, "no key was given");
    g_autoptr(Disk) volume = disk_open_file(image.path, FALSE, 512, &error);
    g_autoptr(Luks) luks = luks_read(volume, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(luks_uuid(luks), ==, uuid);
    g_assert_cmpuint(luks_version(luks), ==, 2);
}

/* Argon2 with threads, as cryptsetup's default is, only smaller. */
static void test_argon2(void)
{
    static const char *const kinds[] = {"argon2i", "argon2id"};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_auto(Image) image = {0};
        if (!image_init(&image, "cryptsetup"))
            return;
        const char *const options[] = {"--type",
                                       "luks2",
                                       "--pbkdf",
                                       kinds[i],
                                       "--pbkdf-memory",
                                       "32768",
                                       "--pbkdf-parallel",
                                       "4",
                                       "--pbkdf-force-iterations",
                                       "4",
                                       NULL};
        format(&image, options);
        g_autoptr(Disk) disk = open_by_secret(image.path);
        g_assert_nonnull(disk);
    }
}

typedef struct {
    const char *old, *new; /* in the JSON */
    DrydockError code;
    const char *expected;
} EditRow;

static void check_edits(const EditRow *rows, guint count)
{
    g_autoptr(KeyRing) keys = make_keys("all", SECRET);
    for (guint i = 0; i < count; i++) {
        g_auto(Image) image = {0};
        if (!image_init(&image, "cryptsetup"))
            return;
        static const char *const options[] = {"--type",
                                              "luks2",
                                              "--pbkdf-memory",
                                              "32768",
                                              "--pbkdf-parallel",
                                              "1",
                                              "--pbkdf-force-iterations",
                                              "4",
                                              NULL};
        format(&image, options);
        g_test_message("%s", rows[i].new);
        luks_edit_json(image.path, rows[i].old, rows[i].new);
        assert_refused(image.path, keys, rows[i].code, rows[i].expected);
    }
}

/* What a header may ask for without end. */
static void test_costs(void)
{
    static const EditRow rows[] = {
        {"\"memory\":32768", "\"memory\":4194304", DRYDOCK_ERROR_PRECONDITION,
         "wants 4096 MiB of memory, more than the 2048 MiB that are allowed"},
        {"\"time\":4", "\"time\":2000000000", DRYDOCK_ERROR_PRECONDITION,
         "wants 2000000000 passes over 32 MiB"},
        {"\"iterations\":1000", "\"iterations\":2000000000", DRYDOCK_ERROR_PRECONDITION,
         "wants 2000000000 rounds of PBKDF2 to check a key"},
    };
    check_edits(rows, G_N_ELEMENTS(rows));
}

static void test_unsupported(void)
{
    static const EditRow rows[] = {
        {"aes-xts-plain64", "serpent-xts-plain64", DRYDOCK_ERROR_UNSUPPORTED,
         "its cipher is 'serpent-xts-plain64'"},
        {"\"sector_size\":4096",
         "\"sector_size\":4096,\"integrity\":{\"type\":\"hmac(sha256)\","
         "\"journal_encryption\":\"none\",\"journal_integrity\":\"none\"}",
         DRYDOCK_ERROR_UNSUPPORTED, "it is protected by dm-integrity"},
        {"\"offset\":\"16777216\"", "\"offset\":\"99999744\"", DRYDOCK_ERROR_CORRUPT,
         "lies beyond its end"},
        {"\"size\":\"dynamic\"", "\"size\":\"9223372036854775808\"", DRYDOCK_ERROR_CORRUPT,
         "lies beyond its end"},
        {"\"keyslots_size\":",
         "\"requirements\":{\"mandatory\":[\"inline-hw-tag\"]},"
         "\"keyslots_size\":",
         DRYDOCK_ERROR_UNSUPPORTED, "it requires 'inline-hw-tag'"},
    };
    check_edits(rows, G_N_ELEMENTS(rows));
}

/* Data of a fixed size, and data whose first sector has another number than 0: what was at a place
   of the volume is at its beginning when both start there. */
static void test_segment(void)
{
    g_auto(Image) image = {0};
    if (!image_init(&image, "cryptsetup"))
        return;
    g_autoptr(GError) error = NULL;
    static const char *const options[] = {"--type", "luks2", CHEAP, "--sector-size", "4096", NULL};
    format(&image, options);
    g_autofree uint8_t *plain = make_plain();
    g_autoptr(Disk) whole = open_by_secret(image.path);
    assert_ok(disk_write(whole, 0, plain, SIZE, &error), error);
    g_clear_pointer(&whole, disk_unref);
    luks_edit_json(image.path, "\"size\":\"dynamic\"", "\"size\":\"131072\"");
    luks_edit_json(image.path, "\"offset\":\"16777216\"", "\"offset\":\"16842752\"");
    luks_edit_json(image.path, "\"iv_tweak\":\"0\"", "\"iv_tweak\":\"128\"");
    g_autoptr(Disk) disk = open_by_secret(image.path);
    g_autofree uint8_t *bytes = g_malloc(131072);
    g_assert_cmpuint(disk_size(disk), ==, 131072);
    assert_ok(disk_read(disk, 0, bytes, 131072, &error), error);
    g_assert_true(memcmp(bytes, plain + 65536, 131072) == 0);
    g_assert_false(disk_read(disk, 131071, bytes, 2, NULL));
}

static void test_reencryption(void)
{
    g_auto(Image) image = {0};
    if (!image_init(&image, "cryptsetup"))
        return;
    g_autoptr(KeyRing) keys = make_keys("all", SECRET);
    format_cheap(&image);
    TEST_RUN("cryptsetup", "reencrypt", "--disable-locks", "-q", "--init-only",
             "--force-offline-reencrypt", CHEAP, "--key-file", image.key_path, image.path);
    assert_refused(image.path, keys, DRYDOCK_ERROR_UNSUPPORTED,
                   "its reencryption has not finished");
}

static void test_detached(void)
{
    static const char *const versions[] = {"luks1", "luks2"};
    for (guint i = 0; i < G_N_ELEMENTS(versions); i++) {
        g_auto(Image) image = {0};
        if (!image_init(&image, "cryptsetup"))
            return;
        g_autoptr(KeyRing) keys = make_keys("all", SECRET);
        g_autofree char *data = file_in(&image, "data");
        test_make_file(data, SIZE);
        test_make_file(image.path, 16 * MIB);
        TEST_RUN("cryptsetup", "luksFormat", "--disable-locks", "-q", "--type", versions[i],
                 "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--header", image.path,
                 data, image.key_path);
        assert_refused(image.path, keys, DRYDOCK_ERROR_UNSUPPORTED,
                       "it is a header whose data is somewhere else");
    }
}

static void test_tokens(void)
{
    /* {"alg":"dir","clevis":{"pin":"tang","tang":{"url":"x"}},"enc":"A256GCM"} */
    static const struct {
        const char *json, *expected;
    } rows[] = {
        {"{\"type\":\"clevis\",\"keyslots\":[\"0\"],\"jwe\":{\"protected\":"
         "\"eyJhbGciOiJkaXIiLCJjbGV2aXMiOnsicGluIjoidGFuZyIsInRhbmciOnsidXJsIjoieCJ9fSwiZW5jIjoiQT"
         "I1NkdDTSJ9\"}}",
         "clevis (tang)"},
        {"{\"type\":\"clevis\",\"keyslots\":[\"0\"],\"jwe\":{\"protected\":\"e$\"}}", "clevis"},
        {"{\"type\":\"systemd-tpm2\",\"keyslots\":[\"0\"]}", "systemd-tpm2"},
        {"{\"type\":\"systemd-fido2\",\"keyslots\":[\"0\"]}", "systemd-fido2"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Image) image = {0};
        if (!image_init(&image, "cryptsetup"))
            return;
        g_autoptr(GError) error = NULL;
        format_cheap(&image);
        g_autofree char *tokens = g_strdup_printf("\"tokens\":{\"0\":%s}", rows[i].json);
        luks_edit_json(image.path, "\"tokens\":{}", tokens);
        g_autoptr(Disk) volume = disk_open_file(image.path, FALSE, 512, &error);
        g_autoptr(Luks) luks = luks_read(volume, &error);
        g_assert_no_error(error);
        g_autoptr(GPtrArray) list = luks_list_tokens(luks);
        g_assert_cmpuint(list->len, ==, 1);
        g_assert_cmpstr(list->pdata[0], ==, rows[i].expected);
        /* The passphrase opens it all the same. */
        g_autoptr(Disk) disk = open_by_secret(image.path);
        g_assert_nonnull(disk);
    }
}

/* What libluksmeta puts behind the key slots of LUKS1. */
static void test_luksmeta(void)
{
    g_auto(Image) image = {0};
    if (!image_init(&image, "cryptsetup"))
        return;
    static const char *const options[] = {"--type", "luks1", "--pbkdf-force-iterations", "1000",
                                          NULL};
    g_autoptr(GError) error = NULL;
    format(&image, options);
    g_autoptr(Disk) volume = disk_open_file(image.path, TRUE, 512, &error);
    g_autoptr(Luks) before = luks_read(volume, &error);
    g_autoptr(GPtrArray) none = luks_list_tokens(before);
    g_assert_cmpuint(none->len, ==, 0);
    assert_ok(disk_write(volume, 0x1f8000, "LUKSMETA", 8, &error), error);
    g_autoptr(Luks) after = luks_read(volume, &error);
    g_autoptr(GPtrArray) list = luks_list_tokens(after);
    g_assert_cmpuint(list->len, ==, 1);
    g_assert_cmpstr(list->pdata[0], ==, "clevis");
}

static uint8_t *read_image(const Image *image, size_t *ret_length)
{
    g_autoptr(GError) error = NULL;
    char *bytes = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(image->path, &bytes, &length, &error));
    *ret_length = length;
    return (uint8_t *)bytes;
}

static Disk *disk_of(const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    Disk *disk = disk_new_memory(length, 512);
    assert_ok(disk_write(disk, 0, bytes, length, &error), error);
    return disk;
}

/* Either copy of the metadata is enough; nothing of the volume is changed by looking at it. */
static void test_one_copy(void)
{
    g_auto(Image) image = {0};
    if (!image_init(&image, "cryptsetup"))
        return;
    format_cheap(&image);
    size_t length;
    g_autofree uint8_t *bytes = read_image(&image, &length);
    g_autoptr(KeyRing) keys = make_keys("all", SECRET);
    for (guint copy = 0; copy < 2; copy++) {
        g_autoptr(GError) error = NULL;
        g_autofree uint8_t *damaged = g_memdup2(bytes, length);
        memset(damaged + copy * 16384, 0, 512);
        g_autoptr(Disk) volume = disk_of(damaged, length);
        g_autoptr(Disk) disk = open_on(volume, keys, &error);
        g_assert_no_error(error);
        g_autofree uint8_t *after = g_malloc(length);
        assert_ok(disk_read(volume, 0, after, length, &error), error);
        g_assert_true(memcmp(after, damaged, length) == 0);
    }
}

/* Bytes that change in the metadata, with and without its checksum: it opens or does not, by an
   error of ours. Costs stay within what a test may take. */
static void test_damage(void)
{
    g_auto(Image) image = {0};
    if (!image_init(&image, "cryptsetup"))
        return;
    static const char *const options[] = {"--type", "luks2", CHEAP, "--luks2-keyslots-size",
                                          "512k",   NULL};
    format(&image, options);
    size_t length;
    g_autofree uint8_t *bytes = read_image(&image, &length);
    length = SIZE; /* there is room for a few sectors behind so small a header */
    g_autoptr(KeyRing) keys = make_keys("all", SECRET);
    g_autoptr(GRand) random = g_rand_new_with_seed(1711);
    guint opened = 0, refused = 0;
    for (guint round = 0; round < 300; round++) {
        g_autoptr(GError) error = NULL;
        g_autofree uint8_t *damaged = g_memdup2(bytes, 32768);
        for (guint copy = 0; copy < 2; copy++) {
            uint8_t *header = damaged + copy * 16384;
            guint32 place = (guint32)g_rand_int_range(random, 0, round % 3 == 0 ? 512 : 5100);
            header[round % 3 == 0 ? place : MAX(place, 4096)] =
                (uint8_t)g_rand_int_range(random, 0, 256);
            if (round % 2 == 0)
                luks_update_checksum(header, 16384);
        }
        g_autoptr(Disk) volume = disk_of(bytes, length);
        assert_ok(disk_write(volume, 0, damaged, 32768, &error), error);
        g_autoptr(Disk) disk = open_on(volume, keys, &error);
        g_assert_true(disk || error);
        if (disk)
            opened++;
        else
            refused++;
    }
    g_test_message("%u opened, %u refused", opened, refused);
    g_assert_cmpuint(refused, >, 50);
}

static void test_short(void)
{
    g_auto(Image) image = {0};
    if (!image_init(&image, "cryptsetup"))
        return;
    format_cheap(&image);
    size_t length;
    g_autofree uint8_t *bytes = read_image(&image, &length);
    g_autoptr(KeyRing) keys = make_keys("all", SECRET);
    static const size_t lengths[] = {512, 4096, 16384, 40960, 1 << 20, 16 << 20};
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) volume = disk_of(bytes, lengths[i]);
        g_assert_null(open_on(volume, keys, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
}

/* A disk that fails is an error, whichever call it hits. */
static void test_fault(void)
{
    g_auto(Image) image = {0};
    if (!image_init(&image, "cryptsetup"))
        return;
    format_cheap(&image);
    g_autoptr(KeyRing) keys = make_keys("all", SECRET);
    gboolean passed = FALSE;
    for (guint fail_at = 1; fail_at < 200 && !passed; fail_at++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) file = disk_open_file(image.path, TRUE, 512, &error);
        g_autoptr(Disk) fault = disk_new_fault(file, fail_at);
        g_autoptr(Disk) disk = open_on(fault, keys, &error);
        uint8_t bytes[10] = {0};
        passed = disk && disk_read(disk, 5, bytes, sizeof(bytes), &error) &&
                 disk_write(disk, 5, bytes, sizeof(bytes), &error) &&
                 disk_discard(disk, 0, 65536, &error) && disk_flush(disk, &error);
        g_assert_true(passed || error);
    }
    g_assert_true(passed);
}

/* Whole sectors are given back, and read as anything. */
static void test_discard(void)
{
    g_auto(Image) image = {0};
    if (!image_init(&image, "cryptsetup"))
        return;
    format_cheap(&image);
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *plain = make_plain();
    g_autoptr(Disk) volume = disk_open_file(image.path, TRUE, 512, &error);
    g_autoptr(KeyRing) keys = make_keys("all", SECRET);
    g_autoptr(Disk) disk = open_on(volume, keys, &error);
    g_assert_no_error(error);
    assert_ok(disk_write(disk, 0, plain, SIZE, &error), error);
    assert_ok(disk_discard(disk, 4097, 8192, &error), error);
    uint8_t stored[4096], kept[4096];
    assert_ok(disk_read(volume, 16 * MIB + 8192, stored, sizeof(stored), &error), error);
    g_assert_true(stored[0] == 0 && memcmp(stored, stored + 1, sizeof(stored) - 1) == 0);
    assert_ok(disk_read(disk, 4096, kept, sizeof(kept), &error), error);
    g_assert_true(memcmp(kept, plain + 4096, sizeof(kept)) == 0);
    assert_ok(disk_read(disk, 12288, kept, sizeof(kept), &error), error);
    g_assert_true(memcmp(kept, plain + 12288, sizeof(kept)) == 0);
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    luks_prepare(TRUE);
    g_test_add_func("/disk/luks/luks2", test_luks2);
    g_test_add_func("/disk/luks/luks1", test_luks1);
    g_test_add_func("/disk/luks/samples", test_samples);
    g_test_add_func("/disk/luks/other-headers", test_other_headers);
    g_test_add_func("/disk/luks/keys", test_keys);
    g_test_add_func("/disk/luks/argon2", test_argon2);
    g_test_add_func("/disk/luks/costs", test_costs);
    g_test_add_func("/disk/luks/unsupported", test_unsupported);
    g_test_add_func("/disk/luks/segment", test_segment);
    g_test_add_func("/disk/luks/reencryption", test_reencryption);
    g_test_add_func("/disk/luks/detached", test_detached);
    g_test_add_func("/disk/luks/tokens", test_tokens);
    g_test_add_func("/disk/luks/luksmeta", test_luksmeta);
    g_test_add_func("/disk/luks/one-copy", test_one_copy);
    g_test_add_func("/disk/luks/damage", test_damage);
    g_test_add_func("/disk/luks/short", test_short);
    g_test_add_func("/disk/luks/fault", test_fault);
    g_test_add_func("/disk/luks/discard", test_discard);
    return g_test_run();
}
