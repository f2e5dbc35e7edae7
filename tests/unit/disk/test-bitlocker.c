/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BitLocker volumes of our own making: every method, protector, state and damage. */
#include <string.h>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/error.h"
#include "bitlocker-writer.h"
#include "disk/bitlocker_key.h"
#include "support.h"

#define KIB ((size_t)1024)
#define UNIT (256 * KIB)
#define SIZE (4 * UNIT)
#define RECOVERY "042647-302313-590458-071500-554323-116567-412181-516978"
#define PASSPHRASE "gr\xc3\xbc\xc3\x9f dich"

/* What the row of a test changes. */
static WriterRecipe recipe_default(void)
{
    return (WriterRecipe){.method = 0x8004,
                          .sector_bytes = 512,
                          .copies = {UNIT, 2 * UNIT + 0x5000, 3 * UNIT},
                          .header_offset = UNIT + 0x10000,
                          .header_bytes = 8192,
                          .state = WRITER_STATE_ENCRYPTED,
                          .startup_key = TRUE};
}

static uint8_t *make_plain(void)
{
    uint8_t *plain = g_malloc(SIZE);
    test_fill(plain, SIZE, 20190813);
    return plain;
}

/* As make_plain(), and zeros where Windows shows zeros. */
static uint8_t *make_expected(const WriterRecipe *recipe)
{
    uint8_t *expected = make_plain();
    for (guint i = 0; i < 3; i++)
        memset(expected + recipe->copies[i], 0, 64 * KIB);
    memset(expected + recipe->header_offset, 0, recipe->header_bytes);
    return expected;
}

static Disk *make_volume(const WriterRecipe *recipe)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *plain = make_plain();
    Disk *volume = disk_new_memory(SIZE, recipe->sector_bytes);
    assert_ok(disk_write(volume, 0, plain, SIZE, &error), error);
    writer_encrypt(recipe, volume);
    return volume;
}

static void add_key(KeyRing *keys, const char *id, const void *secret, size_t length)
{
    g_autoptr(GError) error = NULL;
    assert_ok(key_ring_add(keys, id, secret, length, &error), error);
}

/* The key that costs no time. */
static KeyRing *startup_keys(void)
{
    g_autoptr(GByteArray) file = writer_make_startup_key();
    KeyRing *keys = key_ring_new();
    add_key(keys, WRITER_STARTUP_ID, file->data, file->len);
    return keys;
}

static Disk *open_volume(Disk *volume, const KeyRing *keys, GError **error)
{
    g_autoptr(Bitlocker) bitlocker = bitlocker_read(volume, error);
    return bitlocker ? bitlocker_open(bitlocker, volume, keys, error) : NULL;
}

static Disk *open_by_startup_key(Disk *volume)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(KeyRing) keys = startup_keys();
    Disk *disk = open_volume(volume, keys, &error);
    g_assert_no_error(error);
    return disk;
}

static void assert_content(Disk *disk, const uint8_t *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *bytes = g_malloc(SIZE);
    g_assert_cmpuint(disk_size(disk), ==, SIZE);
    assert_ok(disk_read(disk, 0, bytes, SIZE, &error), error);
    g_assert_true(memcmp(bytes, expected, SIZE) == 0);
}

static void test_methods(void)
{
    for (guint method = 0x8000; method <= 0x8005; method++)
        for (uint32_t sector_bytes = 512; sector_bytes <= 4096; sector_bytes *= 8) {
            WriterRecipe recipe = recipe_default();
            recipe.method = method;
            recipe.sector_bytes = sector_bytes;
            g_test_message("method 0x%04x, sectors of %u bytes", method, sector_bytes);
            g_autoptr(Disk) volume = make_volume(&recipe);
            g_autoptr(Disk) disk = open_by_startup_key(volume);
            g_autofree uint8_t *expected = make_expected(&recipe);
            g_assert_cmpuint(disk_sector_size(disk), ==, sector_bytes);
            assert_content(disk, expected);
        }
}

typedef struct {
    guint state;
    uint64_t encrypted_bytes;
    BitlockerState expected;
} StateRow;

