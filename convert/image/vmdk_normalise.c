/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A descriptor of ours in the place of one that qemu would misread. It leaves out extents that are
   RDONLY or ZERO, takes one after an empty line twice, refuses kinds whose extents it can read
   ("custom", "vmfsThin"), looks for names in one folder and cannot reach into an archive. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "convert/image_options.h"
#include "convert/image/vmdk_image.h"

#define SECTOR 512

/* A link of ours to the file: its name needs no quoting and fits into qemu's 511 bytes. */
static char *link_file(SourceContext *context, const char *path, GError **error)
{
    g_autofree char *link = source_context_make_path(context, "extent");
    if (symlink(path, link) != 0) {
        drydock_error_set_errno(error, errno, "cannot make '%s'", link);
        return NULL;
    }
    return g_path_get_basename(link);
}

static gboolean resize_file(const char *path, uint64_t size, GError **error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    gboolean ok = fd >= 0 && ftruncate(fd, (off_t)size) == 0;
    if (!ok)
        drydock_error_set_errno(error, errno, "cannot write '%s'", path);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* One file of zeros stands for all extents that have none. NULL with *error unset: no such extent.
 */
static char *make_zeros(SourceContext *context, const VmdkImage *image, GError **error)
{
    uint64_t longest = 0;
    for (guint i = 0; i < image->parts->len; i++) {
        const VmdkPart *part = g_ptr_array_index(image->parts, i);
        longest = part->place ? longest : MAX(longest, part->sectors);
    }
    if (longest == 0)
        return NULL;
    g_autofree char *path = source_context_make_path(context, "zeros");
    return resize_file(path, longest * SECTOR, error) ? g_path_get_basename(path) : NULL;
}

static gboolean add_part(SourceContext *context, const VmdkPart *part, guint number,
                         const char *zeros, GString *text, GString *options, GError **error)
{
    g_autofree char *name =
        part->place ? link_file(context, part->place->path, error) : g_strdup(zeros);
    if (!name)
        return FALSE;
    g_string_append_printf(text, "RW %" G_GUINT64_FORMAT " %s \"%s\"", part->sectors, part->type,
                           name);
    if (g_str_equal(part->type, "FLAT"))
        g_string_append_printf(text, " %" G_GUINT64_FORMAT, part->offset_sectors);
    g_string_append_c(text, '\n');

    /* qemu opens the name with these. */
    if (!part->place || source_place_is_whole(part->place))
        g_string_append_printf(options, ",extents.%u.driver=file", number);
    else
        g_string_append_printf(options,
                               ",extents.%u.driver=raw,extents.%u.offset=%" G_GUINT64_FORMAT
                               ",extents.%u.size=%" G_GUINT64_FORMAT ",extents.%u.file.driver=file",
                               number, number, part->place->offset, number, part->place->length,
                               number);
    return TRUE;
}

/* qemu counts back from the end of the descriptor file to find the footer of an extent. 0: none has
   one. */
static gboolean find_footer(const VmdkImage *image, uint64_t *ret_file_bytes, GError **error)
{
    *ret_file_bytes = 0;
    for (guint i = 0; i < image->parts->len; i++) {
        const VmdkPart *part = g_ptr_array_index(image->parts, i);
        if (!part->has_footer)
            continue;
        if (*ret_file_bytes != 0 && *ret_file_bytes != part->place->length) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                              "convert the disk with vmware-vdiskmanager -r DISK -t 0 NEW.vmdk "
                              "first",
                              "it has several compressed extents");
            return FALSE;
        }
        *ret_file_bytes = part->place->length;
    }
    return TRUE;
}

static char *write_descriptor(SourceContext *context, const VmdkImage *image, GError **error)
{
    uint64_t file_bytes;
    GError *local = NULL;
    g_autofree char *zeros = make_zeros(context, image, &local);
    if (local) {
        g_propagate_error(error, local);
        return NULL;
    }
    g_autoptr(GString) text = g_string_new("# Disk DescriptorFile\nversion=1\n");
    g_autoptr(GString) options = g_string_new(NULL);
    g_string_append_printf(text, "CID=%08x\nparentCID=%08x\ncreateType=\"twoGbMaxExtentSparse\"\n",
                           image->descriptor->cid, image->descriptor->parent_cid);
    for (guint i = 0; i < image->parts->len; i++)
        if (!add_part(context, g_ptr_array_index(image->parts, i), i, zeros, text, options, error))
            return NULL;
    g_autofree char *path = source_context_make_path(context, "descriptor.vmdk");
    if (!find_footer(image, &file_bytes, error) ||
        !g_file_set_contents(path, text->str, (gssize)text->len, error) ||
        (file_bytes > text->len && !resize_file(path, file_bytes, error)))
        return NULL;
    g_autofree char *escaped = image_options_escape(path);
    return g_strdup_printf("driver=vmdk,file.driver=file,file.filename=%s%s", escaped,
                           options->str);
}

char *vmdk_image_make_options(SourceContext *context, const SourceFile *file,
                              const VmdkImage *image, GError **error)
{
    if (image->is_plain)
        return image_options_for_place("vmdk", file->place);
    char *options = write_descriptor(context, image, error);
    if (!options)
        g_prefix_error(error, "cannot write a descriptor that qemu understands: ");
    return options;
}
