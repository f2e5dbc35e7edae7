/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes encrypted with BitLocker, of Windows 7 and later: what their metadata says, and the
   decrypted volume as a Disk that can also be written. The layout is Microsoft's own secret; it is
   known from the specification of libbde and from the descriptions in cryptsetup and dissect.fve,
   and was confirmed on volumes of Windows 7 to 11. */
#ifndef DISK_BITLOCKER_H
#define DISK_BITLOCKER_H

#include "disk/disk.h"
#include "disk/key.h"

typedef struct Bitlocker Bitlocker;

typedef enum {
    BITLOCKER_DECRYPTED,  /* never encrypted, or not any more: opens without a key */
    BITLOCKER_CONVERTING, /* encrypted or decrypted up to a point, where Windows goes on */
    BITLOCKER_ENCRYPTED,
} BitlockerState;

/* The first of the three copies of the metadata on volume that its checksum confirms. None:
   DRYDOCK_ERROR_CORRUPT. The layout of Windows Vista, and a conversion with a log that Windows may
   still have to play back: DRYDOCK_ERROR_UNSUPPORTED. */
Bitlocker *bitlocker_read(Disk *volume, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void bitlocker_free(Bitlocker *bitlocker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bitlocker, bitlocker_free)

const char *bitlocker_id(const Bitlocker *bitlocker); /* GUID, lower case */
BitlockerState bitlocker_state(const Bitlocker *bitlocker);
/* A clear key is on the disk: protection is suspended, anybody can open it. */
gboolean bitlocker_is_suspended(const Bitlocker *bitlocker);
/* One of its protectors is in the TPM of the machine it comes from. */
gboolean bitlocker_has_tpm(const Bitlocker *bitlocker);
/* How its sectors are encrypted: "AES-XTS-128"; NULL: not in a known way. */
const char *bitlocker_method(const Bitlocker *bitlocker);
guint bitlocker_protector_count(const Bitlocker *bitlocker);
const char *bitlocker_protector_id(const Bitlocker *bitlocker, guint index); /* GUID, lower case */
/* "recovery password", "TPM and PIN", "clear key". Owned. */
char *bitlocker_protector_kind(const Bitlocker *bitlocker, guint index);
/* What can open it, for people: "recovery password 42…, TPM and PIN 2f…"; "no key protector". */
char *bitlocker_describe_protectors(const Bitlocker *bitlocker);

/* The decrypted volume on top of volume, under its name. A suspended one needs no key; for others
   every key of keys (may be NULL) that is meant for the volume or one of its protectors is tried:
   recovery passwords (also the text file Windows saves them in), passphrases, and startup keys
   (content of a .BEK file). None fits: DRYDOCK_ERROR_PRECONDITION. Takes up to a second per try.

   The metadata reads as zeros, and only zeros may be written there. What is discarded reads as
   anything afterwards, see disk_discards_to_zeros(). */
Disk *bitlocker_open(const Bitlocker *bitlocker, Disk *volume, const KeyRing *keys,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