static const StateRow state_rows[] = {
    {WRITER_STATE_DECRYPTED, 0, BITLOCKER_DECRYPTED},
    {WRITER_STATE_ENCRYPTED, 0, BITLOCKER_ENCRYPTED},
    {WRITER_STATE_SWITCHING, 0, BITLOCKER_CONVERTING},
    {WRITER_STATE_SWITCHING, 8192, BITLOCKER_CONVERTING},
    /* In the middle of where the volume's header is kept. */
    {WRITER_STATE_SWITCHING, UNIT + 0x10000 + 512, BITLOCKER_CONVERTING},
    {WRITER_STATE_PAUSED, 3 * UNIT + 512, BITLOCKER_CONVERTING},
    {WRITER_STATE_SWITCHING_LOGGED, 2 * UNIT, BITLOCKER_CONVERTING},
    {WRITER_STATE_SWITCHING, SIZE, BITLOCKER_CONVERTING},
};

static void test_states(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(state_rows); i++) {
        const StateRow *row = &state_rows[i];
        WriterRecipe recipe = recipe_default();
        recipe.state = row->state;
        recipe.encrypted_bytes = row->encrypted_bytes;
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) volume = make_volume(&recipe);
        g_autoptr(Bitlocker) bitlocker = bitlocker_read(volume, &error);
        g_assert_no_error(error);
        g_assert_cmpint(bitlocker_state(bitlocker), ==, row->expected);
        g_autoptr(Disk) disk = open_by_startup_key(volume);
        g_autofree uint8_t *expected = make_expected(&recipe);
        assert_content(disk, expected);
        /* What is written on either side of the boundary stays on its side. */
        memset(expected + 3 * UNIT - 5000, 0x5a, 4000);
        memset(expected + 10, 0xa5, 9000);
        assert_ok(disk_write(disk, 3 * UNIT - 5000, expected + 3 * UNIT - 5000, 4000, &error),
                  error);
        assert_ok(disk_write(disk, 10, expected + 10, 9000, &error), error);
        g_autoptr(Disk) again = open_by_startup_key(volume);
        assert_content(again, expected);
    }
}

typedef struct {
    const char *label;
    WriterRecipe protectors;    /* only those fields */
    const char *id, *secret;    /* NULL: no key is given */
    const char *expected_error; /* NULL: it opens */
} KeyRow;

static const KeyRow key_rows[] = {
    {"recovery password", {.recovery_password = RECOVERY}, "any", RECOVERY, NULL},
    {"by protector", {.recovery_password = RECOVERY}, WRITER_RECOVERY_ID, RECOVERY, NULL},
    {"by volume", {.recovery_password = RECOVERY}, "{" WRITER_VOLUME_ID "}", RECOVERY, NULL},
    {"with blanks",
     {.recovery_password = RECOVERY},
     "any",
     "key: 042647 302313 590458 071500 554323 116567 412181 516978.",
     NULL},
    {"passphrase", {.passphrase = PASSPHRASE}, "*", PASSPHRASE, NULL},
    {"suspended", {.clear_key = TRUE, .tpm = TRUE}, NULL, NULL, NULL},
    {"both", {.passphrase = PASSPHRASE, .recovery_password = RECOVERY}, "any", PASSPHRASE, NULL},
    {"no key", {.passphrase = PASSPHRASE}, NULL, NULL, "no key was given for"},
    {"TPM only", {.tpm = TRUE}, NULL, NULL, "no key was given for"},
    {"TPM, passphrase", {.tpm = TRUE}, "any", PASSPHRASE, "of another kind than its protectors"},
    {"other id", {.passphrase = PASSPHRASE}, WRITER_TPM_ID, PASSPHRASE, "no key was given for"},
    {"wrong passphrase", {.passphrase = PASSPHRASE}, "any", "gruss", "no key that was given opens"},
    {"wrong recovery password",
     {.recovery_password = RECOVERY},
     "any",
     "616319-601744-502117-534017-367994-176748-607299-663201",
     "no key that was given opens"},
    {"mistyped",
     {.recovery_password = RECOVERY},
     "any",
     "042647-302313-590458-071500-554323-116567-412181-516987",
     "group 8 of the recovery password"},
    {"a passphrase for its other protector",
     {.passphrase = PASSPHRASE, .recovery_password = RECOVERY},
     WRITER_RECOVERY_ID,
     PASSPHRASE,
     "of another kind"},
};

