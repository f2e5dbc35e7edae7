/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns a plain volume into a BitLocker one of every method, protector and state, for tests. The
   keys are always the same: nothing in it is a secret. */
#ifndef TESTS_UNIT_DISK_BITLOCKER_WRITER_H
#define TESTS_UNIT_DISK_BITLOCKER_WRITER_H

#include "disk/disk.h"

#define WRITER_VOLUME_ID "01020304-0506-0708-090a-0b0c0d0e0f10"
#define WRITER_PASSPHRASE_ID "11111111-1111-1111-1111-111111111111"
#define WRITER_RECOVERY_ID "22222222-2222-2222-2222-222222222222"
#define WRITER_STARTUP_ID "33333333-3333-3333-3333-333333333333"
#define WRITER_TPM_ID "44444444-4444-4444-4444-444444444444"
#define WRITER_CLEAR_ID "55555555-5555-5555-5555-555555555555"

#define WRITER_STATE_DECRYPTED 1
#define WRITER_STATE_SWITCHING_LOGGED 2
#define WRITER_STATE_PAUSED 3
#define WRITER_STATE_ENCRYPTED 4
#define WRITER_STATE_SWITCHING 5

typedef struct {
    guint method;           /* 0x8000 … 0x8005 */
    uint32_t sector_bytes;  /* 512 or 4096 */
    uint64_t copies[3];     /* where the metadata goes: 64 KiB each that the volume does not use */
    uint64_t header_offset; /* where the first header_bytes go */
    uint32_t header_bytes;
    guint state;
    uint64_t encrypted_bytes; /* of a converting volume; else all of it */
    uint32_t log_bytes;
    gboolean on_write, vista;                   /* boot sector and version of those layouts */
    const char *passphrase, *recovery_password; /* NULL: no such protector */
    gboolean startup_key, tpm, clear_key;
} WriterRecipe;

/* Encrypts what is on volume in place and writes the metadata. */
void writer_encrypt(const WriterRecipe *recipe, Disk *volume);

/* The metadata alone, from signature to checks: at most 64 KiB. */
GByteArray *writer_make_metadata(const WriterRecipe *recipe, uint64_t volume_bytes);
/* Sets the checksum again after bytes were changed; does nothing where there is no room for it. */
void writer_update_checksum(uint8_t *metadata, size_t length);

/* Content of the .BEK file for WRITER_STARTUP_ID. */
GByteArray *writer_make_startup_key(void);

#endif
