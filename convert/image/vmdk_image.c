/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One VMDK of a chain. */
#include "convert/image/vmdk_image.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/image/vmdk_sparse.h"

#define SECTOR 512

/* The kinds whose descriptor qemu takes. */
static const char *const known_types[] = {
    "monolithicFlat",     "vmfs", "vmfsSparse", "seSparse", "twoGbMaxExtentSparse",
    "twoGbMaxExtentFlat", NULL};

static void part_free(gpointer data)
{
    VmdkPart *part = data;
    source_place_free(part->place);
    g_free(part);
}

void vmdk_image_free(VmdkImage *image)
{
    if (!image)
        return;
    vmdk_descriptor_free(image->descriptor);
    g_ptr_array_unref(image->parts);
    g_free(image);
}

static gboolean corrupt(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "%s", what);
    return FALSE;
}

static gboolean refuse_extent(GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name the small .vmdk file beside it",
                      "it is one extent of a disk, not its descriptor");
    return FALSE;
}

static VmdkDescriptor *read_text(const SourceFile *file, uint64_t offset, uint64_t length,
                                 GError **error)
{
    size_t limited = (size_t)MIN(length, VMDK_DESCRIPTOR_LIMIT_BYTES);
    g_autofree char *text = g_malloc(limited + 1);
    if (!source_read(file, offset, text, limited, "descriptor", error))
        return NULL;
    return vmdk_descriptor_parse(text, limited, error);
}

VmdkDescriptor *vmdk_image_read_descriptor(const SourceFile *file, GError **error)
{
    VmdkSparseKind kind;
    if (!vmdk_sparse_probe(file, &kind)) {
        /* A flat extent is no text, and may be a terabyte. */
        return vmdk_descriptor_is_text(file->head, sizeof(file->head))
                   ? read_text(file, 0, file->size_bytes, error)
                   : NULL;
    }
    uint64_t offset, length;
    if (kind != VMDK_SPARSE_HOSTED || get_le64(file->head + 36) == 0)
        return NULL;
    if (!g_uint64_checked_mul(&offset, get_le64(file->head + 28), SECTOR) ||
        !g_uint64_checked_mul(&length, get_le64(file->head + 36), SECTOR)) {
        corrupt(error, "its header is damaged");
        return NULL;
    }
    /* Split disks keep the room for one. */
    uint8_t first = 0;
    if (!source_read(file, offset, &first, sizeof(first), "descriptor", error) || first == 0)
        return NULL;
    return read_text(file, offset, length, error);
}

/* What has no content of its own, whatever its extents say. */
static gboolean check_kind(const VmdkDescriptor *descriptor, GError **error)
{
    static const char *const devices[] = {"fullDevice",
                                          "partitionedDevice",
                                          "vmfsRaw",
                                          "vmfsRawDeviceMap",
                                          "vmfsPassthroughRawDeviceMap",
                                          "vmfsRDM",
                                          "vmfsRDMP",
                                          NULL};
    for (const char *const *device = devices; *device; device++) {
        if (!descriptor->create_type || g_ascii_strcasecmp(descriptor->create_type, *device) != 0)
            continue;
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "copy it into a virtual disk in VMware first (vmkfstools -i DISK.vmdk -d "
                          "thin COPY.vmdk), or give the physical disk's content as a raw image",
                          "it stands for a physical disk (%s): the data is not in it", *device);
        return FALSE;
    }
    if (descriptor->create_type && g_ascii_strcasecmp(descriptor->create_type, "remote") == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "export the disk from the host that has it",
                          "it stands for a disk on another host: the data is not in it");
        return FALSE;
    }
    if (descriptor->is_encrypted) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "take the encryption off in vSphere (VM Policies, Edit VM Storage "
                          "Policies), then export it again",
                          "it is encrypted");
        return FALSE;
    }
    if (descriptor->parent_cid == VMDK_NO_PARENT && descriptor->parent_hint) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "compare it with the descriptor in the source",
                          "its descriptor contradicts itself: it has a parent, '%s', and its "
                          "parentCID says that it has none",
                          descriptor->parent_hint);
        return FALSE;
    }
    return TRUE;
}