static void test_keys(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(key_rows); i++) {
        const KeyRow *row = &key_rows[i];
        WriterRecipe recipe = recipe_default();
        recipe.startup_key = FALSE;
        recipe.passphrase = row->protectors.passphrase;
        recipe.recovery_password = row->protectors.recovery_password;
        recipe.clear_key = row->protectors.clear_key;
        recipe.tpm = row->protectors.tpm;
        g_test_message("%s", row->label);
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) volume = make_volume(&recipe);
        g_autoptr(KeyRing) keys = key_ring_new();
        if (row->id)
            add_key(keys, row->id, row->secret, strlen(row->secret));
        g_autoptr(Disk) disk = open_volume(volume, keys, &error);
        if (row->expected_error) {
            g_assert_null(disk);
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
            g_assert_nonnull(strstr(error->message, row->expected_error));
            continue;
        }
        g_assert_no_error(error);
        g_autofree uint8_t *expected = make_expected(&recipe);
        assert_content(disk, expected);
    }
}

static void test_description(void)
{
    WriterRecipe recipe = recipe_default();
    recipe.tpm = recipe.clear_key = TRUE;
    recipe.recovery_password = RECOVERY;
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) volume = make_volume(&recipe);
    g_autoptr(Bitlocker) bitlocker = bitlocker_read(volume, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(bitlocker_id(bitlocker), ==, WRITER_VOLUME_ID);
    g_assert_true(bitlocker_has_tpm(bitlocker));
    g_assert_true(bitlocker_is_suspended(bitlocker));
    g_assert_cmpstr(bitlocker_method(bitlocker), ==, "AES-XTS-128");
    g_assert_cmpuint(bitlocker_protector_count(bitlocker), ==, 4);
    g_assert_cmpstr(bitlocker_protector_id(bitlocker, 1), ==, WRITER_RECOVERY_ID);
    g_autofree char *kind = bitlocker_protector_kind(bitlocker, 1);
    g_assert_cmpstr(kind, ==, "recovery password");
    g_autofree char *text = bitlocker_describe_protectors(bitlocker);
    g_assert_cmpstr(text, ==,
                    "TPM " WRITER_TPM_ID ", recovery password " WRITER_RECOVERY_ID
                    ", startup key " WRITER_STARTUP_ID ", clear key " WRITER_CLEAR_ID);
}

typedef struct {
    const char *label;
    guint damaged_copies; /* bit set */
    gboolean on_write, vista;
    uint32_t log_bytes, sector_bytes;
    uint64_t header_offset;
    DrydockError expected; /* DRYDOCK_ERROR_LAST: it opens */
} DamageRow;

static const DamageRow damage_rows[] = {
    {.label = "first copy", .damaged_copies = 1, .expected = DRYDOCK_ERROR_LAST},
    {.label = "last copy only", .damaged_copies = 3, .expected = DRYDOCK_ERROR_LAST},
    {.label = "all copies", .damaged_copies = 7, .expected = DRYDOCK_ERROR_CORRUPT},
    {.label = "Vista", .vista = TRUE, .expected = DRYDOCK_ERROR_UNSUPPORTED},
    {.label = "encrypt on write", .on_write = TRUE, .expected = DRYDOCK_ERROR_UNSUPPORTED},
    {.label = "log", .log_bytes = 65536, .expected = DRYDOCK_ERROR_UNSUPPORTED},
    {.label = "sectors", .sector_bytes = 1024, .expected = DRYDOCK_ERROR_UNSUPPORTED},
    {.label = "header beyond the end", .header_offset = SIZE, .expected = DRYDOCK_ERROR_CORRUPT},
    {.label = "header nowhere", .header_offset = 512, .expected = DRYDOCK_ERROR_CORRUPT},
    {.label = "header in between", .header_offset = UNIT + 1, .expected = DRYDOCK_ERROR_CORRUPT},
};

