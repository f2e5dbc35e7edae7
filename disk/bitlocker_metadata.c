/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds, checks and decodes BitLocker's metadata. */
#include "disk/bitlocker_metadata.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define BOOT_SECTOR_BYTES 512
#define SIGNATURE "-FVE-FS-"
#define SIGNATURE_BYTES 8
#define INFORMATION_HEADER_BYTES 64
#define LIST_HEADER_BYTES 48
/* Of the list's header: the method of the sectors' key, from 0x8000 on. */
#define METHOD_OFFSET 36
#define METHOD_FIRST 0x8000u
#define ENTRY_HEADER_BYTES 8
#define CHECKS_HEADER_BYTES 8
#define PROTECTOR_FIXED_BYTES 28
/* Windows allows far fewer; every one of them may cost a second of key stretching. */
#define PROTECTORS_LIMIT 64
/* To Go volumes move the whole of a FAT volume's first files away: 5 MiB were seen. */
#define HEADER_LIMIT_BYTES (UINT64_C(256) << 20)

enum {
    VERSION_VISTA = 1,
    VERSION_7 = 2,
};

/* States that are stored, in this order; "paused" is 3. The log of "switching" may have to be
   played back. */
enum {
    STORED_DECRYPTED = 1,
    STORED_SWITCHING_LOGGED = 2,
    STORED_ENCRYPTED = 4,
    STORED_SWITCHING = 5,
};

/* Where a boot sector has the GUID that is followed by the places of the metadata. */
static const struct {
    const char *oem; /* at byte 3 */
    size_t guid_offset;
} layouts[] = {{SIGNATURE, 160}, {"MSWIN4.1", 424}};

static const uint8_t guid_common[GUID_BYTES] = {0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
                                                0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};
/* Encrypt-on-write, how Windows 8 and later convert: bitmaps say what is encrypted so far, logs
   what has to be done again, even where the state says "encrypted" (seen with Windows 10, the
   volume's header still in plain). The common GUID comes back when that is done. */
static const uint8_t guid_on_write[GUID_BYTES] = {0x3b, 0x4d, 0xa8, 0x92, 0x80, 0xdd, 0x0e, 0x4d,
                                                  0x9e, 0x4e, 0xb1, 0xe3, 0x28, 0x4e, 0xae, 0xd8};

typedef struct {
    uint32_t sector_bytes;
    gboolean on_write;
    uint64_t copy_offsets[BITLOCKER_COPIES];
} BootSector;

gboolean entry_list_next(EntryList *list, Entry *ret_entry)
{
    if (list->length < ENTRY_HEADER_BYTES)
        return FALSE;
    size_t size = get_le16(list->bytes);
    if (size < ENTRY_HEADER_BYTES || size > list->length)
        return FALSE;
    *ret_entry = (Entry){.role = get_le16(list->bytes + 2),
                         .type = get_le16(list->bytes + 4),
                         .bytes = list->bytes + ENTRY_HEADER_BYTES,
                         .length = size - ENTRY_HEADER_BYTES};
    list->bytes += size;
    list->length -= size;
    return TRUE;
}

gboolean entry_list_find(EntryList list, int role, guint type, Entry *ret_entry)
{
    Entry entry;
    while (entry_list_next(&list, &entry))
        if ((role < 0 || entry.role == (guint)role) && entry.type == type) {
            *ret_entry = entry;
            return TRUE;
        }
    return FALSE;
}

EntryList entry_properties(const Entry *entry, size_t fixed)
{
    if (entry->length < fixed)
        return (EntryList){NULL, 0};
    return (EntryList){entry->bytes + fixed, entry->length - fixed};
}

gboolean entry_list_decode(const uint8_t *bytes, size_t length, EntryList *ret_list)
{
    if (length < LIST_HEADER_BYTES)
        return FALSE;
    size_t size = get_le32(bytes);
    if (get_le32(bytes + 4) != 1 || get_le32(bytes + 8) != LIST_HEADER_BYTES ||
        size < LIST_HEADER_BYTES || size > length)
        return FALSE;
    *ret_list = (EntryList){bytes + LIST_HEADER_BYTES, size - LIST_HEADER_BYTES};
    return TRUE;
}

