/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user wants set in a Linux guest besides what it needs to boot. */
#ifndef LINUX_CUSTOMISE_H
#define LINUX_CUSTOMISE_H

#include "inspect/guest.h"
#include "linux/first_boot.h"
#include "linux/package.h"

typedef struct {
    char *user;
    char *text; /* a hash as of accounts_set_password(), or public keys */
} LinuxUserText;

/* All zero: nothing. */
typedef struct {
    char *hostname, *timezone;
    GPtrArray *passwords; /* of LinuxUserText; the arrays may be NULL */
    GPtrArray *ssh_keys;
    char **enable, **disable; /* services */
    gboolean serial_console;
    gboolean rebuild_initramfs; /* by the guest's own tool, at its first start */
    gboolean install_agent;     /* qemu-guest-agent, likewise, by its package manager */
    gboolean remove_tools;      /* the old hypervisor's packages, likewise */
    GPtrArray *packages;        /* of LinuxPackage: the agent, and what it needs, likewise without a
                                   network; may be NULL */
} LinuxOptions;

void linux_options_clear(LinuxOptions *options);
/* Adds a LinuxUserText with copies; *array may be NULL before. */
void linux_options_add(GPtrArray **array, const char *user, const char *text);

/* Stages all of it. scripts: of LinuxScript, the user's own; they run after ours.
   DRYDOCK_ERROR_USAGE: a name that cannot be one. DRYDOCK_ERROR_NOT_FOUND: a user, service or time
   zone that the guest does not have. DRYDOCK_ERROR_UNSUPPORTED: packages do not fit it. */
gboolean linux_customise(const Guest *guest, const LinuxOptions *options, const GPtrArray *scripts,
                         Edits *edits, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* RFC 1123, section 2.1: a name, or names with dots between them, of 64 bytes at most (Linux). */
gboolean linux_hostname_is_valid(const char *name);

#endif