static void damage(const DamageRow *row, const WriterRecipe *recipe, Disk *volume)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *metadata = g_malloc(64 * KIB);
    assert_ok(disk_read(volume, UNIT, metadata, 64 * KIB, &error), error);
    if (row->header_offset)
        put_le64(metadata + 56, row->header_offset);
    writer_update_checksum(metadata, 64 * KIB);
    for (guint i = 0; i < 3; i++) {
        metadata[100] ^= (uint8_t)((row->damaged_copies >> i) & 1);
        assert_ok(disk_write(volume, recipe->copies[i], metadata, 64 * KIB, &error), error);
        metadata[100] ^= (uint8_t)((row->damaged_copies >> i) & 1);
    }
    uint8_t field[2];
    put_le16(field, (uint16_t)(row->sector_bytes ? row->sector_bytes : 512));
    assert_ok(disk_write(volume, 11, field, sizeof(field), &error), error);
}

static void test_damage(void)
{
    g_autoptr(KeyRing) keys = startup_keys();
    for (guint i = 0; i < G_N_ELEMENTS(damage_rows); i++) {
        const DamageRow *row = &damage_rows[i];
        WriterRecipe recipe = recipe_default();
        recipe.on_write = row->on_write;
        recipe.vista = row->vista;
        recipe.log_bytes = row->log_bytes;
        if (row->log_bytes) {
            recipe.state = WRITER_STATE_SWITCHING_LOGGED;
            recipe.encrypted_bytes = UNIT;
        }
        g_test_message("%s", row->label);
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) volume = make_volume(&recipe);
        damage(row, &recipe, volume);
        g_autoptr(Disk) disk = open_volume(volume, keys, &error);
        if (row->expected == DRYDOCK_ERROR_LAST) {
            g_assert_no_error(error);
            g_autofree uint8_t *expected = make_expected(&recipe);
            assert_content(disk, expected);
        } else {
            g_assert_error(error, DRYDOCK_ERROR, row->expected);
        }
    }
}

/* Every byte that the checks are about, with the checksum right again: the hash under the master
   key still knows. */
static void test_every_byte(void)
{
    WriterRecipe recipe = recipe_default();
    g_autoptr(KeyRing) keys = startup_keys();
    g_autoptr(Disk) volume = make_volume(&recipe);
    g_autoptr(GByteArray) metadata = writer_make_metadata(&recipe, SIZE);
    size_t checked = (size_t)get_le16(metadata->data + 8) * 16;
    for (size_t i = 0; i < metadata->len; i++) {
        g_autoptr(GError) error = NULL;
        metadata->data[i] ^= 0x21;
        if (i < checked)
            writer_update_checksum(metadata->data, metadata->len);
        for (guint copy = 0; copy < 3; copy++)
            assert_ok(
                disk_write(volume, recipe.copies[copy], metadata->data, metadata->len, &error),
                error);
        g_autoptr(Disk) disk = open_volume(volume, keys, &error);
        if (i < checked)
            g_assert_null(disk);
        else if (i < checked + 4) /* length and version of the checks */
            g_assert_nonnull(disk);
        g_assert_true((disk == NULL) == (error != NULL));
        metadata->data[i] ^= 0x21;
        writer_update_checksum(metadata->data, metadata->len);
    }
}

static void test_truncated(void)
{
    WriterRecipe recipe = recipe_default();
    g_autoptr(KeyRing) keys = startup_keys();
    g_autoptr(Disk) volume = make_volume(&recipe);
    static const struct {
        uint64_t size;
        gboolean opens;
    } rows[] = {{0, FALSE},
                {511, FALSE},
                {512, FALSE},
                {UNIT, FALSE},
                {UNIT + 65535, FALSE},
                {UNIT + 0x10000 + 8191, FALSE},
                {UNIT + 0x12000, TRUE},
                {2 * UNIT, TRUE},
                {3 * UNIT + 700, TRUE}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) window = disk_new_window(volume, 0, rows[i].size, "cut off", &error);
        g_autoptr(Disk) disk = open_volume(window, keys, &error);
        g_assert_true((disk != NULL) == rows[i].opens);
        g_assert_true((error == NULL) == rows[i].opens);
        if (disk)
            g_assert_cmpuint(disk_size(disk), ==, rows[i].size / 512 * 512);
    }
}

/* Random reads and writes, with and without a cache in front, against a plain model; then a second
   opening agrees. */