static void protector_free(gpointer data)
{
    BitlockerProtector *protector = data;
    g_free(protector->id);
    g_free(protector);
}

void bitlocker_free(Bitlocker *bitlocker)
{
    if (!bitlocker)
        return;
    g_clear_pointer(&bitlocker->protectors, g_ptr_array_unref);
    if (bitlocker->bytes) /* a suspended volume's holds a key */
        explicit_bzero(bitlocker->bytes, BITLOCKER_METADATA_BYTES);
    g_free(bitlocker->bytes);
    g_free(bitlocker->id);
    g_free(bitlocker);
}

static gboolean decode_boot_sector(Disk *volume, BootSector *boot, GError **error)
{
    uint8_t sector[BOOT_SECTOR_BYTES];
    if (!disk_read(volume, 0, sector, sizeof(sector), error))
        return FALSE;
    gboolean found = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(layouts) && !found; i++) {
        const uint8_t *guid = sector + layouts[i].guid_offset;
        boot->on_write = memcmp(guid, guid_on_write, GUID_BYTES) == 0;
        found = memcmp(sector + 3, layouts[i].oem, SIGNATURE_BYTES) == 0 &&
                (boot->on_write || memcmp(guid, guid_common, GUID_BYTES) == 0);
        for (guint copy = 0; found && copy < BITLOCKER_COPIES; copy++)
            boot->copy_offsets[copy] = get_le64(guid + GUID_BYTES + 8 * copy);
    }
    if (!found) {
        gboolean is_vista = memcmp(sector + 3, SIGNATURE, SIGNATURE_BYTES) == 0;
        drydock_error_set(error, is_vista ? DRYDOCK_ERROR_UNSUPPORTED : DRYDOCK_ERROR_CORRUPT,
                          is_vista ? "decrypt it in the source (manage-bde -off)" : NULL,
                          is_vista ? "%s was encrypted by Windows Vista, whose layout is not read"
                                   : "the boot sector of %s is not one of BitLocker",
                          disk_name(volume));
        return FALSE;
    }
    boot->sector_bytes = get_le16(sector + 11);
    if (boot->sector_bytes == 512 || boot->sector_bytes == 4096)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "%s has BitLocker sectors of %" G_GUINT32_FORMAT " bytes", disk_name(volume),
                      boot->sector_bytes);
    return FALSE;
}

/* One copy whose own structure and checksum are right; NULL: it is damaged (not an error), or
 *error: it could not be read. */
static uint8_t *read_copy(Disk *volume, uint64_t offset, size_t *ret_length, GError **error)
{
    if (!range_is_within(offset, BITLOCKER_METADATA_BYTES, disk_size(volume)))
        return NULL;
    g_autofree uint8_t *bytes = g_malloc(BITLOCKER_METADATA_BYTES);
    if (!disk_read(volume, offset, bytes, BITLOCKER_METADATA_BYTES, error))
        return NULL;
    guint version = get_le16(bytes + 10);
    size_t length = (size_t)get_le16(bytes + 8) * 16;
    if (memcmp(bytes, SIGNATURE, SIGNATURE_BYTES) != 0 || version != VERSION_7 ||
        length < INFORMATION_HEADER_BYTES + LIST_HEADER_BYTES ||
        length + CHECKS_HEADER_BYTES > BITLOCKER_METADATA_BYTES ||
        crc32_compute(bytes, length) != get_le32(bytes + length + 4))
        return NULL;
    *ret_length = length;
    return g_steal_pointer(&bytes);
}

static gboolean choose_copy(Disk *volume, const BootSector *boot, Bitlocker *bitlocker,
                            GError **error)
{
    for (guint i = 0; i < BITLOCKER_COPIES; i++) {
        g_autoptr(GError) local = NULL;
        bitlocker->bytes =
            read_copy(volume, boot->copy_offsets[i], &bitlocker->information_length, &local);
        if (local) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        if (bitlocker->bytes &&
            entry_list_decode(bitlocker->bytes + INFORMATION_HEADER_BYTES,
                              bitlocker->information_length - INFORMATION_HEADER_BYTES,
                              &bitlocker->entries)) {
            if (i > 0)
                g_debug("%s: BitLocker metadata: copy %u is the first good one", disk_name(volume),
                        i + 1);
            return TRUE;
        }
        g_clear_pointer(&bitlocker->bytes, g_free);
    }
    drydock_error_set(
        error, DRYDOCK_ERROR_CORRUPT, "check the volume in the source, then export it again",
        "none of the three copies of the BitLocker metadata of %s is whole", disk_name(volume));
    return FALSE;
}

