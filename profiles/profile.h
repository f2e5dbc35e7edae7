/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What we know of operating systems, as data: one section per release in the key files of this
   folder (linux.ini, windows.ini; embedded at build time), inheriting with "like", found with
   "match". The keys are explained at the top of each file. */
#ifndef PROFILES_PROFILE_H
#define PROFILES_PROFILE_H

#include <glib.h>

typedef struct Profiles Profiles;
typedef struct Profile Profile; /* borrowed from its Profiles */

/* directory: files *.ini read after the built-in ones; a section of the same name replaces. NULL:
   built-in ones only. Unknown keys and quirks, loops in "like", sections that nothing can ever use
   and sections that could match the same system equally well are errors (DRYDOCK_ERROR_USAGE). */
Profiles *profiles_load(const char *directory, GError **error) G_GNUC_WARN_UNUSED_RESULT;
Profiles *profiles_ref(Profiles *profiles);
void profiles_free(Profiles *profiles); /* gives one reference back; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Profiles, profiles_free)

/* facts: NULL-terminated "key:value" words, for example "id:debian", "version:12",
   "windows:10.0", "build:20348", "type:server". A match line is a list of words; all words of one
   key are alternatives, all keys must be met; a value may be a range ("build:20348-25397", open at
   either end) or a prefix of dotted numbers ("version:12" meets 12.4). The section with most keys
   in its match wins; sections without a common key answer different questions, so give facts for
   one of them at a time. NULL and no error: nothing matches. */
const Profile *profiles_match(const Profiles *profiles, const char *const *facts);

/* Where a release needs something done, or cannot have something, that others do not or can. What
   each means stands at the top of windows.ini. */
typedef enum {
    QUIRK_AC97,
    QUIRK_ACTIVATION,
    QUIRK_BOOT_SECTOR_HEADS,
    QUIRK_FIXED_HAL,
    QUIRK_HARDWARE_WIZARD,
    QUIRK_NO_DISK_POLICY,
    QUIRK_NO_GUEST_AGENT,
    QUIRK_NO_HYPERV,
    QUIRK_NO_USB3,
    QUIRK_PROCESSOR_DRIVERS,
    QUIRK_SHA1_SIGNATURES,
    QUIRK_UEFI_VGA,
    QUIRK_COUNT,
} ProfileQuirk;

const char *profile_quirk_name(ProfileQuirk quirk); /* as in the files: "uefi-vga" */
/* With inheritance, as any key: a section that says "quirks" replaces those of its parent. */
gboolean profile_has_quirk(const Profile *profile, ProfileQuirk quirk);

const char *profile_name(const Profile *profile);
/* With inheritance; NULL when no section of the chain says it. */
const char *profile_get(const Profile *profile, const char *key);
/* Split at blanks; NULL-terminated, possibly empty, free with g_strfreev(). */
char **profile_get_list(const Profile *profile, const char *key);

#endif
