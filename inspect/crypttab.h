/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Linux guest's crypttab(5), and what its names stand for. */
#ifndef INSPECT_CRYPTTAB_H
#define INSPECT_CRYPTTAB_H

#include "inspect/guest.h"

/* text: the file's. Of GuestMapping in its order, volumes not looked up yet; lines that are none
   are left out. */
GPtrArray *crypttab_parse(const char *text);

/* The LUKS volume with this UUID, in any case, as it was opened; NULL: none was. */
const Volume *crypttab_find_uuid(const VolumeSet *set, const char *uuid);

/* As volume_set_find_linux(), but of the UUID of a LUKS volume that volume, rather than what is on
   it. */
const Volume *crypttab_find_source(const VolumeSet *set, const Volume *root, const char *spec);

/* Looks up what each of mappings is made of. root: see volume_set_find_linux(). */
void crypttab_resolve(GPtrArray *mappings, const VolumeSet *set, const Volume *root);

/* As volume_set_find_linux(), and of names that device-mapper gives what is decrypted: those of
   mappings (may be NULL), and luks-UUID, which dracut makes by itself. */
const Volume *crypttab_find_linux(const GPtrArray *mappings, const VolumeSet *set,
                                  const Volume *root, const char *spec);

#endif