static void read_protectors(Bitlocker *bitlocker)
{
    EntryList list = bitlocker->entries;
    Entry entry;
    while (entry_list_next(&list, &entry) && bitlocker->protectors->len < PROTECTORS_LIMIT) {
        if (entry.role != ENTRY_ROLE_PROTECTOR || entry.type != ENTRY_TYPE_PROTECTOR ||
            entry.length < PROTECTOR_FIXED_BYTES)
            continue;
        BitlockerProtector *protector = g_new0(BitlockerProtector, 1);
        protector->id = guid_to_text(entry.bytes);
        protector->kind = get_le16(entry.bytes + 26) & BITLOCKER_KINDS;
        protector->entry = entry;
        g_ptr_array_add(bitlocker->protectors, protector);
    }
}

static gboolean set_state(const BootSector *boot, const char *name, Bitlocker *bitlocker,
                          GError **error)
{
    guint stored = get_le16(bitlocker->bytes + 12);
    uint64_t offset = get_le64(bitlocker->bytes + 16);
    uint32_t log_bytes = get_le32(bitlocker->bytes + 24);
    if (stored == STORED_DECRYPTED) {
        bitlocker->state = BITLOCKER_DECRYPTED;
        return TRUE;
    }
    bitlocker->encrypted_bytes = offset > 0 ? offset : G_MAXUINT64;
    bitlocker->state = stored == STORED_ENCRYPTED ? BITLOCKER_ENCRYPTED : BITLOCKER_CONVERTING;
    gboolean is_known = stored >= STORED_SWITCHING_LOGGED && stored <= STORED_SWITCHING;
    if (is_known && !boot->on_write && (stored == STORED_ENCRYPTED || log_bytes == 0)) {
        if (stored != STORED_ENCRYPTED)
            bitlocker->encrypted_bytes = offset;
        return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                      "let it finish in the source (manage-bde -status), then export it again",
                      is_known ? "the encryption or decryption of %s is half done and has a log "
                                 "(state %u)"
                               : "the BitLocker state of %s is unknown (%u)",
                      name, stored);
    return FALSE;
}

static gboolean set_geometry(Disk *volume, Bitlocker *bitlocker, GError **error)
{
    const uint8_t *bytes = bitlocker->bytes;
    uint32_t unit = bitlocker->sector_bytes;
    bitlocker->header_bytes = (uint64_t)get_le32(bytes + 28) * unit;
    bitlocker->header_offset = get_le64(bytes + 56);
    gboolean ok =
        bitlocker->header_bytes > 0 && bitlocker->header_bytes <= HEADER_LIMIT_BYTES &&
        bitlocker->header_offset >= bitlocker->header_bytes &&
        bitlocker->header_offset % unit == 0 &&
        range_is_within(bitlocker->header_offset, bitlocker->header_bytes, disk_size(volume)) &&
        (bitlocker->encrypted_bytes == G_MAXUINT64 || bitlocker->encrypted_bytes % unit == 0);
    for (guint i = 0; i < BITLOCKER_COPIES; i++) {
        uint64_t offset = get_le64(bytes + 32 + 8 * i), end;
        bitlocker->copy_offsets[i] = offset;
        ok = ok && offset % unit == 0 && offset >= bitlocker->header_bytes &&
             g_uint64_checked_add(&end, offset, BITLOCKER_METADATA_BYTES);
    }
    if (!ok)
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "the BitLocker metadata of %s names places that cannot be",
                          disk_name(volume));
    return ok;
}