static void check_model(guint method, uint32_t sector_bytes, gboolean cached)
{
    static const size_t lengths[] = {1, 17, 512, 4096, 5000, 65536, 300000};
    g_autoptr(GError) error = NULL;
    WriterRecipe recipe = recipe_default();
    recipe.method = method;
    recipe.sector_bytes = sector_bytes;
    g_autoptr(Disk) volume = make_volume(&recipe);
    g_autoptr(Disk) open = open_by_startup_key(volume);
    g_autoptr(Disk) disk = cached ? disk_new_cache(open, 256 * KIB) : disk_ref(open);
    g_autofree uint8_t *model = make_expected(&recipe);
    g_autofree uint8_t *reserved = g_malloc0(SIZE);
    g_autofree uint8_t *bytes = g_malloc(SIZE);
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    for (guint i = 0; i < 3; i++)
        memset(reserved + recipe.copies[i], 1, 64 * KIB);
    memset(reserved + recipe.header_offset, 1, recipe.header_bytes);
    for (guint step = 0; step < 400; step++) {
        uint64_t offset = (uint64_t)g_rand_int_range(random, 0, (gint32)SIZE);
        size_t length = lengths[(guint)g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(lengths))];
        length = MIN(length, SIZE - offset);
        gboolean touches = memchr(reserved + offset, 1, length) != NULL;
        if (touches || g_rand_boolean(random)) {
            assert_ok(disk_read(disk, offset, bytes, length, &error), error);
            g_assert_true(memcmp(bytes, model + offset, length) == 0);
            continue;
        }
        test_fill(model + offset, length, step);
        assert_ok(disk_write(disk, offset, model + offset, length, &error), error);
    }
    assert_ok(disk_flush(disk, &error), error);
    assert_content(disk, model);
    g_autoptr(Disk) again = open_by_startup_key(volume);
    assert_content(again, model);
}

static void test_model(void)
{
    for (guint method = 0x8000; method <= 0x8005; method++) {
        check_model(method, 512, FALSE);
        check_model(method, 4096, TRUE);
    }
}