static gboolean check_extent_kind(const VmdkExtent *extent, GError **error)
{
    static const char *const readable[] = {"FLAT",       "SPARSE",   "VMFS", "ZERO",
                                           "VMFSSPARSE", "SESPARSE", NULL};
    static const char *const devices[] = {"VMFSRAW", "VMFSRDM", "VMFSRDMP", NULL};
    if (g_str_equal(extent->access, "NOACCESS")) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "copy the disk as a whole with VMware first (vmkfstools -i, or "
                          "vmware-vdiskmanager -r)",
                          "a part of it, %" G_GUINT64_FORMAT " sectors, may not be read (NOACCESS)",
                          extent->sectors);
        return FALSE;
    }
    if (g_strv_contains(devices, extent->type)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "copy it into a virtual disk in VMware first (vmkfstools -i DISK.vmdk -d "
                          "thin COPY.vmdk), or give the physical disk's content as a raw image",
                          "it stands for a physical disk (%s): the data is not in it",
                          extent->type);
        return FALSE;
    }
    if (!g_strv_contains(readable, extent->type)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "convert the disk with vmkfstools -i or vmware-vdiskmanager -r first",
                          "it has an extent of a kind that is not known: '%s'", extent->type);
        return FALSE;
    }
    if (extent->file_name && (g_str_has_prefix(extent->file_name, "vsan://") ||
                              g_str_has_prefix(extent->file_name, "vvol://"))) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "copy the disk to a datastore of files (vmkfstools -i), or export the "
                          "machine as OVF",
                          "it stands for an object of the storage, '%s': the data is not in it",
                          extent->file_name);
        return FALSE;
    }
    if (!extent->file_name && !g_str_equal(extent->type, "ZERO"))
        return corrupt(error, "its descriptor has an extent without a file");
    return TRUE;
}

static gboolean check_flat(const SourceFile *file, VmdkPart *part, GError **error)
{
    uint64_t end;
    part->type = "FLAT";
    if (g_uint64_checked_add(&end, part->offset_sectors, part->sectors) &&
        end <= file->size_bytes / SECTOR)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "the image is cut short: the file has %" G_GUINT64_FORMAT
                      " of %" G_GUINT64_FORMAT " sectors",
                      file->size_bytes / SECTOR, part->sectors);
    return FALSE;
}

/* sparse has the sectors that the descriptor promises; part becomes it. */
static gboolean take_sparse(const VmdkSparse *sparse, VmdkPart *part, GError **error)
{
    static const char *const types[] = {"SPARSE", "VMFSSPARSE", "SESPARSE"};
    part->type = types[sparse->kind];
    part->has_footer = sparse->has_footer;
    if (sparse->sectors == part->sectors)
        return TRUE;
    /* qemu would go by the extent, and all that follows would be shifted. */
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "compare it with the descriptor in the source",
                      "it has %" G_GUINT64_FORMAT
                      " sectors, but its descriptor says %" G_GUINT64_FORMAT,
                      sparse->sectors, part->sectors);
    return FALSE;
}

static gboolean check_sparse(const SourceFile *file, VmdkPart *part, GError **error)
{
    VmdkSparse sparse;
    return vmdk_sparse_check(file, &sparse, error) && take_sparse(&sparse, part, error);
}

/* qemu would look for the name in the descriptor's own folder, as it is written. */
static gboolean is_where_qemu_looks(const SourceFile *file, const VmdkExtent *extent,
                                    const SourcePlace *place)
{
    g_autofree char *folder = g_path_get_dirname(file->place->path);
    g_autofree char *path = g_build_filename(folder, extent->file_name, NULL);
    return !strchr(extent->file_name, '/') && g_str_equal(path, place->path) &&
           source_place_is_whole(place) && source_place_is_whole(file->place);
}

