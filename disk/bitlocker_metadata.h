/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BitLocker's metadata, decoded and checked. Only for the files of bitlocker.h. */
#ifndef DISK_BITLOCKER_METADATA_H
#define DISK_BITLOCKER_METADATA_H

#include "disk/bitlocker.h"
#include "disk/on_disk.h"

#define BITLOCKER_COPIES 3
#define BITLOCKER_METADATA_BYTES ((size_t)65536) /* of each copy */

/* Kind of a protector: bits that say what is needed, none for a clear key. */
#define BITLOCKER_TPM 0x0100
#define BITLOCKER_STARTUP_KEY 0x0200
#define BITLOCKER_PIN 0x0400
#define BITLOCKER_RECOVERY_PASSWORD 0x0800
#define BITLOCKER_CERTIFICATE 0x1000
#define BITLOCKER_PASSPHRASE 0x2000
#define BITLOCKER_KINDS 0xff00

/* The metadata is a list of such entries, some with a list of their own inside. */
typedef enum {
    ENTRY_ROLE_PROPERTY = 0,
    ENTRY_ROLE_PROTECTOR = 2,
    ENTRY_ROLE_VOLUME_KEY = 3,
    ENTRY_ROLE_STARTUP_KEY = 6,
} EntryRole;

typedef enum {
    ENTRY_TYPE_KEY = 1,
    ENTRY_TYPE_STRETCH_KEY = 3,
    ENTRY_TYPE_WRAPPED_KEY = 5,
    ENTRY_TYPE_PROTECTOR = 8,
    ENTRY_TYPE_EXTERNAL_KEY = 9,
} EntryType;

typedef struct {
    guint role, type;
    const uint8_t *bytes; /* behind the header */
    size_t length;
} Entry;

typedef struct {
    const uint8_t *bytes;
    size_t length;
} EntryList;

/* Takes the first entry off list. FALSE at its end, or where it makes no sense. */
gboolean entry_list_next(EntryList *list, Entry *ret_entry);
/* The first entry of this role (-1: any) and type. */
gboolean entry_list_find(EntryList list, int role, guint type, Entry *ret_entry);
/* The list inside an entry, behind fixed bytes of its own. Empty when it is too short. */
EntryList entry_properties(const Entry *entry, size_t fixed);

/* A list with the header that metadata and .BEK files begin with; it may end before length does.
   FALSE: it is none. */
gboolean entry_list_decode(const uint8_t *bytes, size_t length, EntryList *ret_list);

typedef struct {
    char *id;
    guint kind;
    Entry entry; /* points into Bitlocker.bytes */
} BitlockerProtector;

struct Bitlocker {
    char *id;
    uint8_t *bytes; /* the copy that was chosen, from its signature to the end of its checks */
    size_t information_length; /* what the checks are about */
    EntryList entries;
    EntryList checks;      /* what is behind the checksum */
    GPtrArray *protectors; /* of BitlockerProtector */
    BitlockerState state;
    uint32_t sector_bytes;
    uint64_t encrypted_bytes; /* from here on nothing is encrypted */
    uint64_t header_bytes;    /* the volume's first bytes are … */
    uint64_t header_offset;   /* … here instead */
    uint64_t copy_offsets[BITLOCKER_COPIES];
};

#endif
