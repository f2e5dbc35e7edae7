/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes encrypted with LUKS 1 and 2: what their header says, and the decrypted volume as a Disk
   that can also be written. The header is libcryptsetup's business, which sees a copy of it in a
   memory file, so that neither a device nor root is needed and nothing of it is ever changed;
   sectors are ours. Known from the LUKS2 On-Disk Format Specification 1.1.0, the LUKS1
   specification 1.2.3 and dm-crypt's documentation. */
#ifndef DISK_LUKS_H
#define DISK_LUKS_H

#include "disk/disk.h"
#include "disk/key.h"

/* More than any key slot that is meant to be opened has; a hostile one could keep us busy for days.
   Argon2's memory is that of this process: see luks_open(). */
#define LUKS_MEMORY_LIMIT_KIB (UINT64_C(2) << 20)
#define LUKS_WORK_LIMIT_KIB (UINT64_C(64) << 20) /* Argon2's memory times its passes */
#define LUKS_ROUNDS_LIMIT UINT64_C(100000000)    /* of PBKDF2 */

typedef struct Luks Luks;

/* What may stay open after the process was confined and can then not be opened any more: the
   library's source of random numbers, its ciphers and hashes, and, where keys will be tried, what
   its threads need to end. Without it luks_read() fails in a confined process. */
void luks_prepare(gboolean tries_keys);

/* Of a volume with either header: both copies damaged, or none: DRYDOCK_ERROR_CORRUPT. */
Luks *luks_read(Disk *volume, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void luks_free(Luks *luks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Luks, luks_free)

const char *luks_uuid(const Luks *luks); /* lower case; "": it is none */
guint luks_version(const Luks *luks);    /* 1 or 2 */

/* What opens it without a passphrase on the machine it comes from: "clevis (tang)", "clevis",
   "systemd-tpm2", "systemd-fido2", "systemd-pkcs11", … Of char *; empty: nothing. */
GPtrArray *luks_list_tokens(const Luks *luks);

/* The decrypted volume on top of volume, under its name. Every key of keys (may be NULL) that is
   meant for its UUID is tried on every key slot; a text both without and with a line break at its
   end. None fits, none was given, or the slots cost more than the limits above or three quarters of
   this host's memory: DRYDOCK_ERROR_PRECONDITION. Takes seconds per try, and as much memory as was
   chosen when the slot was made, usually 1 GiB at most.

   DRYDOCK_ERROR_UNSUPPORTED: a header without its data, integrity protection, a reencryption that
   has not finished, another cipher than AES.

   What is discarded reads as anything afterwards, see disk_discards_to_zeros(). */
Disk *luks_open(Luks *luks, Disk *volume, const KeyRing *keys,
                GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