static gboolean read_extent(SourceContext *context, const SourceFile *file,
                            const VmdkExtent *extent, VmdkImage *image, GError **error)
{
    VmdkPart *part = g_new0(VmdkPart, 1);
    g_ptr_array_add(image->parts, part);
    part->sectors = extent->sectors;
    part->offset_sectors = extent->offset_sectors;
    if (!check_extent_kind(extent, error))
        return FALSE;
    if (g_str_equal(extent->type, "ZERO")) {
        part->type = "FLAT";
        part->offset_sectors = 0;
        image->is_plain = FALSE;
        return TRUE;
    }
    if (!source_files_find(context->files, file->place, extent->file_name, SOURCE_NAME_LOCAL,
                           &part->place, error)) {
        g_prefix_error(error, "its extent: ");
        if (error && !drydock_error_get_hint(*error))
            drydock_error_set_hint(error, "compare it with the descriptor in the source");
        return FALSE;
    }
    g_autoptr(SourceFile) content = source_file_open(source_place_copy(part->place), error);
    gboolean is_flat = g_str_equal(extent->type, "FLAT") || g_str_equal(extent->type, "VMFS");
    if (!content ||
        !(is_flat ? check_flat(content, part, error) : check_sparse(content, part, error))) {
        g_prefix_error(error, "its extent '%s': ", extent->file_name);
        return FALSE;
    }
    image->is_plain = image->is_plain && extent->is_plain && g_str_equal(extent->access, "RW") &&
                      !part->has_footer && is_where_qemu_looks(file, extent, part->place);
    return TRUE;
}

static gboolean read_extents(SourceContext *context, const SourceFile *file, VmdkImage *image,
                             GError **error)
{
    const VmdkDescriptor *descriptor = image->descriptor;
    if (descriptor->extents->len == 0)
        return corrupt(error, "its descriptor names no extents");
    image->is_plain = image->is_plain && descriptor->create_type &&
                      g_strv_contains(known_types, descriptor->create_type);
    for (guint i = 0; i < descriptor->extents->len; i++) {
        const VmdkExtent *extent = g_ptr_array_index(descriptor->extents, i);
        if (!read_extent(context, file, extent, image, error))
            return FALSE;
        image->sectors += extent->sectors; /* both numbers are limited */
    }
    return TRUE;
}

/* qemu reads the file and ignores the line; but a descriptor that says more than this file is not
   that of a monolithic disk. */
static gboolean read_embedded(const SourceFile *file, const VmdkSparse *sparse, VmdkImage *image,
                              GError **error)
{
    const VmdkDescriptor *descriptor = image->descriptor;
    const VmdkExtent *extent =
        descriptor->extents->len == 1 ? g_ptr_array_index(descriptor->extents, 0) : NULL;
    if (!extent || !g_str_equal(extent->type, "SPARSE"))
        return corrupt(error, "its descriptor is damaged: it does not name this one file");
    VmdkPart *part = g_new0(VmdkPart, 1);
    g_ptr_array_add(image->parts, part);
    part->place = source_place_copy(file->place);
    part->sectors = extent->sectors;
    image->sectors = extent->sectors;
    /* An explicit parent is only taken beside a stored name when it is a file of its own. */
    if (descriptor->parent_hint && !source_place_is_whole(file->place))
        image->is_plain = FALSE;
    return check_extent_kind(extent, error) && take_sparse(sparse, part, error);
}

VmdkImage *vmdk_image_read(SourceContext *context, const SourceFile *file, GError **error)
{
    VmdkSparse sparse = {0};
    GError *local = NULL;
    g_autoptr(VmdkImage) image = g_new0(VmdkImage, 1);
    image->parts = g_ptr_array_new_with_free_func(part_free);
    image->is_embedded = vmdk_sparse_probe(file, &sparse.kind);
    if (image->is_embedded && !vmdk_sparse_check(file, &sparse, error))
        return NULL;
    image->descriptor = vmdk_image_read_descriptor(file, &local);
    if (!image->descriptor) {
        if (local)
            g_propagate_error(error, local);
        else
            refuse_extent(error);
        return NULL;
    }
    image->is_plain = image->descriptor->is_plain;
    if (!check_kind(image->descriptor, error) ||
        !(image->is_embedded ? read_embedded(file, &sparse, image, error)
                             : read_extents(context, file, image, error)))
        return NULL;
    return g_steal_pointer(&image);
}
