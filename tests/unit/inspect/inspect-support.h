/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guests made of tables: file trees in memory, volumes by hand, hives from rows of values. */
#ifndef TESTS_INSPECT_SUPPORT_H
#define TESTS_INSPECT_SUPPORT_H

#include "inspect/guest.h"

/* content "-> TARGET" makes a symlink, NULL a directory; parents are made. The last row has no
 * path. */
typedef struct {
    const char *path;
    const char *content;
} FileRow;

Fs *support_fs(gboolean case_sensitive, const FileRow *rows);
void support_add_files(Fs *fs, const FileRow *rows);
void support_add_bytes(Fs *fs, const char *path, GBytes *bytes);
/* The first bytes of an ELF program for EM_ machine, little-endian. */
GBytes *support_elf(guint16 machine);

/* A set with that many disks and no volumes. */
VolumeSet *support_set(PartitionTableKind kind, guint disks);
/* Volume number of disk; fs is owned by the set. uuid and label may be NULL. */
Volume *support_add_volume(VolumeSet *set, guint disk, guint number, Fs *fs, const char *type,
                           const char *uuid, const char *label);
/* Btrfs: the next one, the default one first; numbered from 256 on, but for "/". */
void support_add_subvolume(Volume *volume, const char *path);
/* Turns the volume into an EFI system partition. */
void support_make_esp(Volume *volume);

/* text: "dword:N" in hexadecimal, "hex:BYTES" (binary), "multi:A|B" (several strings), "type:N" (no
   data, of that type), anything else is a string. name NULL: only
   the key. The last row has no key. */
typedef struct {
    const char *key;
    const char *name;
    const char *text;
} HiveRow;

GBytes *support_hive(const HiveRow *rows);

Guest *support_inspect(VolumeSet *set, GPtrArray *findings);
gboolean support_has_finding(const GPtrArray *findings, const char *code);

#endif
