/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys, costs, kinds and damage of LUKS volumes. */
#include <string.h>

#include "luks-image.h"
#include "luks-writer.h"
#include "support.h"

static void test_keys(void)
{
    g_auto(LuksImage) image = {0};
    if (!luks_image_init(&image, "cryptsetup"))
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *second = luks_image_file(&image, "second");
    static const char *const uuid = "01020304-0506-0708-090a-0b0c0d0e0f10";
    static const char *const options[] = {
        "--type", "luks2", LUKS_CHEAP, "--uuid", "01020304-0506-0708-090a-0b0c0d0e0f10", NULL};
    luks_format(&image, options);
    g_assert_true(g_file_set_contents(second, "with a line break\n", -1, &error));
    TEST_RUN("cryptsetup", "luksAddKey", "--disable-locks", "-q", LUKS_CHEAP, "--key-file",
             image.key_path, image.path, second);
    static const struct {
        const char *id, *secret, *expected; /* NULL: it opens */
    } rows[] = {
        {"all", LUKS_SECRET, NULL},
        {"01020304-0506-0708-090A-0B0C0D0E0F10", LUKS_SECRET, NULL},
        {"{01020304-0506-0708-090a-0b0c0d0e0f10}", LUKS_SECRET "\n", NULL},
        {"all", "with a line break\n", NULL},
        {"all", "with a line break", "no key that was given opens"},
        {"all", LUKS_SECRET " ", "no key that was given opens"},
        {"11111111-1111-1111-1111-111111111111", LUKS_SECRET, "no key was given"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(KeyRing) keys = luks_make_keys(rows[i].id, rows[i].secret);
        g_test_message("%s for %s", rows[i].secret, rows[i].id);
        if (rows[i].expected) {
            luks_assert_refused(image.path, keys, DRYDOCK_ERROR_PRECONDITION, rows[i].expected);
            continue;
        }
        g_autoptr(Disk) disk = luks_open_image(image.path, keys, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(disk_size(disk), ==, LUKS_SIZE);
    }
    luks_assert_refused(image.path, NULL, DRYDOCK_ERROR_PRECONDITION, "no key was given");
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
        g_auto(LuksImage) image = {0};
        if (!luks_image_init(&image, "cryptsetup"))
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
        luks_format(&image, options);
        g_autoptr(Disk) disk = luks_open_by_secret(image.path);
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
    g_autoptr(KeyRing) keys = luks_make_keys("all", LUKS_SECRET);
    for (guint i = 0; i < count; i++) {
        g_auto(LuksImage) image = {0};
        if (!luks_image_init(&image, "cryptsetup"))
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
        luks_format(&image, options);
        g_test_message("%s", rows[i].new);
        luks_edit_json(image.path, rows[i].old, rows[i].new);
        luks_assert_refused(image.path, keys, rows[i].code, rows[i].expected);
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
    g_auto(LuksImage) image = {0};
    if (!luks_image_init(&image, "cryptsetup"))
        return;
    g_autoptr(GError) error = NULL;
    static const char *const options[] = {"--type",        "luks2", LUKS_CHEAP,
                                          "--sector-size", "4096",  NULL};
    luks_format(&image, options);
    g_autofree uint8_t *plain = luks_make_plain();
    g_autoptr(Disk) whole = luks_open_by_secret(image.path);
    assert_ok(disk_write(whole, 0, plain, LUKS_SIZE, &error), error);
    g_clear_pointer(&whole, disk_unref);
    luks_edit_json(image.path, "\"size\":\"dynamic\"", "\"size\":\"131072\"");
    luks_edit_json(image.path, "\"offset\":\"16777216\"", "\"offset\":\"16842752\"");
    luks_edit_json(image.path, "\"iv_tweak\":\"0\"", "\"iv_tweak\":\"128\"");
    g_autoptr(Disk) disk = luks_open_by_secret(image.path);
    g_autofree uint8_t *bytes = g_malloc(131072);
    g_assert_cmpuint(disk_size(disk), ==, 131072);
    assert_ok(disk_read(disk, 0, bytes, 131072, &error), error);
    g_assert_true(memcmp(bytes, plain + 65536, 131072) == 0);
    g_assert_false(disk_read(disk, 131071, bytes, 2, NULL));
}

static void test_reencryption(void)
{
    g_auto(LuksImage) image = {0};
    if (!luks_image_init(&image, "cryptsetup"))
        return;
    g_autoptr(KeyRing) keys = luks_make_keys("all", LUKS_SECRET);
    luks_format_cheap(&image);
    TEST_RUN("cryptsetup", "reencrypt", "--disable-locks", "-q", "--init-only",
             "--force-offline-reencrypt", LUKS_CHEAP, "--key-file", image.key_path, image.path);
    luks_assert_refused(image.path, keys, DRYDOCK_ERROR_UNSUPPORTED,
                        "its reencryption has not finished");
}

static void test_detached(void)
{
    static const char *const versions[] = {"luks1", "luks2"};
    for (guint i = 0; i < G_N_ELEMENTS(versions); i++) {
        g_auto(LuksImage) image = {0};
        if (!luks_image_init(&image, "cryptsetup"))
            return;
        g_autoptr(KeyRing) keys = luks_make_keys("all", LUKS_SECRET);
        g_autofree char *data = luks_image_file(&image, "data");
        test_make_file(data, LUKS_SIZE);
        test_make_file(image.path, 16 * LUKS_MIB);
        TEST_RUN("cryptsetup", "luksFormat", "--disable-locks", "-q", "--type", versions[i],
                 "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--header", image.path,
                 data, image.key_path);
        luks_assert_refused(image.path, keys, DRYDOCK_ERROR_UNSUPPORTED,
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
        g_auto(LuksImage) image = {0};
        if (!luks_image_init(&image, "cryptsetup"))
            return;
        g_autoptr(GError) error = NULL;
        luks_format_cheap(&image);
        g_autofree char *tokens = g_strdup_printf("\"tokens\":{\"0\":%s}", rows[i].json);
        luks_edit_json(image.path, "\"tokens\":{}", tokens);
        g_autoptr(Disk) volume = disk_open_file(image.path, FALSE, 512, &error);
        g_autoptr(Luks) luks = luks_read(volume, &error);
        g_assert_no_error(error);
        g_autoptr(GPtrArray) list = luks_list_tokens(luks);
        g_assert_cmpuint(list->len, ==, 1);
        g_assert_cmpstr(list->pdata[0], ==, rows[i].expected);
        /* The passphrase opens it all the same. */
        g_autoptr(Disk) disk = luks_open_by_secret(image.path);
        g_assert_nonnull(disk);
    }
}

/* What libluksmeta puts behind the key slots of LUKS1. */
static void test_luksmeta(void)
{
    g_auto(LuksImage) image = {0};
    if (!luks_image_init(&image, "cryptsetup"))
        return;
    static const char *const options[] = {"--type", "luks1", "--pbkdf-force-iterations", "1000",
                                          NULL};
    g_autoptr(GError) error = NULL;
    luks_format(&image, options);
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

static uint8_t *read_image(const LuksImage *image, size_t *ret_length)
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
    g_auto(LuksImage) image = {0};
    if (!luks_image_init(&image, "cryptsetup"))
        return;
    luks_format_cheap(&image);
    size_t length;
    g_autofree uint8_t *bytes = read_image(&image, &length);
    g_autoptr(KeyRing) keys = luks_make_keys("all", LUKS_SECRET);
    for (guint copy = 0; copy < 2; copy++) {
        g_autoptr(GError) error = NULL;
        g_autofree uint8_t *damaged = g_memdup2(bytes, length);
        memset(damaged + copy * 16384, 0, 512);
        g_autoptr(Disk) volume = disk_of(damaged, length);
        g_autoptr(Disk) disk = luks_open_on(volume, keys, &error);
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
    g_auto(LuksImage) image = {0};
    if (!luks_image_init(&image, "cryptsetup"))
        return;
    static const char *const options[] = {"--type", "luks2", LUKS_CHEAP, "--luks2-keyslots-size",
                                          "512k",   NULL};
    luks_format(&image, options);
    size_t length;
    g_autofree uint8_t *bytes = read_image(&image, &length);
    length = LUKS_SIZE; /* there is room for a few sectors behind so small a header */
    g_autoptr(KeyRing) keys = luks_make_keys("all", LUKS_SECRET);
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
        g_autoptr(Disk) disk = luks_open_on(volume, keys, &error);
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
    g_auto(LuksImage) image = {0};
    if (!luks_image_init(&image, "cryptsetup"))
        return;
    luks_format_cheap(&image);
    size_t length;
    g_autofree uint8_t *bytes = read_image(&image, &length);
    g_autoptr(KeyRing) keys = luks_make_keys("all", LUKS_SECRET);
    static const size_t lengths[] = {512, 4096, 16384, 40960, 1 << 20, 16 << 20};
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) volume = disk_of(bytes, lengths[i]);
        g_assert_null(luks_open_on(volume, keys, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
}

/* A disk that fails is an error, whichever call it hits. */
static void test_fault(void)
{
    g_auto(LuksImage) image = {0};
    if (!luks_image_init(&image, "cryptsetup"))
        return;
    luks_format_cheap(&image);
    g_autoptr(KeyRing) keys = luks_make_keys("all", LUKS_SECRET);
    gboolean passed = FALSE;
    for (guint fail_at = 1; fail_at < 200 && !passed; fail_at++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) file = disk_open_file(image.path, TRUE, 512, &error);
        g_autoptr(Disk) fault = disk_new_fault(file, fail_at);
        g_autoptr(Disk) disk = luks_open_on(fault, keys, &error);
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
    g_auto(LuksImage) image = {0};
    if (!luks_image_init(&image, "cryptsetup"))
        return;
    luks_format_cheap(&image);
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *plain = luks_make_plain();
    g_autoptr(Disk) volume = disk_open_file(image.path, TRUE, 512, &error);
    g_autoptr(KeyRing) keys = luks_make_keys("all", LUKS_SECRET);
    g_autoptr(Disk) disk = luks_open_on(volume, keys, &error);
    g_assert_no_error(error);
    assert_ok(disk_write(disk, 0, plain, LUKS_SIZE, &error), error);
    assert_ok(disk_discard(disk, 4097, 8192, &error), error);
    uint8_t stored[4096], kept[4096];
    assert_ok(disk_read(volume, 16 * LUKS_MIB + 8192, stored, sizeof(stored), &error), error);
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