static void test_reserved(void)
{
    WriterRecipe recipe = recipe_default();
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *zeros = g_malloc0(UNIT);
    g_autoptr(Disk) volume = make_volume(&recipe);
    g_autoptr(Disk) disk = open_by_startup_key(volume);
    g_autofree uint8_t *expected = make_expected(&recipe);
    for (guint i = 0; i < 4; i++) {
        uint64_t place = i < 3 ? recipe.copies[i] : recipe.header_offset;
        g_assert_false(disk_write(disk, place + 100, "x", 1, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        g_clear_error(&error);
        assert_ok(disk_write(disk, place, zeros, i < 3 ? 64 * KIB : 8192, &error), error);
    }
    g_autoptr(Disk) again = open_by_startup_key(volume);
    assert_content(again, expected);
}

/* Discards reach the storage, but not the metadata; and nobody takes them for zeros. */
static void test_discard(void)
{
    WriterRecipe recipe = recipe_default();
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) volume = make_volume(&recipe);
    g_autoptr(Disk) disk = open_by_startup_key(volume);
    g_autoptr(Disk) cache = disk_new_cache(disk, SIZE);
    g_assert_true(disk_discards_to_zeros(volume));
    g_assert_false(disk_discards_to_zeros(disk));
    g_assert_false(disk_discards_to_zeros(cache));
    assert_ok(disk_discard(cache, 100 * KIB + 1, 2 * UNIT, &error), error);
    g_autofree uint8_t *bytes = g_malloc(SIZE);
    g_autofree uint8_t *zeros = g_malloc0(UNIT);
    assert_ok(disk_read(volume, 0, bytes, SIZE, &error), error);
    g_assert_true(memcmp(bytes + 101 * KIB, zeros, UNIT - 101 * KIB) == 0);
    g_assert_false(memcmp(bytes + 100 * KIB, zeros, 512) == 0);
    g_autofree uint8_t *expected = make_expected(&recipe);
    g_autoptr(Disk) again = open_by_startup_key(volume);
    assert_ok(disk_read(again, 0, bytes, SIZE, &error), error);
    g_assert_true(memcmp(bytes, expected, 100 * KIB) == 0);
    size_t behind = 2 * UNIT + 101 * KIB;
    g_assert_true(memcmp(bytes + behind, expected + behind, SIZE - behind) == 0);
}

/* Another reader sees the volumes of this writer as we do. */
static void test_dislocker(void)
{
    static const char *const programs[] = {"dislocker-file", NULL};
    if (!test_has_programs(programs))
        return;
    char *folder = test_folder_make();
    g_autofree char *encrypted = g_build_filename(folder, "encrypted", NULL);
    g_autofree char *plain = g_build_filename(folder, "plain", NULL);
    for (guint method = 0x8000; method <= 0x8005; method++) {
        WriterRecipe recipe = recipe_default();
        g_autoptr(GError) error = NULL;
        g_autofree char *bytes = NULL;
        size_t length;
        recipe.method = method;
        recipe.clear_key = TRUE;
        recipe.recovery_password = RECOVERY;
        test_make_file(encrypted, SIZE);
        g_autofree uint8_t *content = make_plain();
        memcpy(content + 3, "NTFS    ", 8); /* it looks */
        {
            g_autoptr(Disk) volume = disk_open_file(encrypted, TRUE, 512, &error);
            assert_ok(disk_write(volume, 0, content, SIZE, &error), error);
            writer_encrypt(&recipe, volume);
            assert_ok(disk_flush(volume, &error), error);
        }
        if (method % 2)
            TEST_RUN("dislocker-file", "-q", "-r", "-V", encrypted, "-c", "--", plain);
        else
            TEST_RUN("dislocker-file", "-q", "-r", "-V", encrypted, "-p" RECOVERY, "--", plain);
        assert_ok(g_file_get_contents(plain, &bytes, &length, &error), error);
        g_autofree uint8_t *expected = make_expected(&recipe);
        memcpy(expected + 3, "NTFS    ", 8);
        g_assert_cmpuint(length, ==, SIZE);
        g_assert_true(memcmp(bytes, expected, SIZE) == 0);
        TEST_RUN("rm", "-f", plain);
    }
    test_folder_remove(folder);
}

static void test_recovery_passwords(void)
{
    static const struct {
        const char *text;
        RecoveryPassword expected;
        guint group;
    } rows[] = {
        {RECOVERY, RECOVERY_PASSWORD_GOOD, 0},
        {"720885-000000-000011-720885-000000-000000-000000-000000", RECOVERY_PASSWORD_GOOD, 0},
        {"720896-000000-000011-720885-000000-000000-000000-000000", RECOVERY_PASSWORD_MISTYPED, 1},
        {"000000-000001-000011-720885-000000-000000-000000-000000", RECOVERY_PASSWORD_MISTYPED, 2},
        {"000000-000000-000011-720885-000000-000000-000000", RECOVERY_PASSWORD_NONE, 0},
        {"1000000-000000-000011-720885-000000-000000-000000-000000", RECOVERY_PASSWORD_NONE, 0},
        {"000000-000000-000011-720885-000000-000000-000000-0000001", RECOVERY_PASSWORD_NONE, 0},
        {"", RECOVERY_PASSWORD_NONE, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t bytes[16];
        guint group = 0;
        g_assert_cmpint(
            bitlocker_parse_recovery_password(rows[i].text, strlen(rows[i].text), bytes, &group),
            ==, rows[i].expected);
        g_assert_cmpuint(group, ==, rows[i].group);
    }
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    g_test_add_func("/disk/bitlocker/methods", test_methods);
    g_test_add_func("/disk/bitlocker/states", test_states);
    g_test_add_func("/disk/bitlocker/keys", test_keys);
    g_test_add_func("/disk/bitlocker/description", test_description);
    g_test_add_func("/disk/bitlocker/damage", test_damage);
    g_test_add_func("/disk/bitlocker/every-byte", test_every_byte);
    g_test_add_func("/disk/bitlocker/truncated", test_truncated);
    g_test_add_func("/disk/bitlocker/model", test_model);
    g_test_add_func("/disk/bitlocker/reserved", test_reserved);
    g_test_add_func("/disk/bitlocker/discard", test_discard);
    g_test_add_func("/disk/bitlocker/dislocker", test_dislocker);
    g_test_add_func("/disk/bitlocker/recovery-passwords", test_recovery_passwords);
    return g_test_run();
}
