/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What guest.c asks of each kind of system. Only for files of inspect/. */
#ifndef INSPECT_SYSTEM_H
#define INSPECT_SYSTEM_H

#include "inspect/guest.h"

/* A system on a volume; root: where it is there, "/", a folder with a subvolume of Btrfs, or
 * "/Windows". */
typedef struct {
    GuestKind kind;
    const Volume *volume;
    char *root;
} GuestCandidate;

/* Adds the root of each such system on the volume to roots, of char *; none is no error. */
gboolean linux_find_systems(const Volume *volume, GPtrArray *roots,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean windows_find_systems(const Volume *volume, GPtrArray *roots,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fills guest, whose kind, root and profiles are set. */
gboolean linux_read_guest(const VolumeSet *set, const char *system_root, GPtrArray *findings,
                          Guest *guest, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean windows_read_guest(const VolumeSet *set, const char *system_root, GPtrArray *findings,
                            Guest *guest, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The profile, and the names it corrects or gives. After version and types are read. */
void windows_match_profile(Guest *guest);

void linux_facts_clear(GuestLinux *facts);
void windows_facts_clear(GuestWindows *facts);

/* The candidate that the boot loader starts by itself; NULL: it does not say. candidates: of
   GuestCandidate. Linux: a snapshot that is started is added to them. */
gboolean linux_find_default(const VolumeSet *set, GPtrArray *candidates,
                            const GuestCandidate **ret_default,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean windows_find_default(const VolumeSet *set, const GPtrArray *candidates,
                              const GuestCandidate **ret_default,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether it is a locked volume that Windows starts from, and not from chosen. */
gboolean windows_default_is_locked(const VolumeSet *set, const Volume *chosen, gboolean *ret_locked,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Looks for a profile that fits facts, unless the guest has one already. */
void guest_match_profile(Guest *guest, const char *const *facts);
/* osinfo of the profile with {version}, {major} and {minor} filled in; version may be NULL. */
void guest_set_osinfo(Guest *guest, const char *version);

#endif
