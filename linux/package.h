/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Package files that the user gives: what they are, read from the files themselves. */
#ifndef LINUX_PACKAGE_H
#define LINUX_PACKAGE_H

#include "inspect/guest.h"

#define LINUX_PACKAGE_LIMIT_BYTES (64u << 20)

typedef enum {
    PACKAGE_DEB, /* deb(5): an ar archive with control.tar.* in it */
    PACKAGE_RPM, /* rpm.org, "RPM V4 Package format": lead, signature, header with tags */
    PACKAGE_APK, /* wiki.alpinelinux.org, "Apk spec": concatenated tar.gz, .PKGINFO in the second */
} PackageKind;

typedef struct {
    PackageKind kind;
    char *name;         /* "qemu-guest-agent" */
    char *architecture; /* in its kind's words: "amd64", "x86_64", "noarch" */
    GBytes *content;
} LinuxPackage;

/* file_name is for messages. DRYDOCK_ERROR_USAGE: it is none of these packages;
   DRYDOCK_ERROR_CORRUPT: it begins like one. Takes a reference to content. */
LinuxPackage *linux_package_new(const char *file_name, GBytes *content,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
LinuxPackage *linux_package_copy(const LinuxPackage *package);
void linux_package_free(LinuxPackage *package);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinuxPackage, linux_package_free)

/* ".deb", with the dot */
const char *linux_package_ending(const LinuxPackage *package);

/* DRYDOCK_ERROR_UNSUPPORTED: the guest has another package manager, or another architecture. */
gboolean linux_package_check(const LinuxPackage *package, const Guest *guest,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
