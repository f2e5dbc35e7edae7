/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places on SCSI, SATA, IDE and floppy controllers, as QEMU's have them. */
#include "domain/drives.h"

#include "base/error.h"
#include "base/finding.h"

enum {
    SCSI_PLACES = 64, /* targets of a controller that are used; virtio-scsi has 256 */
    SATA_PLACES = 6,  /* ports of ICH9's AHCI */
    IDE_PLACES = 4,   /* two channels with two places; boards have one controller */
    FLOPPY_PLACES = 2,
};

typedef struct {
    const Machine *machine;
    GPtrArray *findings;
    GPtrArray *drives;
    guint used[DOMAIN_BUS_LAST]; /* places, from the first on */
    gboolean ide_used[IDE_PLACES];
    guint letters; /* of "sd" names, which SCSI and SATA share */
} Placing;

const char *drives_bus_name(DomainBus bus)
{
    static const char *const names[DOMAIN_BUS_LAST] = {
        [DOMAIN_BUS_VIRTIO] = "virtio", [DOMAIN_BUS_SCSI] = "scsi", [DOMAIN_BUS_SATA] = "sata",
        [DOMAIN_BUS_IDE] = "ide",       [DOMAIN_BUS_FDC] = "fdc",
    };

    return names[bus];
}

static void drive_free(gpointer data)
{
    Drive *drive = data;

    g_free(drive->name);
    g_free(drive);
}

/* sda … sdz, sdaa …, as Linux counts. */
static char *make_name(const char *prefix, guint index)
{
    GString *name = g_string_new(NULL);

    for (guint left = index + 1; left > 0; left = (left - 1) / 26)
        g_string_prepend_c(name, (char)('a' + (left - 1) % 26));
    g_string_prepend(name, prefix);
    return g_string_free(name, FALSE);
}

static Drive *place(Placing *placing, DriveKind kind, DomainBus bus, guint at)
{
    Drive *drive = g_new0(Drive, 1);

    drive->kind = kind;
    drive->bus = bus;
    if (bus == DOMAIN_BUS_VIRTIO) {
        drive->name = make_name("vd", at);
    } else if (bus == DOMAIN_BUS_SCSI) {
        drive->controller = at / SCSI_PLACES;
        drive->target = at % SCSI_PLACES;
        drive->name = make_name("sd", placing->letters++);
    } else if (bus == DOMAIN_BUS_SATA) {
        drive->controller = at / SATA_PLACES;
        drive->unit = at % SATA_PLACES;
        drive->name = make_name("sd", placing->letters++);
    } else if (bus == DOMAIN_BUS_IDE) {
        drive->channel = at / 2;
        drive->unit = at % 2;
        drive->name = make_name("hd", at);
        placing->ide_used[at] = TRUE;
    } else {
        drive->unit = at;
        drive->name = make_name("fd", at);
    }
    g_ptr_array_add(placing->drives, drive);
    return drive;
}

static gboolean place_disk(Placing *placing, DomainBus bus, guint index, GError **error)
{
    const MachineDisk *disk = placing->machine->disks->pdata[index];

    if (bus == DOMAIN_BUS_IDE && placing->used[bus] == IDE_PLACES) {
        g_autofree char *subject = g_strdup_printf("disk %u", index + 1);

        bus = DOMAIN_BUS_SATA;
        if (placing->findings != NULL)
            findings_add(placing->findings, FINDING_DOMAIN_IDE_FULL, subject);
    }
    if (disk->sector_size == 4096 && (bus == DOMAIN_BUS_IDE || bus == DOMAIN_BUS_SATA)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "use --disk-bus virtio or scsi",
                          "disk %u has sectors of 4096 bytes, which QEMU's %s disks cannot have",
                          index + 1, bus == DOMAIN_BUS_IDE ? "IDE" : "SATA");
        return FALSE;
    }
    place(placing, DRIVE_DISK, bus, placing->used[bus]++)->disk = index;
    return TRUE;
}

/* The first place of the second channel is where PCs have their CD drive. */
static gboolean place_cdrom_on_ide(Placing *placing)
{
    static const guint wanted[IDE_PLACES] = {2, 3, 0, 1};

    for (guint i = 0; i < IDE_PLACES; i++)
        if (!placing->ide_used[wanted[i]]) {
            place(placing, DRIVE_CDROM, DOMAIN_BUS_IDE, wanted[i]);
            return TRUE;
        }
    return FALSE;
}

static void place_cdrom(Placing *placing, gboolean has_ide, gboolean has_sata)
{
    const DomainBus bus = has_ide || has_sata ? DOMAIN_BUS_SATA : DOMAIN_BUS_SCSI;

    if (!has_ide || !place_cdrom_on_ide(placing))
        place(placing, DRIVE_CDROM, bus, placing->used[bus]++);
}

/* Left out on q35, although libvirt adds a controller there: QEMU of Enterprise Linux refuses to
   start such a machine, and a drive without a medium is not worth that. */
static void place_floppy(Placing *placing, gboolean has_ide)
{
    if (has_ide && placing->used[DOMAIN_BUS_FDC] < FLOPPY_PLACES)
        place(placing, DRIVE_FLOPPY, DOMAIN_BUS_FDC, placing->used[DOMAIN_BUS_FDC]++);
    else if (placing->findings != NULL)
        findings_add(placing->findings, FINDING_DOMAIN_FLOPPY_LEFT_OUT, NULL);
}

gboolean drives_place(const Machine *machine, gboolean has_ide, gboolean has_sata,
                      DomainBus disk_bus, GPtrArray *findings, GPtrArray **ret_drives,
                      GError **error)
{
    g_autoptr(GPtrArray) drives = g_ptr_array_new_with_free_func(drive_free);
    Placing placing = {.machine = machine, .findings = findings, .drives = drives};

    for (guint i = 0; i < machine->disks->len; i++)
        if (!place_disk(&placing, disk_bus, i, error))
            return FALSE;
    for (guint i = 0; i < machine->drives->len; i++) {
        const MachineDrive *drive = machine->drives->pdata[i];

        if (drive->kind == MACHINE_DRIVE_CDROM)
            place_cdrom(&placing, has_ide, has_sata);
        else
            place_floppy(&placing, has_ide);
    }
    *ret_drives = g_steal_pointer(&drives);
    return TRUE;
}

guint drives_count_controllers(const GPtrArray *drives, DomainBus bus)
{
    guint count = 0;

    for (guint i = 0; i < drives->len; i++) {
        const Drive *drive = drives->pdata[i];

        if (drive->bus == bus)
            count = MAX(count, drive->controller + 1);
    }
    return count;
}
