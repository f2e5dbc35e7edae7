/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the disks say: the operating system, its version, where it keeps things, what boots it. */
#ifndef INSPECT_GUEST_H
#define INSPECT_GUEST_H

#include <json-glib/json-glib.h>

#include "base/firmware.h"
#include "fs/tree.h"
#include "inspect/guest_windows.h"
#include "inspect/volume.h"
#include "profiles/profile.h"
#include "registry/replay.h"

/* Where the EFI system partition is in the guest's tree, unless a Linux guest's fstab mounts it
   somewhere itself: then it is there only. Not mounted when there is none. */
#define GUEST_ESP_MOUNT "/EFI System Partition"

typedef enum {
    GUEST_LINUX,
    GUEST_WINDOWS,
} GuestKind;

/* An installed kernel of a Linux guest. Paths are in the guest's tree. */
typedef struct {
    char *version;       /* "6.1.0-28-amd64", the name of its folder below modules_dir's parent */
    char *image;         /* "/boot/vmlinuz-6.1.0-28-amd64" */
    char *initramfs;     /* "/boot/initrd.img-6.1.0-28-amd64"; NULL: none found (or inside image, if
                            that is a unified .efi file) */
    char *config;        /* "/boot/config-…"; NULL: none found */
    char *modules_dir;   /* "/lib/modules/6.1.0-28-amd64"; NULL: none found */
    gboolean is_default; /* what the boot loader starts */
    gboolean is_rescue;  /* a rescue image: its initramfs has the drivers of any machine */
} GuestKernel;

typedef struct {
    char *spec; /* first field of fstab as written */
    char *mount_point;
    char *type;
    char *options;        /* fourth field; "" where there is none */
    const Volume *volume; /* which one it is; NULL: not found */
} GuestMount;

/* A line of crypttab. */
typedef struct {
    char *name;           /* below /dev/mapper */
    char *spec;           /* of what is decrypted, as written */
    const Volume *volume; /* which one it is, decrypted or not; NULL: not found */
} GuestMapping;

/* What a Linux guest's /usr is: nothing of ours is ever written into an image. */
typedef enum {
    USR_FILES,     /* files as any other */
    USR_OSTREE,    /* a deployment of ostree, checksummed; kernels and initramfs come with it */
    USR_PARTITION, /* a partition that dm-verity checks; likewise */
    USR_STORE,     /* NixOS: packages and most of /etc are in /nix/store, made from /etc/nixos */
    USR_SNAPSHOT,  /* part of a Btrfs snapshot that is read-only and replaced as a whole
                      (transactional-update); written by us, not by the guest's own tools */
} UsrKind;

typedef struct {
    char *id;          /* os-release ID, "debian" */
    char *id_like;     /* may be NULL */
    char *version_id;  /* "12"; may be NULL */
    char *boot_loader; /* "grub2", "grub-legacy", "systemd-boot", "extlinux"; NULL: none found */
    char *boot_loader_config; /* "/boot/grub/grub.cfg"; may be NULL */
    char *esp_mount_point;    /* where the EFI system partition is in the tree; may be NULL */
    char *initramfs_tool;     /* "initramfs-tools", "dracut", "mkinitcpio"; may be NULL */
    UsrKind usr;
    GPtrArray *kernels;  /* of GuestKernel, the default first */
    GPtrArray *mounts;   /* of GuestMount, in fstab's order */
    GPtrArray *mappings; /* of GuestMapping, in crypttab's order */
} GuestLinux;

typedef struct {
    GuestKind kind;
    char *product_name; /* "Debian GNU/Linux 12 (bookworm)", "Windows Server 2022 Standard" */
    char *architecture; /* "x86_64", "i686", "aarch64" */
    char *hostname;     /* may be NULL */
    char *osinfo_id;    /* libosinfo's URL; may be NULL */
    char *profile; /* section of profiles/ that matched, "debian", "windows-2022"; may be NULL */
    Profiles *profiles;             /* a reference; see guest_profile_get() */
    const Profile *profile_section; /* of profiles; NULL likewise */
    Firmware firmware;              /* as the disks show */
    const VolumeSet *volumes;       /* borrowed */
    const Volume *root;             /* where the system is */
    FsTree *tree;                   /* the guest's namespace; owned */
    GuestLinux linux_facts;         /* valid when kind is GUEST_LINUX */
    GuestWindows windows_facts;     /* valid when kind is GUEST_WINDOWS */
} Guest;

/* The one system on the disks; of several, the boot loader's default, and a finding names the
   others. No system at all: DRYDOCK_ERROR_UNSUPPORTED, or DRYDOCK_ERROR_PRECONDITION when findings
   has a blocker (BitLocker) or a LUKS
   volume was not opened. profiles may be NULL: the built-in ones. The guest borrows
   set and takes a reference to profiles. */
gboolean guest_inspect(VolumeSet *set, Profiles *profiles, GPtrArray *findings, Guest **ret_guest,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void guest_free(Guest *guest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guest, guest_free)

/* The long lists of a Windows guest, which only its description needs: windows_facts.lists. A hive
   that cannot be read, and a list beyond its limit, is a finding. Nothing to do for Linux. */
gboolean guest_read_lists(Guest *guest, GPtrArray *findings,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the guest's profile says of key, see the key files of profiles/; NULL: nothing. */
const char *guest_profile_get(const Guest *guest, const char *key);
/* FALSE also without a profile. */
gboolean guest_has_quirk(const Guest *guest, ProfileQuirk quirk);

/* The documented JSON shape of `migrate inspect --json`, see migrate-inspect(1); one object. */
void guest_to_json(const Guest *guest, const VolumeSet *set, JsonBuilder *builder);

/* A hive of a Windows guest with its logs replayed in memory. name: "SYSTEM", "SOFTWARE", … in
   System32\config. *ret_path: where it is; *ret_log_paths: NULL-terminated, logs that exist. */
gboolean guest_read_hive(const Guest *guest, const char *name, GBytes **ret_hive,
                         HiveReplay *ret_replay, char **ret_path, char ***ret_log_paths,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
