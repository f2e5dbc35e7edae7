/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A guest as the confined process has it before it. */
#include "migrate/opened_guest.h"

#include "base/finding.h"
#include "migrate/confine.h"

void opened_guest_clear(OpenedGuest *opened)
{
    guest_free(opened->guest);
    volume_set_free(opened->set);
    fs_kernel_free(opened->kernel);
    g_clear_pointer(&opened->findings, g_ptr_array_unref);
    g_clear_pointer(&opened->disks, g_ptr_array_unref);
    *opened = (OpenedGuest){0};
}

gboolean opened_guest_open(OpenedGuest *opened, const Session *session, WorkerChannel *channel,
                           Profiles *profiles, GError **error)
{
    gboolean files_denied;
    opened->findings = findings_new();
    opened->disks = session_connect_disks(session, error);
    if (!opened->disks || !confine_process(&files_denied, error))
        return FALSE;
    KeyRing *keys = session_keys(session);
    opened->kernel = channel ? session_new_kernel(session, channel) : NULL;
    gboolean ok = volume_set_open_with_kernel(opened->disks, keys, FS_OPEN_DEFAULT, opened->kernel,
                                              opened->findings, &opened->set, error);
    key_ring_wipe(keys);
    const char *root = session_root(session);
    return ok && (!root || volume_set_choose_root(opened->set, root, error)) &&
           guest_inspect(opened->set, profiles, opened->findings, &opened->guest, error);
}
