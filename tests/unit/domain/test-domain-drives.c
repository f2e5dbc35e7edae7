/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places of disks and drives on every board. */
#include "domain/drives.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"

typedef enum {
    BOARD_Q35,
    BOARD_PC,
    BOARD_VIRT,
} Board;

static Machine *make_machine(guint disks, const char *drives, guint sector_size)
{
    Machine *machine = machine_new("disks");

    for (guint i = 0; i < disks; i++)
        machine_add_disk(machine)->sector_size = sector_size;
    for (const char *at = drives; *at != '\0'; at++)
        machine_add_drive(machine, *at == 'c' ? MACHINE_DRIVE_CDROM : MACHINE_DRIVE_FLOPPY);
    return machine;
}

/* "vda", or "sdb@0.0.1.0" with controller, channel, target and unit; with '*' before CD and floppy
   drives. */
static char *list_drives(const GPtrArray *drives)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < drives->len; i++) {
        const Drive *drive = drives->pdata[i];

        g_string_append_printf(text, "%s%s%s", i > 0 ? " " : "",
                               drive->kind == DRIVE_DISK ? "" : "*", drive->name);
        if (drive->bus != DOMAIN_BUS_VIRTIO)
            g_string_append_printf(text, "@%s:%u.%u.%u.%u", drives_bus_name(drive->bus),
                                   drive->controller, drive->channel, drive->target, drive->unit);
    }
    return g_string_free(text, FALSE);
}

static void test_places(void)
{
    static const struct {
        Board board;
        DomainBus bus;
        guint disks;
        const char *drives; /* 'c': CD, 'f': floppy */
        const char *expected;
        guint findings;
    } rows[] = {
        {BOARD_Q35, DOMAIN_BUS_VIRTIO, 2, "", "vda vdb", 0},
        {BOARD_Q35, DOMAIN_BUS_VIRTIO, 1, "cc", "vda *sda@sata:0.0.0.0 *sdb@sata:0.0.0.1", 0},
        {BOARD_Q35, DOMAIN_BUS_SATA, 1, "c", "sda@sata:0.0.0.0 *sdb@sata:0.0.0.1", 0},
        {BOARD_Q35, DOMAIN_BUS_SCSI, 2, "c", "sda@scsi:0.0.0.0 sdb@scsi:0.0.1.0 *sdc@sata:0.0.0.0",
         0},
        {BOARD_Q35, DOMAIN_BUS_VIRTIO, 1, "f", "vda", 1},
        {BOARD_PC, DOMAIN_BUS_VIRTIO, 1, "cf", "vda *hdc@ide:0.1.0.0 *fda@fdc:0.0.0.0", 0},
        {BOARD_PC, DOMAIN_BUS_IDE, 1, "c", "hda@ide:0.0.0.0 *hdc@ide:0.1.0.0", 0},
        {BOARD_PC, DOMAIN_BUS_IDE, 3, "cc",
         "hda@ide:0.0.0.0 hdb@ide:0.0.0.1 hdc@ide:0.1.0.0 *hdd@ide:0.1.0.1 *sda@sata:0.0.0.0", 0},
        {BOARD_PC, DOMAIN_BUS_IDE, 5, "c",
         "hda@ide:0.0.0.0 hdb@ide:0.0.0.1 hdc@ide:0.1.0.0 hdd@ide:0.1.0.1 sda@sata:0.0.0.0 "
         "*sdb@sata:0.0.0.1",
         1},
        {BOARD_PC, DOMAIN_BUS_VIRTIO, 0, "ccccc",
         "*hdc@ide:0.1.0.0 *hdd@ide:0.1.0.1 *hda@ide:0.0.0.0 *hdb@ide:0.0.0.1 "
         "*sda@sata:0.0.0.0",
         0},
        {BOARD_PC, DOMAIN_BUS_VIRTIO, 0, "fff", "*fda@fdc:0.0.0.0 *fdb@fdc:0.0.0.1", 1},
        {BOARD_VIRT, DOMAIN_BUS_VIRTIO, 1, "cf", "vda *sda@scsi:0.0.0.0", 1},
        {BOARD_VIRT, DOMAIN_BUS_SCSI, 1, "c", "sda@scsi:0.0.0.0 *sdb@scsi:0.0.1.0", 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Machine) machine = make_machine(rows[i].disks, rows[i].drives, 512);
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(GPtrArray) drives = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        gboolean ok = drives_place(machine, rows[i].board == BOARD_PC, rows[i].board == BOARD_Q35,
                                   rows[i].bus, findings, &drives, &error);

        g_assert_no_error(error);
        g_assert_true(ok);
        text = list_drives(drives);
        g_assert_cmpstr(text, ==, rows[i].expected);
        g_assert_cmpuint(findings->len, ==, rows[i].findings);
    }
}

