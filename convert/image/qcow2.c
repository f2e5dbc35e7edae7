/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qcow2 images. qemu reads them; but it follows whatever name of a backing file a header holds,
   guesses the format of that where none is given, and reads zeros beyond the end of a file. So the
   chain is found and checked here, and qemu is told every file of it. */
#include <string.h>

#include "base/error.h"
#include "convert/image_options.h"
#include "convert/image/qcow2_header.h"

/* Names in headers: those of qemu's drivers. */
static const struct {
    const char *name;
    const SourceFormatOps *ops;
} backing_formats[] = {
    {"raw", &source_raw_ops},     {"file", &source_raw_ops},
    {"qcow2", &source_qcow2_ops}, {"vmdk", &source_vmdk_ops},
    {"vpc", &source_vhd_ops},     {"vhdx", &source_vhdx_ops},
    {"vdi", &source_vdi_ops},     {"parallels", &source_parallels_ops},
};

static gboolean qcow2_probe(const SourceFile *file)
{
    return memcmp(file->head, "QFI\xfb", 4) == 0;
}

static gboolean refuse_format(const char *name, const char *what, const char *format,
                              GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                      "flatten it where its chain is whole: qemu-img convert -O qcow2 IMAGE "
                      "FLAT.qcow2",
                      "its backing file '%s' %s%s", name, what, format);
    return FALSE;
}

/* The format that the header names, or, without one, that the content has. Only a header that says
   so makes a file raw that could be anything. */
static gboolean settle_format(const Qcow2Header *header, const SourceFile *backing,
                              const SourceFormatOps **ret_format, GError **error)
{
    const SourceFormatOps *found = source_format_recognise(backing);
    const SourceFormatOps *format = header->backing_format ? NULL : found;
    if (!header->backing_format && (!found || found->format == SOURCE_FORMAT_RAW))
        return refuse_format(header->backing_name, "is of a format that nothing names", "", error);
    for (gsize i = 0; i < G_N_ELEMENTS(backing_formats) && !format; i++)
        if (g_strcmp0(header->backing_format, backing_formats[i].name) == 0)
            format = backing_formats[i].ops;
    if (!format)
        return refuse_format(header->backing_name,
                             "is of a format that is not read: ", header->backing_format, error);
    if (format->format != SOURCE_FORMAT_RAW && format != found)
        return refuse_format(header->backing_name,
                             "is not of the format that it should have: ", header->backing_format,
                             error);
    *ret_format = format;
    return TRUE;
}

static gboolean refuse_missing(const char *name, GError **error)
{
    g_clear_error(error);
    drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND,
                      "copy all images of the disk into one folder, or name the folder of the "
                      "missing one: --allow-path DIR",
                      "it stands on a backing file, '%s', which is missing", name);
    return FALSE;
}

/* Finds the backing file. A raw one has no mark to know it by and nothing below it, so the name and
   the header decide alone. */
static SourceFile *open_backing(SourceContext *context, const SourceFile *file,
                                const Qcow2Header *header, MachineDisk *disk,
                                const SourceFormatOps **ret_format, GError **error)
{
    const char *stored = header->backing_name;
    const char *name = g_str_has_prefix(stored, "file:") && stored[5] != '/' ? stored + 5 : stored;
    const char *const names[] = {name, NULL};
    g_autoptr(SourcePlace) place = NULL;
    g_autoptr(GError) local = NULL;
    if (!source_files_find(context->files, file->place, name, SOURCE_NAME_FOREIGN, &place,
                           &local)) {
        if (g_error_matches(local, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND))
            refuse_missing(name, error);
        else
            g_propagate_prefixed_error(error, g_steal_pointer(&local), "its backing file: ");
        if (error && !drydock_error_get_hint(*error))
            drydock_error_set_hint(error, "copy or export it again and compare the sizes");
        return NULL;
    }
    g_autoptr(SourceFile) backing = source_file_open(g_steal_pointer(&place), error);
    if (!backing || !settle_format(header, backing, ret_format, error))
        return NULL;
    if ((*ret_format)->format != SOURCE_FORMAT_RAW)
        return source_open_parent(context, file, disk, *ret_format, names, NULL, error);
    g_ptr_array_add(disk->parents, g_strdup(backing->place->path));
    return g_steal_pointer(&backing);
}

/* qemu takes the stored name as well unless it is told another file's. */
static gboolean names_a_file(const char *options)
{
    for (const char *key = options; (key = strstr(key, ",file.filename=")); key++)
        if (key > options && key[-1] != ',')
            return TRUE;
    return FALSE;
}

static char *add_backing(SourceContext *context, const SourceFile *file, const Qcow2Header *header,
                         MachineDisk *disk, const char *options, GError **error)
{
    const SourceFormatOps *format = NULL;
    g_autoptr(SourceFile) backing = open_backing(context, file, header, disk, &format, error);
    if (!backing)
        return NULL;
    /* The list of parents is one for the whole chain, so that a circle is found. */
    MachineDisk below = {.path = disk->path, .sector_size = 512, .parents = disk->parents};
    gboolean ok = format->check(context, backing, &below, error);
    g_autofree char *backing_options = below.image_options;
    g_free(below.variant);
    if (!ok) {
        g_prefix_error(error, "its backing file '%s': ", header->backing_name);
        return NULL;
    }
    if (!names_a_file(backing_options)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          backing->place->member ? "unpack the archive first"
                                                 : "convert the backing file to qcow2 first",
                          "qemu cannot be told where its backing file '%s' is",
                          header->backing_name);
        return NULL;
    }
    if (below.sector_size != 512) {
        refuse_format(header->backing_name, "has sectors of 4096 bytes", "", error);
        return NULL;
    }
    g_autofree char *nested = image_options_nest("backing", backing_options);
    return g_strdup_printf("%s,%s", options, nested);
}

static gboolean qcow2_check(SourceContext *context, const SourceFile *file, MachineDisk *disk,
                            GError **error)
{
    g_auto(Qcow2Header) header = {0};
    if (!qcow2_header_read(file, &header, error) ||
        !qcow2_header_check_tables(file, &header, error))
        return FALSE;
    g_autofree char *options = image_options_for_place("qcow2", file->place);
    if (header.backing_name) {
        g_autofree char *top = g_steal_pointer(&options);
        options = add_backing(context, file, &header, disk, top, error);
        if (!options)
            return FALSE;
    }
    disk->size_bytes = header.size_bytes;
    disk->image_options = g_steal_pointer(&options);
    return TRUE;
}

const SourceFormatOps source_qcow2_ops = {SOURCE_FORMAT_QCOW2, qcow2_probe, qcow2_check, NULL};
