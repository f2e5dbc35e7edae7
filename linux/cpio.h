/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cpio archives as Linux unpacks them from an initramfs (kernel: buffer-format.rst, "newc"). */
#ifndef LINUX_CPIO_H
#define LINUX_CPIO_H

#include <glib.h>
#include <stdint.h>

/* Longest member name, as the kernel's PATH_MAX; longer ones are skipped by it and by us. */
#define CPIO_NAME_MAX 4096u

typedef struct {
    char *path;      /* without leading "/" or "./", no trailing "/" */
    uint32_t mode;   /* with the S_IF… bits */
    GBytes *content; /* of what the visitor wanted, and the target of every symbolic link */
} CpioMember;

/* Where an archive's bytes come from. read() gives up to length bytes; fewer only at the end. */
typedef struct {
    gboolean (*read)(gpointer source, uint8_t *buffer, size_t length, size_t *ret_length,
                     GError **error);
    gpointer source;
} CpioInput;

/* wants() decides by name and size whether content is kept; found() takes over member's strings
   with g_steal_pointer() if it needs them, and returns FALSE to give up. */
typedef struct {
    gboolean (*wants)(const char *path, uint64_t size_bytes, gpointer data);
    gboolean (*found)(CpioMember *member, gpointer data, GError **error);
    gpointer data;
} CpioVisitor;

/* Reads archives that follow each other, zeros between them, until the input ends or something
   else than an archive follows a complete one. *ret_end: offset behind the last trailer and the
   zeros after it. An input without any complete archive is DRYDOCK_ERROR_CORRUPT. */
gboolean cpio_read(const CpioInput *input, const CpioVisitor *visitor, uint64_t *ret_end,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if a newc header with plausible numbers is at bytes. */
gboolean cpio_is_header(const uint8_t *bytes, size_t length);

/* Writing: members owned by root with no time, one inode number each, so that archives are the same
   for the same members. */
typedef struct {
    GByteArray *bytes;
    uint32_t next_inode;
} CpioWriter;

void cpio_writer_init(CpioWriter *writer);
void cpio_writer_clear(CpioWriter *writer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CpioWriter, cpio_writer_clear)

void cpio_writer_add_file(CpioWriter *writer, const char *path, GBytes *content, uint32_t mode);
void cpio_writer_add_directory(CpioWriter *writer, const char *path);
void cpio_writer_add_symlink(CpioWriter *writer, const char *path, const char *target);
/* The trailer; the writer is empty afterwards. The length is a multiple of 4. */
GBytes *cpio_writer_finish(CpioWriter *writer);

#endif
