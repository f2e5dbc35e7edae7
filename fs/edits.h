/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What will change in a guest, as data: made by windows/ and linux/, read by plan, apply, report
   and undo. Nothing is written before edits_apply(). */
#ifndef FS_EDITS_H
#define FS_EDITS_H

#include "disk/disk.h"
#include "fs/tree.h"

typedef enum {
    EDIT_WRITE_FILE,
    EDIT_MAKE_DIRECTORY,
    EDIT_MAKE_SYMLINK,
    EDIT_REMOVE,
    EDIT_WRITE_BYTES, /* of a volume, outside of any file */
} EditKind;

typedef struct {
    EditKind kind;
    char *path;          /* in the guest's tree, as the user should see it; EDIT_WRITE_BYTES: the
                            volume, "sda1" */
    char *reason;        /* one sentence, lower case, no full stop */
    GBytes *content;     /* EDIT_WRITE_FILE: the whole new content; EDIT_WRITE_BYTES: what is put at
                            offset */
    uint64_t offset;     /* EDIT_WRITE_BYTES: in the volume, in bytes */
    char *link_target;   /* EDIT_MAKE_SYMLINK */
    gboolean existed;    /* there was something at path */
    GBytes *old_content; /* of a file that existed, was at most 1 MiB and is no hive; of the bytes
                            that are replaced; else NULL */
    char *like;          /* path whose attributes a new file gets, in the guest's tree; NULL: see
                            FsAttributes */
    int mode;            /* permission bits, or -1 */
    gboolean is_secret;  /* content that is never shown */
    char *label;         /* SELinux label of something new; NULL: as of like */
    GPtrArray *values; /* of EditValue: what changes inside a registry hive; NULL for other files */
} Edit;

/* One value inside a hive that is written as a whole. */
typedef struct {
    char *key;      /* "HKLM\\SYSTEM\\ControlSet001\\Services\\viostor" */
    char *name;     /* value name, "" for the default value, NULL: the key itself */
    char *old_text; /* "dword:00000003"; NULL: was not there */
    char *new_text; /* NULL: deleted */
    char *reason;
} EditValue;

typedef struct Edits Edits;

/* tree is borrowed and must outlive the edits. */
Edits *edits_new(FsTree *tree);
void edits_free(Edits *edits);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Edits, edits_free)

FsTree *edits_tree(const Edits *edits);
guint edits_count(const Edits *edits);
const Edit *edits_get(const Edits *edits, guint index); /* in order of application */

/* The file as it will be: staged content where there is some, else the tree's. *ret_text NULL and
   no error when it will not exist. Limits as fs_tree_read_text(). */
gboolean edits_read_text(const Edits *edits, const char *path, char **ret_text,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Stage. A write to a path that is already staged replaces the content, keeps the first old content
   and joins the reasons with "; "; a content equal to what is there is dropped. Missing parent
   directories are staged too, like the nearest existing one. Links in path are resolved when
   applied, so the file behind a link is written, and the link stays. like may be NULL. */
gboolean edits_write_file(Edits *edits, const char *path, GBytes *content, const char *like,
                          int mode, const char *reason, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean edits_write_text(Edits *edits, const char *path, const char *text, const char *like,
                          int mode, const char *reason, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean edits_make_directory(Edits *edits, const char *path, const char *like, int mode,
                              const char *reason, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean edits_make_symlink(Edits *edits, const char *path, const char *target, const char *like,
                            const char *reason, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Fine if path is not there: then nothing is staged. */
gboolean edits_remove(Edits *edits, const char *path, const char *reason,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As edits_write_text(), of a file whose content no plan and no report shows. */
gboolean edits_write_secret(Edits *edits, const char *path, const char *text, const char *reason,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes back what is staged in folder and below it, by whatever links, and adds its paths, of char
 *, to dropped. Fine if there is no such folder. */
gboolean edits_drop_below(Edits *edits, const char *folder, GPtrArray *dropped,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of the edit at index; NULL takes it away. */
void edits_set_label(Edits *edits, guint index, const char *label);

/* A registry hive as a whole with the values that change in it; takes ownership of values (a
   GPtrArray of EditValue with edit_value_free()). */
gboolean edits_write_hive(Edits *edits, const char *path, GBytes *content, GPtrArray *values,
                          const char *reason, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void edit_value_free(EditValue *value);

/* bytes at offset of the volume that is on disk and called name, for what no file holds: boot code
   that is told of the machine. Bytes that are there already are dropped. disk is what the volume's
   filesystem, if it is in the tree, was opened on. */
gboolean edits_write_bytes(Edits *edits, Disk *disk, const char *name, uint64_t offset,
                           GBytes *bytes, const char *reason,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* EDIT_WRITE_BYTES: disk is borrowed from the edit. */
Disk *edits_get_disk(const Edits *edits, guint index);

/* Writes everything, in order, then syncs. On failure the caller throws the overlay away. */
gboolean edits_apply(const Edits *edits, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
