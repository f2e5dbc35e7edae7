/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bootable image of a WIM archive (winre.wim, boot.wim): files read into memory, files added,
   the archive written anew. wimlib does the work; it needs the archive as a file with a name. Not
   edited, DRYDOCK_ERROR_UNSUPPORTED: split archives, pipable ones, and LZMS compression (ESD),
   which Windows does not boot from. */
#ifndef WINDOWS_WIM_IMAGE_H
#define WINDOWS_WIM_IMAGE_H

#include <glib.h>
#include <stdint.h>

/* Loads what wimlib needs from the host. To be called before a process gives up its file system;
   else it is not needed. */
gboolean wim_prepare(GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct WimImage WimImage;

/* path: the archive, which the process may open; it stays as it is. An integrity table is checked
   if there is one. */
WimImage *wim_image_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wim_image_free(WimImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WimImage, wim_image_free)

/* Paths: "\\Windows\\System32\\config\\SYSTEM", ASCII, any case. Folders count as not found. */
typedef struct WimFile WimFile;
gboolean wim_image_open_file(WimImage *image, const char *path, gboolean *ret_found,
                             WimFile **ret_file, GError **error) G_GNUC_WARN_UNUSED_RESULT;
uint64_t wim_file_size(const WimFile *file);
/* Exactly length bytes; only the chunks they are in are decompressed. A HiveReadFunc; data is the
   WimFile. */
gboolean wim_file_read(void *data, uint64_t offset, void *buffer, size_t length,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* All of it, compared with the digest the archive has. Larger than limit_bytes is
   DRYDOCK_ERROR_UNSUPPORTED. */
gboolean wim_file_read_all(WimFile *file, uint64_t limit_bytes, GBytes **ret_bytes,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wim_file_free(WimFile *file); /* before its image */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WimFile, wim_file_free)

/* Adds a file, or replaces it; missing folders are made. */
gboolean wim_image_add_file(WimImage *image, const char *path, GBytes *content,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The whole archive with what was added into the empty file fd: compressed as it was, and with an
   integrity table if it had one. */
gboolean wim_image_write(WimImage *image, int fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
