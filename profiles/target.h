/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a site wants of its new machines, as data: profiles of the target domain, one section each
   in profiles/target/ (embedded at build time) and in the folder target/ of --profile-dir. A
   section inherits with "extends". All keys and values are in migrate-profile(5);
   target/default.ini has each of them once. */
#ifndef PROFILES_TARGET_H
#define PROFILES_TARGET_H

#include <glib.h>

typedef enum {
    TARGET_TITLE,
    TARGET_DESCRIPTION,
    TARGET_OSINFO,
    TARGET_HYPERVISOR,
    TARGET_EMULATOR,
    TARGET_MACHINE,
    TARGET_CPU,
    TARGET_CPU_FEATURES,
    TARGET_CPU_TOPOLOGY,
    TARGET_CPU_SHARES,
    TARGET_HUGEPAGES,
    TARGET_MEMORY_SOURCE,
    TARGET_MEMORY_ACCESS,
    TARGET_MEMORY_LOCKED,
    TARGET_MEMORY_MERGE,
    TARGET_DISK_BUS,
    TARGET_DISK_CACHE,
    TARGET_DISK_IO,
    TARGET_DISK_DISCARD,
    TARGET_DISK_DETECT_ZEROES,
    TARGET_DISK_QUEUES,
    TARGET_IOTHREADS,
    TARGET_NETWORK,
    TARGET_NIC_MODEL,
    TARGET_NIC_QUEUES,
    TARGET_VIDEO,
    TARGET_GRAPHICS,
    TARGET_GRAPHICS_LISTEN,
    TARGET_KEYMAP,
    TARGET_SOUND,
    TARGET_USB,
    TARGET_TABLET,
    TARGET_SERIAL_CONSOLE,
    TARGET_GUEST_AGENT,
    TARGET_RNG,
    TARGET_WATCHDOG,
    TARGET_WATCHDOG_ACTION,
    TARGET_PANIC,
    TARGET_BALLOON,
    TARGET_BALLOON_AUTODEFLATE,
    TARGET_BALLOON_REPORTING,
    TARGET_TPM,
    TARGET_TPM_VERSION,
    TARGET_SECURE_BOOT,
    TARGET_OVMF_CODE,
    TARGET_OVMF_VARS,
    TARGET_BOOT_MENU,
    TARGET_CLOCK,
    TARGET_HPET,
    TARGET_HYPERV,
    TARGET_SMBIOS,
    TARGET_GENID,
    TARGET_ON_POWEROFF,
    TARGET_ON_REBOOT,
    TARGET_ON_CRASH,
    TARGET_SUSPEND,
    TARGET_KEY_COUNT,
} TargetKey;

#define TARGET_DEFAULT_PROFILE "default"

typedef struct TargetProfiles TargetProfiles;
typedef struct TargetProfile TargetProfile; /* borrowed from its TargetProfiles */

/* directory: as --profile-dir has it; the files *.ini of its folder target, if it is there, are
   read after the built-in ones; a section of the same name replaces. NULL: built-in ones only.
   Unknown keys and values and loops in "extends" are errors (DRYDOCK_ERROR_USAGE) that begin with
   file and line. */
TargetProfiles *target_profiles_load(const char *directory,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void target_profiles_free(TargetProfiles *profiles);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TargetProfiles, target_profiles_free)

/* name NULL: the default one. DRYDOCK_ERROR_USAGE: there is none of that name. */
const TargetProfile *target_profiles_find(const TargetProfiles *profiles, const char *name,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* NULL-terminated, sorted; free with g_free(), the names are borrowed. */
const char **target_profiles_names(const TargetProfiles *profiles);

/* What the section or one that it extends says, else the key's own default; never NULL. profile
   may be NULL: the defaults. */
const char *target_get(const TargetProfile *profile, TargetKey key);
gboolean target_is(const TargetProfile *profile, TargetKey key, const char *value);
/* 0 where the value is a word. */
guint target_number(const TargetProfile *profile, TargetKey key);
const char *target_key_name(TargetKey key); /* as in the files: "disk-bus" */

#endif
