/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One user of a kernel: the volumes it has there, and how it asks for things. Only for files of
   fs/uml*. */
#ifndef FS_UML_CLIENT_H
#define FS_UML_CLIENT_H

#include "fs/uml_device.h"

typedef struct {
    UmlDevice *device; /* borrowed from the FsKernel */
    GArray *slots;     /* of guint: its volumes */
} UmlClient;

void uml_client_init(UmlClient *client);
/* Gives its volumes up, the last one first. */
void uml_client_clear(UmlClient *client);

/* type: as blkid calls what is on it, or "". */
gboolean uml_client_add(UmlClient *client, Disk *disk, const char *type, guint *ret_slot,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sends, and turns an errno of the agent into an error with the kernel's words. */
gboolean uml_client_call(UmlClient *client, const UmlRequest *request, UmlReply *ret_reply,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* As uml_client_call(), but with ENOENT as an answer. */
gboolean uml_client_call_if_there(UmlClient *client, const UmlRequest *request, gboolean *ret_found,
                                  UmlReply *ret_reply, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What a disk of its said first; NULL: nothing. Borrowed. */
const GError *uml_client_disk_error(const UmlClient *client);
/* FALSE: that is the error. */
gboolean uml_client_check_disks(const UmlClient *client, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean uml_client_flush_disks(const UmlClient *client, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
