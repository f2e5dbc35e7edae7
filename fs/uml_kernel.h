/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A filesystem that is mounted in the kernel, and how the driver asks for things. Only for files of
   fs/uml*. */
#ifndef FS_UML_KERNEL_H
#define FS_UML_KERNEL_H

#include "fs/driver.h"
#include "fs/uml.h"
#include "fs/uml_client.h"

/* The kernel for disks of that disk_level(), which is started if need be; NULL: *error. */
UmlDevice *uml_kernel_connect(FsKernel *kernel, guint level,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Numbers for devices in that kernel. An array has one below UML_WANTED_NUMBERS that it is known
   by, which must be free, or any above; Linux makes arrays of numbers below 512 when they are
   opened (drivers/md/md.c, md_probe()). One that was given back is not the next to be any, because
   an array is gone a little later than it says. */
#define UML_WANTED_NUMBERS 256u
#define UML_ARRAY_NUMBERS 512u
gboolean uml_kernel_take_array_number(FsKernel *kernel, guint level, guint wanted,
                                      guint *ret_number, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean uml_kernel_take_number(FsKernel *kernel, guint level, guint *ret_number,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
void uml_kernel_give_number_back(FsKernel *kernel, guint level, guint number);

typedef struct {
    Fs base;
    UmlClient client;
    guint slot;
    char *type; /* as blkid calls it */
    gboolean replayed;
} UmlFs;

/* uml.c */
extern const FsOps fs_uml_ops;

/* uml_client_call() with the slot filled in. */
gboolean uml_call(UmlFs *uml, UmlRequest *request, UmlReply *ret_reply,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* As uml_call(), but with ENOENT as an answer. */
gboolean uml_call_if_there(UmlFs *uml, UmlRequest *request, gboolean *ret_found,
                           UmlReply *ret_reply, GError **error) G_GNUC_WARN_UNUSED_RESULT;

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
