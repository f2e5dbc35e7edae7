/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which signatures a Windows takes on a kernel driver: a boot driver it refuses is a guest that
   does not start (0xC0000428). */
#ifndef WINDOWS_DRIVER_POLICY_H
#define WINDOWS_DRIVER_POLICY_H

#include "windows/inf_target.h"
#include "windows/pe_signature.h"

typedef struct {
    InfTarget inf;
    gboolean needs_sha1;   /* it does not know SHA-256 yet (6.0 and 6.1 before KB3033929) */
    gboolean test_signing; /* the boot configuration allows test certificates */
} DriverTarget;

/* TRUE: the guest will load it. *ret_reason says why or why not, starting with the file's name; may
   be NULL. */
gboolean driver_policy_accepts(const DriverTarget *target, const char *file_name,
                               const PeSignature *signature, char **ret_reason);
/* A driver for another processor than target's. */
gboolean driver_policy_machine_fits(const DriverTarget *target, const PeSignature *signature);

#endif
