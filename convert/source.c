/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what the user points at to a Machine. */
#include "convert/source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/source_format.h"

#define KNOWN_FORMATS "VMDK, VHDX, VHD, qcow2 or raw"

/* In the order of asking; raw takes what has a partition table or a filesystem and no other magic.
 */
static const SourceFormatOps *const formats[] = {
    &source_vmdk_ops, &source_vhdx_ops, &source_vhd_ops, &source_qcow2_ops, &source_raw_ops,
};

gboolean source_read(const SourceFile *file, uint64_t offset, void *buffer, size_t length,
                     const char *what, GError **error)
{
    if (!range_is_within(offset, length, file->size_bytes)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "copy or export it again and compare the sizes",
                          "the image is cut short: its %s at byte %" G_GUINT64_FORMAT
                          " lies beyond the end of the file (%" G_GUINT64_FORMAT " bytes)",
                          what, offset, file->size_bytes);
        return FALSE;
    }
    return disk_read(file->file, offset, buffer, length, error);
}

static gboolean check_is_regular(const char *path, GError **error)
{
    struct stat status;
    if (stat(path, &status) < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            drydock_error_set(error, DRYDOCK_ERROR_USAGE, "check the path", "'%s' does not exist",
                              path);
        else
            drydock_error_set_errno(error, errno, "cannot look at '%s'", path);
        return FALSE;
    }
    if (S_ISDIR(status.st_mode)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "name the disk images in it (" KNOWN_FORMATS "), the boot disk first",
                          "'%s' is a directory", path);
        return FALSE;
    }
    if (!S_ISREG(status.st_mode)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name a disk image (" KNOWN_FORMATS ")",
                          "'%s' is not a regular file", path);
        return FALSE;
    }
    if (status.st_size == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "copy or export it again and compare the sizes", "'%s' is empty", path);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_ends(SourceFile *file, GError **error)
{
    file->size_bytes = disk_size(file->file);
    size_t head_length = (size_t)MIN(file->size_bytes, sizeof(file->head));
    size_t tail_length = (size_t)MIN(file->size_bytes, sizeof(file->tail));
    return disk_read(file->file, 0, file->head, head_length, error) &&
           disk_read(file->file, file->size_bytes - tail_length, file->tail, tail_length, error);
}

static gboolean open_disk(const char *path, MachineDisk *disk, GError **error)
{
    if (!check_is_regular(path, error))
        return FALSE;
    disk->path = g_canonicalize_filename(path, NULL);
    disk->sector_size = 512;

    g_autoptr(Disk) image = disk_open_file(disk->path, FALSE, 512, error);
    if (!image)
        return FALSE;
    SourceFile file = {.path = disk->path, .file = image};
    if (!read_ends(&file, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (!formats[i]->probe(&file))
            continue;
        disk->format = formats[i]->format;
        if (formats[i]->check(&file, disk, error))
            return TRUE;
        g_prefix_error(error, "cannot use '%s' (%s): ", path, source_format_name(disk->format));
        return FALSE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give a " KNOWN_FORMATS " image",
                      "'%s' is not a disk image: its content is none that is known", path);
    return FALSE;
}

/* A file name without directory and ending, reduced to what is safe in file and domain names. */
static char *machine_name_from_path(const char *path)
{
    char *name = g_path_get_basename(path);
    char *dot = strrchr(name, '.');
    if (dot && dot != name)
        *dot = '\0';
    g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '_');
    if (*name == '.' || *name == '-')
        *name = '_';
    return name;
}

static gboolean check_name(const char *name, GError **error)
{
    g_autofree char *safe = machine_name_from_path(name);
    if (*name && !strchr(name, '/') && (g_str_equal(safe, name) || g_str_has_prefix(name, safe)) &&
        strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-") == strlen(name) &&
        *name != '.' && *name != '-' && strlen(name) <= 200)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                      "use letters, digits, '.', '_' and '-', beginning with a letter or digit",
                      "'%s' cannot be the name of a machine", name);
    return FALSE;
}

/* Bare disks say nothing of network cards, but hardly a machine had none. Its address is made from
   name and place, in QEMU's range, so that a repeated run gives the same machine. */
static void add_default_nic(Machine *machine)
{
    const MachineDisk *disk = g_ptr_array_index(machine->disks, 0);
    g_autofree char *seed = g_strdup_printf("%s\n%s", machine->name, disk->path);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, seed, -1);
    MachineNic *nic = g_new0(MachineNic, 1);
    nic->mac = g_strdup_printf("52:54:00:%.2s:%.2s:%.2s", hash, hash + 2, hash + 4);
    g_ptr_array_add(machine->nics, nic);
}

gboolean source_open(const char *const *paths, guint count, const char *name, Machine **ret_machine,
                     GError **error)
{
    if (name && !check_name(name, error))
        return FALSE;
    g_autoptr(Machine) machine = machine_new();
    for (guint i = 0; i < count; i++) {
        MachineDisk *disk = g_new0(MachineDisk, 1);
        g_ptr_array_add(machine->disks, disk);
        if (!open_disk(paths[i], disk, error))
            return FALSE;
    }
    machine->name = name ? g_strdup(name) : machine_name_from_path(paths[0]);
    add_default_nic(machine);
    *ret_machine = g_steal_pointer(&machine);
    return TRUE;
}
