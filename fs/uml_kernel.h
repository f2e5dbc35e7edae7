/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A filesystem that is mounted in the kernel, and how the driver asks for things. Only for files of
   fs/uml*. */
#ifndef FS_UML_KERNEL_H
#define FS_UML_KERNEL_H

#include "fs/driver.h"
#include "fs/uml.h"
#include "fs/uml_device.h"

typedef struct {
    Fs base;
    UmlDevice *device; /* borrowed from the FsKernel */
    guint slot;
    GArray *slots; /* of guint: all of its devices */
    char *type;    /* as blkid calls it */
    gboolean replayed;
} UmlFs;

/* uml.c */
extern const FsOps fs_uml_ops;

/* Fills in the slot, sends, and turns an errno of the agent into an error with the kernel's words.
 */
gboolean uml_call(UmlFs *uml, UmlRequest *request, UmlReply *ret_reply,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* As uml_call(), but with ENOENT as an answer. */
gboolean uml_call_if_there(UmlFs *uml, UmlRequest *request, gboolean *ret_found,
                           UmlReply *ret_reply, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What a disk of its said first; NULL: nothing. Borrowed. */
const GError *uml_disk_error(const UmlFs *uml);
/* Unmounts, and frees. */
void uml_close(Fs *fs);

/* uml_write.c */
gboolean uml_write_file(Fs *fs, const char *path, GBytes *content, const FsAttributes *attributes,
                        GError **error);
gboolean uml_make_directory(Fs *fs, const char *path, const FsAttributes *attributes,
                            GError **error);
gboolean uml_make_symlink(Fs *fs, const char *path, const char *target,
                          const FsAttributes *attributes, GError **error);
gboolean uml_remove(Fs *fs, const char *path, GError **error);
gboolean uml_sync(Fs *fs, GError **error);
gboolean uml_free_extents(Fs *fs, GArray *extents, GError **error);

#endif
