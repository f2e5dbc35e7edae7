/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what the user points at to a Machine whose disks can be read: folders, configurations,
   archives and bare disks are recognised by content, and every image passes the disk gate before
   qemu sees it, because qemu guesses formats, shortens some VHDs and VMDKs and reads some chains as
   zeros without a word. */
#ifndef CONVERT_SOURCE_H
#define CONVERT_SOURCE_H

#include "base/progress.h"
#include "convert/nic_change.h"

/* What the user said about it. Zero and NULL: nothing. */
typedef struct {
    const char *name;               /* which of several machines; for a single one its new name */
    const char *const *allow_paths; /* folders that names inside the source may lead to */
    guint cpus;
    uint64_t memory_bytes;
    Firmware firmware;
    NicChanges nics;         /* new addresses of the cards; borrowed */
    gboolean skip_checksums; /* of an OVF's manifest */
    gboolean is_raw;         /* paths are raw images, whatever their bytes look like */
    ProgressFunc progress;   /* hears how far checksums and unpacking are; may be NULL */
    void *progress_data;
} SourceRequest;

/* A machine and what belongs to it while it is read: temporary descriptors and unpacked members,
   servers for images that qemu cannot read. All of it goes with source_close(). */
typedef struct Source Source;

/* paths: count of them: one folder, configuration or archive; or disk images and NBD URIs, the boot
   disk first. Settles which machine it is and what its configuration says; disks are not opened
   yet. Several machines and no name is DRYDOCK_ERROR_USAGE with a list of them. */
Source *source_open(const char *const *paths, guint count, const SourceRequest *request,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The names of all machines in path: a folder, a configuration or an archive. Two may have the
   same; none is an empty list. */
gboolean source_list_machines(const char *path, char ***ret_names,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What comes before the disks: the checksums of an OVF package. work_directory: an existing private
   folder for what has to be unpacked (as large as the source's compressed members); NULL: one below
   the temporary directory is made. */
gboolean source_prepare(Source *source, const char *work_directory,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Passes disk number index of the machine through the gate and fills the second half of its
   MachineDisk. What is no disk image, damaged, missing its parent, or would be read wrongly is
   refused, each with its code and a hint. */
gboolean source_open_disk(Source *source, guint index, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* All of the above; a machine without disks is DRYDOCK_ERROR_UNSUPPORTED. */
gboolean source_open_disks(Source *source, const char *work_directory,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Gives the one card of a source that says nothing of its cards an address that is known better.
   FALSE: it is another kind of source, or mac is none. What the user chose stays. */
gboolean source_adopt_mac(Source *source, const char *mac);

void source_close(Source *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_close)

const Machine *source_machine(const Source *source);
const GPtrArray *source_findings(const Source *source); /* of Finding */

#endif
