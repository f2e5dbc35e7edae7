/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Linux guest in memory for the tests of linux/. */
#ifndef TESTS_LINUX_TEST_GUEST_H
#define TESTS_LINUX_TEST_GUEST_H

#include "linux/plan.h"

typedef struct {
    Fs *fs;
    Guest guest;
    GPtrArray *volumes;
    GPtrArray *partitions;
    GPtrArray *findings;
    GPtrArray *network_files;
    GPtrArray *network_moves;
    Edits *edits;
    LinuxPlan plan; /* over all of the above */
} TestGuest;

TestGuest *test_guest_new(void);
void test_guest_free(TestGuest *guest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestGuest, test_guest_free)

/* Missing directories are made. */
void test_guest_add_file(TestGuest *guest, const char *path, GBytes *content);
void test_guest_add_text(TestGuest *guest, const char *path, const char *text);
void test_guest_add_link(TestGuest *guest, const char *path, const char *target);
/* uuid and partuuid may be NULL; partition 0: the whole disk. Borrowed. */
const Volume *test_guest_add_volume(TestGuest *guest, guint disk, guint partition, const char *uuid,
                                    const char *partuuid);
void test_guest_add_mount(TestGuest *guest, const char *spec, const char *mount_point,
                          const Volume *volume);
/* With /boot/initrd.img-VERSION and /lib/modules/VERSION, whether they are there or not; the first
   one is the default. */
GuestKernel *test_guest_add_kernel(TestGuest *guest, const char *version);

/* The staged text of path; NULL: no such edit. */
char *test_guest_edited(TestGuest *guest, const char *path);
const Edit *test_guest_find_edit(TestGuest *guest, const char *path);
/* All edits, one per line: "write /etc/fstab", "link /a -> b", "remove /c", "mkdir /d". */
char *test_guest_list_edits(TestGuest *guest);
/* The codes and sentences of all findings, one per line. */
char *test_guest_list_findings(TestGuest *guest);

#endif