Bitlocker *bitlocker_read(Disk *volume, GError **error)
{
    g_autoptr(Bitlocker) bitlocker = g_new0(Bitlocker, 1);
    BootSector boot = {0};
    bitlocker->protectors = g_ptr_array_new_with_free_func(protector_free);
    if (!decode_boot_sector(volume, &boot, error) || !choose_copy(volume, &boot, bitlocker, error))
        return NULL;
    bitlocker->sector_bytes = boot.sector_bytes;
    bitlocker->id = guid_to_text(bitlocker->bytes + INFORMATION_HEADER_BYTES + 16);
    size_t checks = bitlocker->information_length + CHECKS_HEADER_BYTES;
    bitlocker->checks = (EntryList){bitlocker->bytes + checks, BITLOCKER_METADATA_BYTES - checks};
    read_protectors(bitlocker);
    if (!set_state(&boot, disk_name(volume), bitlocker, error) ||
        !set_geometry(volume, bitlocker, error))
        return NULL;
    return g_steal_pointer(&bitlocker);
}

const char *bitlocker_id(const Bitlocker *bitlocker)
{
    return bitlocker->id;
}

BitlockerState bitlocker_state(const Bitlocker *bitlocker)
{
    return bitlocker->state;
}

gboolean bitlocker_is_suspended(const Bitlocker *bitlocker)
{
    for (guint i = 0; i < bitlocker->protectors->len; i++)
        if (((const BitlockerProtector *)g_ptr_array_index(bitlocker->protectors, i))->kind == 0)
            return TRUE;
    return FALSE;
}

gboolean bitlocker_has_tpm(const Bitlocker *bitlocker)
{
    for (guint i = 0; i < bitlocker->protectors->len; i++) {
        const BitlockerProtector *protector = g_ptr_array_index(bitlocker->protectors, i);
        if (protector->kind & (BITLOCKER_TPM | BITLOCKER_PIN))
            return TRUE;
    }
    return FALSE;
}

static void append_kind(GString *text, guint kind)
{
    static const struct {
        guint kind;
        const char *name;
    } names[] = {
        {BITLOCKER_TPM, "TPM"},
        {BITLOCKER_PIN, "PIN"},
        {BITLOCKER_STARTUP_KEY, "startup key"},
        {BITLOCKER_RECOVERY_PASSWORD, "recovery password"},
        {BITLOCKER_CERTIFICATE, "certificate"},
        {BITLOCKER_PASSPHRASE, "passphrase"},
    };
    const char *separator = "";
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (kind & names[i].kind) {
            g_string_append_printf(text, "%s%s", separator, names[i].name);
            separator = " and ";
        }
    if (kind == 0)
        g_string_append(text, "clear key");
    else if (*separator == '\0')
        g_string_append_printf(text, "kind 0x%04x", kind);
}

guint bitlocker_protector_count(const Bitlocker *bitlocker)
{
    return bitlocker->protectors->len;
}

const char *bitlocker_protector_id(const Bitlocker *bitlocker, guint index)
{
    const BitlockerProtector *protector = g_ptr_array_index(bitlocker->protectors, index);
    return protector->id;
}

char *bitlocker_protector_kind(const Bitlocker *bitlocker, guint index)
{
    const BitlockerProtector *protector = g_ptr_array_index(bitlocker->protectors, index);
    GString *text = g_string_new(NULL);
    append_kind(text, protector->kind);
    return g_string_free(text, FALSE);
}

const char *bitlocker_method(const Bitlocker *bitlocker)
{
    static const char *const names[] = {
        "AES-CBC-128-diffuser", "AES-CBC-256-diffuser", "AES-CBC-128",
        "AES-CBC-256",          "AES-XTS-128",          "AES-XTS-256",
    };
    guint method = get_le16(bitlocker->bytes + INFORMATION_HEADER_BYTES + METHOD_OFFSET);
    guint index = method - METHOD_FIRST;
    return method >= METHOD_FIRST && index < G_N_ELEMENTS(names) ? names[index] : NULL;
}

char *bitlocker_describe_protectors(const Bitlocker *bitlocker)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < bitlocker->protectors->len; i++) {
        const BitlockerProtector *protector = g_ptr_array_index(bitlocker->protectors, i);
        g_string_append(text, i > 0 ? ", " : "");
        append_kind(text, protector->kind);
        g_string_append_printf(text, " %s", protector->id);
    }
    if (text->len == 0)
        g_string_append(text, "no key protector");
    return g_string_free(text, FALSE);
}
