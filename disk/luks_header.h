/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a LUKS header says, decoded and checked. Only for the files of luks.h. */
#ifndef DISK_LUKS_HEADER_H
#define DISK_LUKS_HEADER_H

#include <json-glib/json-glib.h>

#include "disk/luks.h"
#include "disk/sector_cipher.h"

struct crypt_device;

typedef enum {
    LUKS_VECTOR_NUMBER,    /* "plain64" */
    LUKS_VECTOR_NUMBER_32, /* "plain": the lower half */
    LUKS_VECTOR_ESSIV,     /* "essiv:sha256": the number, encrypted by the SHA-256 of the key */
} LuksVector;

typedef struct {
    SectorMode mode;
    LuksVector vector;
} LuksEncryption;

struct Luks {
    struct crypt_device *device;
    int fd;                /* a memory file as large as the volume: device reads the header there */
    uint64_t copied_bytes; /* what of the volume is in it, from the start */
    uint64_t header_bytes; /* all copies of the metadata, and the key slots */
    char *message;         /* the last error that libcryptsetup reported; NULL: none */
    char *reason;          /* why it is not opened; NULL: it can be */
    guint version;
    char *uuid;
    GPtrArray *tokens; /* see luks_list_tokens() */
    LuksEncryption encryption;
    size_t key_bytes;
    uint32_t sector_bytes;
    uint64_t data_offset, data_bytes; /* bytes; 0: to the end of the volume */
    uint64_t first_number;            /* of the first sector, for its initial vector */
    uint64_t digest_rounds;           /* of PBKDF2, to see whether a key is the right one */
    uint64_t memory_limit_kib, work_limit_kib, rounds_limit; /* see luks.h */
};

/* "aes-xts-plain64". FALSE: not one of ours. */
gboolean luks_encryption_parse(const char *text, LuksEncryption *ret_encryption);

/* Copies what of the volume's first end bytes is not in the memory file yet. */
gboolean luks_copy_header(Luks *luks, Disk *volume, uint64_t end,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fills in what the JSON of a LUKS2 header says of data, digests and tokens, or reason. */
void luks_json_decode(Luks *luks, const char *json);

#endif
