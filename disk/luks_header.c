/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a LUKS header through libcryptsetup. */
#include "disk/luks_header.h"

#include <errno.h>
#include <libcryptsetup.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/bytes.h"
#include "base/error.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

/* LUKS2 3.1: two copies of the metadata, of 16 KiB to 4 MiB each; the second is found by its
   signature when the first is damaged. */
#define METADATA_LIMIT_BYTES (4 * MIB)
/* LUKS2 2.4: key slots take up to 128 MiB. */
#define HEADER_LIMIT_BYTES (2 * METADATA_LIMIT_BYTES + 128 * MIB)
#define LUKS1_HEADER_BYTES (4 * KIB)
#define LUKS1_DIGEST_ROUNDS_OFFSET 164 /* mk-digest-iter, LUKS1 figure 1 */
#define COPY_BYTES MIB
#define PAGE_BYTES ((size_t)4096)

/* Clevis on LUKS1 keeps what it knows behind the key slots, at the next page (libluksmeta). */
#define LUKSMETA_SIGNATURE "LUKSMETA"

gboolean luks_encryption_parse(const char *text, LuksEncryption *ret_encryption)
{
    static const struct {
        const char *text;
        LuksEncryption encryption;
    } rows[] = {
        {"aes-xts-plain64", {SECTOR_MODE_XTS, LUKS_VECTOR_NUMBER}},
        {"aes-xts-plain", {SECTOR_MODE_XTS, LUKS_VECTOR_NUMBER_32}},
        {"aes-xts-essiv:sha256", {SECTOR_MODE_XTS, LUKS_VECTOR_ESSIV}},
        {"aes-cbc-plain64", {SECTOR_MODE_CBC, LUKS_VECTOR_NUMBER}},
        {"aes-cbc-plain", {SECTOR_MODE_CBC, LUKS_VECTOR_NUMBER_32}},
        {"aes-cbc-essiv:sha256", {SECTOR_MODE_CBC, LUKS_VECTOR_ESSIV}},
        {"aes-ecb", {SECTOR_MODE_ECB, LUKS_VECTOR_NUMBER}},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (g_str_equal(rows[i].text, text)) {
            *ret_encryption = rows[i].encryption;
            return TRUE;
        }
    return FALSE;
}

static void log_debug(int level G_GNUC_UNUSED, const char *message, void *data G_GNUC_UNUSED)
{
    g_debug("libcryptsetup: %s", message);
}

/* The name of the memory file is nothing to tell anybody. */
static void keep_message(int level, const char *message, void *data)
{
    Luks *luks = data;
    log_debug(level, message, NULL);
    if (level != CRYPT_LOG_ERROR || strstr(message, "/proc/"))
        return;
    g_free(luks->message);
    luks->message = g_utf8_make_valid(message, -1);
    g_strchomp(luks->message);
    if (g_str_has_suffix(luks->message, "."))
        luks->message[strlen(luks->message) - 1] = '\0';
}

/* Memory files are nobody else's, so nothing has to be locked; tokens would load libraries. */
static void set_up_library(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    crypt_set_log_callback(NULL, log_debug, NULL);
    crypt_metadata_locking(NULL, 0);
    crypt_token_external_disable();
}

static int new_memory_file(uint64_t size, GError **error)
{
    int fd = memfd_create("luks", MFD_CLOEXEC);
    if (fd >= 0 && ftruncate(fd, (off_t)size) == 0)
        return fd;
    drydock_error_set_errno(error, errno, "cannot create a memory file");
    if (fd >= 0)
        close(fd);
    return -1;
}

static struct crypt_device *new_device(int fd)
{
    struct crypt_device *device = NULL;
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    return crypt_init(&device, path) == 0 ? device : NULL;
}

static gpointer end_thread(gpointer data)
{
    g_thread_exit(data);
    return NULL;
}

void luks_prepare(gboolean tries_keys)
{
    set_up_library();
    int fd = new_memory_file(MIB, NULL);
    struct crypt_device *device = fd >= 0 ? new_device(fd) : NULL;
    /* There is no header to be found; what it takes to look is loaded now. */
    if (device && crypt_load(device, CRYPT_LUKS, NULL) == 0)
        g_debug("a LUKS header made of zeros");
    crypt_free(device);
    if (fd >= 0)
        close(fd);
    /* Argon2's threads end by pthread_exit(), for which glibc loads libgcc_s. */
    if (tries_keys)
        g_thread_join(g_thread_new("prepare", end_thread, NULL));
}

static gboolean is_zero(const uint8_t *bytes, size_t length)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

/* Leaves holes where there are zeros: most of a header. */
static gboolean write_pages(int fd, const uint8_t *bytes, size_t length, uint64_t offset,
                            GError **error)
{
    for (size_t done = 0; done < length; done += PAGE_BYTES) {
        size_t page = MIN(PAGE_BYTES, length - done);
        if (is_zero(bytes + done, page))
            continue;
        if (pwrite(fd, bytes + done, page, (off_t)(offset + done)) != (ssize_t)page) {
            drydock_error_set_errno(error, errno, "cannot write to a memory file");
            return FALSE;
        }
    }
    return TRUE;
}

gboolean luks_copy_header(Luks *luks, Disk *volume, uint64_t end, GError **error)
{
    end = MIN(end, disk_size(volume));
    g_autofree uint8_t *bytes = g_malloc((gsize)COPY_BYTES);
    while (luks->copied_bytes < end) {
        size_t chunk = (size_t)MIN(COPY_BYTES, end - luks->copied_bytes);
        if (!disk_read(volume, luks->copied_bytes, bytes, chunk, error) ||
            !write_pages(luks->fd, bytes, chunk, luks->copied_bytes, error))
            return FALSE;
        luks->copied_bytes += chunk;
    }
    return TRUE;
}

/* As much as it takes to find the header: its size is behind its version (LUKS2 2.1). */
static gboolean copy_metadata(Luks *luks, Disk *volume, GError **error)
{
    static const uint8_t signature[6] = {'L', 'U', 'K', 'S', 0xba, 0xbe};
    uint8_t start[16] = {0};
    uint64_t end = 2 * METADATA_LIMIT_BYTES;
    if (disk_size(volume) >= sizeof(start) && !disk_read(volume, 0, start, sizeof(start), error))
        return FALSE;
    if (memcmp(start, signature, sizeof(signature)) == 0 && get_be16(start + 6) == 1)
        end = LUKS1_HEADER_BYTES;
    else if (memcmp(start, signature, sizeof(signature)) == 0 &&
             get_be64(start + 8) <= METADATA_LIMIT_BYTES)
        end = 2 * get_be64(start + 8);
    return luks_copy_header(luks, volume, MAX(end, LUKS1_HEADER_BYTES), error);
}

static gboolean find_luksmeta(Luks *luks, Disk *volume, GError **error)
{
    uint64_t end = MIN(luks->data_offset, MIN(disk_size(volume), METADATA_LIMIT_BYTES));
    for (uint64_t page = PAGE_BYTES; page + PAGE_BYTES <= end; page += PAGE_BYTES) {
        char signature[8];
        if (!disk_read(volume, page, signature, sizeof(signature), error))
            return FALSE;
        if (memcmp(signature, LUKSMETA_SIGNATURE, sizeof(signature)) == 0) {
            g_ptr_array_add(luks->tokens, g_strdup("clevis"));
            return TRUE;
        }
    }
    return TRUE;
}

static gboolean decode_luks1(Luks *luks, Disk *volume, GError **error)
{
    uint8_t rounds[4];
    g_autofree char *text = g_strdup_printf("%s-%s", crypt_get_cipher(luks->device),
                                            crypt_get_cipher_mode(luks->device));
    luks->data_offset = crypt_get_data_offset(luks->device) * 512;
    luks->sector_bytes = 512;
    if (!luks_encryption_parse(text, &luks->encryption))
        luks->reason = g_strdup_printf("its cipher is '%s'", text);
    if (!disk_read(volume, LUKS1_DIGEST_ROUNDS_OFFSET, rounds, sizeof(rounds), error))
        return FALSE;
    luks->digest_rounds = get_be32(rounds);
    return find_luksmeta(luks, volume, error);
}

static gboolean decode(Luks *luks, Disk *volume, GError **error)
{
    const char *json = NULL;
    uint64_t metadata = 0, slots = 0;
    luks->version = g_str_equal(crypt_get_type(luks->device), CRYPT_LUKS1) ? 1 : 2;
    luks->uuid = g_ascii_strdown(crypt_get_uuid(luks->device), -1);
    if (!g_uuid_string_is_valid(luks->uuid))
        *luks->uuid = '\0';
    int key_bytes = crypt_get_volume_key_size(luks->device);
    if (luks->version == 1) {
        if (!decode_luks1(luks, volume, error))
            return FALSE;
    } else if (crypt_dump_json(luks->device, &json, 0) == 0 && json) {
        luks_json_decode(luks, json);
    }
    if (crypt_get_metadata_size(luks->device, &metadata, &slots) == 0)
        luks->header_bytes = luks->version == 1 ? metadata + slots : 2 * metadata + slots;
    if (luks->reason)
        return TRUE;
    luks->key_bytes = key_bytes > 0 ? (size_t)key_bytes : 0;
    if (luks->data_offset < luks->header_bytes || luks->data_offset % 512 != 0)
        luks->reason = g_strdup("it is a header whose data is somewhere else");
    else if (luks->header_bytes == 0 || luks->header_bytes > HEADER_LIMIT_BYTES)
        luks->reason = g_strdup("its key slots take more room than there can be");
    else if (!sector_cipher_takes(luks->encryption.mode, luks->key_bytes))
        luks->reason = g_strdup_printf("its key has %zu bytes", luks->key_bytes);
    return TRUE;
}

Luks *luks_read(Disk *volume, GError **error)
{
    set_up_library();
    g_autoptr(Luks) luks = g_new0(Luks, 1);
    luks->tokens = g_ptr_array_new_with_free_func(g_free);
    luks->memory_limit_kib = LUKS_MEMORY_LIMIT_KIB;
    luks->work_limit_kib = LUKS_WORK_LIMIT_KIB;
    luks->rounds_limit = LUKS_ROUNDS_LIMIT;
    luks->fd = new_memory_file(disk_size(volume), error);
    if (luks->fd < 0 || !copy_metadata(luks, volume, error))
        return NULL;
    luks->device = new_device(luks->fd);
    if (luks->device)
        crypt_set_log_callback(luks->device, keep_message, luks);
    if (!luks->device || crypt_load(luks->device, CRYPT_LUKS, NULL) != 0 ||
        !crypt_get_type(luks->device) || !crypt_get_uuid(luks->device)) {
        drydock_error_set(
            error, DRYDOCK_ERROR_CORRUPT,
            "check the volume in the source (cryptsetup repair), then export it again",
            "the LUKS header of %s is damaged%s%s", disk_name(volume), luks->message ? ": " : "",
            luks->message ? luks->message : "");
        return NULL;
    }
    if (!decode(luks, volume, error))
        return NULL;
    return g_steal_pointer(&luks);
}

void luks_free(Luks *luks)
{
    if (!luks)
        return;
    crypt_free(luks->device);
    if (luks->fd >= 0)
        close(luks->fd);
    g_clear_pointer(&luks->tokens, g_ptr_array_unref);
    g_free(luks->message);
    g_free(luks->reason);
    g_free(luks->uuid);
    g_free(luks);
}

const char *luks_uuid(const Luks *luks)
{
    return luks->uuid;
}

guint luks_version(const Luks *luks)
{
    return luks->version;
}

GPtrArray *luks_list_tokens(const Luks *luks)
{
    return g_ptr_array_ref(luks->tokens);
}