/* Hundreds of disks: no name and no place twice, and as many controllers as they need. */
static void test_many(void)
{
    static const struct {
        DomainBus bus;
        guint per_controller;
    } rows[] = {{DOMAIN_BUS_SATA, 6}, {DOMAIN_BUS_SCSI, 64}, {DOMAIN_BUS_VIRTIO, 0}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Machine) machine = make_machine(200, "cc", 512);
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GPtrArray) drives = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_true(drives_place(machine, FALSE, TRUE, rows[i].bus, NULL, &drives, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(drives->len, ==, 202);
        for (guint j = 0; j < drives->len; j++) {
            const Drive *drive = drives->pdata[j];

            if (drive->kind == DRIVE_DISK)
                g_assert_cmpuint(drive->disk, ==, j);
            g_assert_true(g_hash_table_add(seen, g_strdup(drive->name)));
            if (drive->bus != DOMAIN_BUS_VIRTIO)
                g_assert_true(g_hash_table_add(
                    seen, g_strdup_printf("%u:%u.%u.%u.%u", drive->bus, drive->controller,
                                          drive->channel, drive->target, drive->unit)));
        }
        if (rows[i].per_controller > 0) {
            const guint on_bus = rows[i].bus == DOMAIN_BUS_SATA ? 202 : 200;

            g_assert_cmpuint(drives_count_controllers(drives, rows[i].bus), ==,
                             (on_bus + rows[i].per_controller - 1) / rows[i].per_controller);
        }
    }
}

static void test_names(void)
{
    static const struct {
        guint index;
        const char *expected;
    } rows[] = {{0, "vda"}, {25, "vdz"}, {26, "vdaa"}, {51, "vdaz"}, {52, "vdba"}, {702, "vdaaa"}};
    g_autoptr(Machine) machine = make_machine(703, "", 512);
    g_autoptr(GPtrArray) drives = NULL;

    g_assert_true(drives_place(machine, FALSE, TRUE, DOMAIN_BUS_VIRTIO, NULL, &drives, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpstr(((const Drive *)drives->pdata[rows[i].index])->name, ==, rows[i].expected);
}

static void test_sectors(void)
{
    static const struct {
        DomainBus bus;
        const char *expected; /* in the message; NULL: no error */
    } rows[] = {
        {DOMAIN_BUS_VIRTIO, NULL},
        {DOMAIN_BUS_SCSI, NULL},
        {DOMAIN_BUS_SATA, "SATA"},
        {DOMAIN_BUS_IDE, "IDE"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Machine) machine = make_machine(2, "", 512);
        g_autoptr(GPtrArray) drives = NULL;
        g_autoptr(GError) error = NULL;
        gboolean ok = FALSE;

        ((MachineDisk *)machine->disks->pdata[1])->sector_size = 4096;
        ok = drives_place(machine, TRUE, FALSE, rows[i].bus, NULL, &drives, &error);
        g_assert_cmpint(ok, ==, rows[i].expected == NULL);
        if (ok)
            continue;
        g_assert_null(drives);
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, "disk 2 "));
        g_assert_nonnull(strstr(error->message, rows[i].expected));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain/drives/places", test_places);
    g_test_add_func("/domain/drives/many", test_many);
    g_test_add_func("/domain/drives/names", test_names);
    g_test_add_func("/domain/drives/sectors", test_sectors);
    return g_test_run();
}
