/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The undo file and what is done with it, on disks in memory: whatever fails, and wherever the file
   is cut off, either nothing was changed or everything comes back. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "migrate/fix/store.h"
#include "migrate/fix/undo.h"

#define DISK_BYTES ((size_t)3 << 20)
#define DISKS 2

/* A machine that is about to be repaired. */
typedef struct {
    char *directory, *path;
    Disk *disks[DISKS];        /* as they are */
    uint8_t *originals[DISKS]; /* as they were */
    uint8_t *wanted[DISKS];    /* as they are to be */
    FixDisk fix[DISKS];
    FixPlan plan;
} Machine;

static const Range changed[] = {
    {8192, 4096}, {65536, 8192}, {1 << 20, (1 << 20) + 4096}, {DISK_BYTES - 4096, 4096}};

static void fill(GRand *random, uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i += 4) {
        guint32 value = g_rand_int(random);
        memcpy(bytes + i, &value, 4);
    }
}

static void machine_init(Machine *machine)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    g_autoptr(GError) error = NULL;
    memset(machine, 0, sizeof(*machine));
    machine->directory = g_dir_make_tmp("drydock-fix-XXXXXX", &error);
    g_assert_no_error(error);
    machine->path = g_build_filename(machine->directory, "undo", NULL);
    for (guint i = 0; i < DISKS; i++) {
        uint8_t *original = machine->originals[i] = g_malloc(DISK_BYTES);
        fill(random, original, DISK_BYTES);
        uint8_t *wanted = machine->wanted[i] = g_memdup2(original, DISK_BYTES);
        GArray *ranges = g_array_new(FALSE, FALSE, sizeof(Range));
        for (guint k = 0; k < G_N_ELEMENTS(changed); k++) {
            fill(random, wanted + changed[k].offset, changed[k].length);
            /* Of a range not every sector is another. */
            memcpy(wanted + changed[k].offset, original + changed[k].offset, 512);
            machine->fix[i].changes.bytes += changed[k].length;
        }
        g_array_append_vals(ranges, changed, G_N_ELEMENTS(changed));
        machine->disks[i] = disk_new_memory(DISK_BYTES, 512);
        Disk *after = disk_new_memory(DISK_BYTES, 512);
        g_assert_true(disk_write(machine->disks[i], 0, original, DISK_BYTES, NULL));
        g_assert_true(disk_write(after, 0, wanted, DISK_BYTES, NULL));
        machine->fix[i].path = i == 0 ? "/dev/first" : "/dev/second";
        machine->fix[i].format = "raw";
        machine->fix[i].changes.before = disk_ref(machine->disks[i]);
        machine->fix[i].changes.after = after;
        machine->fix[i].changes.ranges = ranges;
    }
    machine->plan = (FixPlan){.disks = machine->fix, .count = DISKS};
}

static void machine_clear(Machine *machine)
{
    for (guint i = 0; i < DISKS; i++) {
        changes_clear(&machine->fix[i].changes);
        disk_unref(machine->disks[i]);
        g_free(machine->originals[i]);
        g_free(machine->wanted[i]);
    }
    g_unlink(machine->path);
    g_assert_cmpint(g_rmdir(machine->directory), ==, 0); /* nothing else is left in it */
    g_free(machine->path);
    g_free(machine->directory);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Machine, machine_clear)

static gboolean is_all(const Machine *machine, uint8_t *const *content)
{
    g_autofree uint8_t *bytes = g_malloc(DISK_BYTES);
    for (guint i = 0; i < DISKS; i++) {
        g_assert_true(disk_read(machine->disks[i], 0, bytes, DISK_BYTES, NULL));
        if (memcmp(bytes, content[i], DISK_BYTES) != 0)
            return FALSE;
    }
    return TRUE;
}

static void store(const Machine *machine)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = fix_store(&machine->plan, machine->path, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static UndoFile *read_back(const char *path, GError **error)
{
    g_autoptr(Disk) file = disk_open_file(path, FALSE, 512, error);
    g_assert_nonnull(file);
    return undo_file_read(file, error);
}

/* disks: of the machine, or with faults. */
static gboolean undo(const Machine *machine, Disk *const *disks, GError **error)
{
    g_autoptr(UndoFile) file = read_back(machine->path, error);
    g_assert_nonnull(file);
    UndoRun run = {.file = file, .disks = disks};
    for (guint i = 0; i < DISKS; i++) {
        UndoLook look;
        if (!undo_look(&run, i, &look, error) || !undo_check(&look, "disk", FALSE, error))
            return FALSE;
    }
    return undo_restore(&run, error);
}

static void undo_all(const Machine *machine)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = undo(machine, machine->disks, &error);
    g_assert_no_error(error);
    g_assert_true(ok && is_all(machine, machine->originals));
}

static void test_round_trip(void)
{
    g_auto(Machine) machine;
    g_autoptr(GError) error = NULL;
    GStatBuf status;
    machine_init(&machine);
    store(&machine);
    g_assert_true(is_all(&machine, machine.originals));
    g_assert_cmpint(g_stat(machine.path, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 0777, ==, 0600);
    g_assert_cmpuint(
        (uint64_t)status.st_size, <=,
        undo_size_limit(fix_plan_bytes(&machine.plan), fix_plan_ranges(&machine.plan)));
    g_assert_true(fix_apply(&machine.plan, machine.path, &error));
    g_assert_true(is_all(&machine, machine.wanted));
    g_autoptr(UndoFile) file = read_back(machine.path, &error);
    g_assert_cmpint(file->state, ==, UNDO_STATE_APPLIED);
    g_assert_cmpuint(file->disks->len, ==, DISKS);
    const UndoDisk *second = g_ptr_array_index(file->disks, 1);
    g_assert_cmpstr(second->path, ==, "/dev/second");
    UndoRun run = {.file = file, .disks = machine.disks};
    UndoLook look;
    g_assert_true(undo_look(&run, 1, &look, &error));
    g_assert_cmpuint(look.restored, ==, G_N_ELEMENTS(changed));
    g_assert_cmpuint(look.foreign, ==, 0);
    g_assert_cmpint(look.match, ==, IDENTITY_SAME);
    undo_all(&machine);
    undo_all(&machine);
    g_assert_true(fix_mark(machine.path, UNDO_UNDONE, &error));
    g_autoptr(UndoFile) again = read_back(machine.path, &error);
    g_assert_cmpint(again->state, ==, UNDO_STATE_UNDONE);
    /* A second undo file does not take the place of the first. */
    g_assert_false(fix_store(&machine.plan, machine.path, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
}

/* Every read and write of the disks fails in turn, while the file is stored: no disk is changed,
   and no file is left. */
static void test_store_faults(void)
{
    g_auto(Machine) machine;
    gboolean ok = FALSE;
    machine_init(&machine);
    for (guint at = 1; !ok; at++) {
        g_autoptr(GError) error = NULL;
        Disk *fault = disk_new_fault(machine.disks[1], at);
        g_clear_pointer(&machine.fix[1].changes.before, disk_unref);
        machine.fix[1].changes.before = fault;
        ok = fix_store(&machine.plan, machine.path, &error);
        g_assert_true(ok || !g_file_test(machine.path, G_FILE_TEST_EXISTS));
        g_assert_true(is_all(&machine, machine.originals));
        g_assert_cmpuint(at, <, 1000);
    }
}

/* Every write of the changes fails in turn: undo brings everything back. */
static void test_apply_faults(void)
{
    g_auto(Machine) machine;
    gboolean ok = FALSE;
    guint partly = 0;
    machine_init(&machine);
    store(&machine);
    for (guint at = 1; !ok; at++) {
        g_autoptr(GError) error = NULL;
        g_clear_pointer(&machine.fix[1].changes.before, disk_unref);
        machine.fix[1].changes.before = disk_new_fault(machine.disks[1], at);
        ok = fix_apply(&machine.plan, machine.path, &error);
        g_assert_true(ok == is_all(&machine, machine.wanted) || at > G_N_ELEMENTS(changed));
        if (!ok)
            g_assert_nonnull(strstr(drydock_error_get_hint(error), "--undo"));
        partly += !ok && !is_all(&machine, machine.originals);
        undo_all(&machine);
        g_assert_cmpuint(at, <, 1000);
    }
    g_assert_cmpuint(partly, >, 1);
}

/* So does every write of undo: it is done again. */
static void test_undo_faults(void)
{
    g_auto(Machine) machine;
    g_autoptr(GError) error = NULL;
    gboolean ok = FALSE;
    machine_init(&machine);
    store(&machine);
    for (guint at = 1; !ok; at++) {
        g_autoptr(Disk) fault = disk_new_fault(machine.disks[1], at);
        Disk *const disks[DISKS] = {machine.disks[0], fault};
        g_assert_true(fix_apply(&machine.plan, machine.path, &error));
        ok = undo(&machine, disks, NULL);
        undo_all(&machine);
        g_assert_cmpuint(at, <, 1000);
    }
}

/* The writes of the undo file itself fail in turn. */
typedef struct {
    GByteArray *bytes;
    guint calls, fail_at;
} Sink;

static gboolean write_to_sink(void *data, const void *bytes, size_t length, GError **error)
{
    Sink *sink = data;
    if (++sink->calls == sink->fail_at) {
        g_byte_array_append(sink->bytes, bytes, (guint)(length / 2));
        drydock_error_set(error, DRYDOCK_ERROR_NO_SPACE, NULL, "full");
        return FALSE;
    }
    g_byte_array_append(sink->bytes, bytes, (guint)length);
    return TRUE;
}

static gboolean write_small(Sink *sink, GError **error)
{
    static const uint8_t before[1000] = "before", after[1000] = "after";
    g_autoptr(UndoWriter) writer = undo_writer_new(write_to_sink, sink);
    g_autoptr(Disk) disk = disk_new_memory(1 << 20, 512);
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(Range));
    UndoDisk row = {.path = "/dev/sda", .format = "raw"};
    gboolean ok = undo_writer_begin(writer, 1, error) &&
                  identity_take(disk, ranges, &row.identity, error) &&
                  undo_writer_add_disk(writer, &row, error) &&
                  undo_writer_add_data(writer, 0, 4096, before, after, sizeof(before), error) &&
                  undo_writer_add_data(writer, 0, 8192, before, after, 512, error) &&
                  undo_writer_finish(writer, error);
    undo_disk_clear(&row);
    return ok;
}

static UndoFile *read_bytes(const uint8_t *bytes, size_t length, GError **error)
{
    g_autoptr(Disk) file = disk_new_memory(length, 512);
    g_assert_true(length == 0 || disk_write(file, 0, bytes, length, NULL));
    return undo_file_read(file, error);
}

static void test_write_faults(void)
{
    gboolean ok = FALSE;
    guint at = 0;
    while (!ok) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_autoptr(GError) error = NULL, read_error = NULL;
        Sink sink = {bytes, 0, ++at};
        ok = write_small(&sink, &error);
        g_autoptr(UndoFile) file = read_bytes(bytes->data, bytes->len, &read_error);
        g_assert_true(ok == (file != NULL));
        if (!ok)
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
    }
    g_assert_cmpuint(at, >, 15);
}

/* Cut off anywhere, or with any byte another, it is refused. */
static void test_damage(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Sink sink = {.bytes = bytes};
    g_assert_true(write_small(&sink, NULL));
    for (guint length = 0; length < bytes->len; length++) {
        g_autoptr(GError) error = NULL;
        DrydockError code = length < UNDO_MAGIC_BYTES ? DRYDOCK_ERROR_USAGE : DRYDOCK_ERROR_CORRUPT;
        g_assert_null(read_bytes(bytes->data, length, &error));
        g_assert_error(error, DRYDOCK_ERROR, code);
    }
    for (guint i = 0; i < bytes->len; i++) {
        bytes->data[i] ^= 0x40;
        g_assert_null(read_bytes(bytes->data, bytes->len, NULL));
        bytes->data[i] ^= 0x40;
    }
    g_autoptr(UndoFile) whole = read_bytes(bytes->data, bytes->len, NULL);
    g_assert_nonnull(whole);
    g_assert_cmpint(whole->state, ==, UNDO_STATE_STORED);
    g_byte_array_append(bytes, (const guint8 *)"APPL\x08", 5);
    g_autoptr(UndoFile) marked = read_bytes(bytes->data, bytes->len, NULL);
    g_assert_nonnull(marked);
    g_assert_cmpint(marked->state, ==, UNDO_STATE_STORED);
}

static void expect_refusal(const Machine *machine, DrydockError code)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(undo(machine, machine->disks, &error));
    g_assert_error(error, DRYDOCK_ERROR, code);
}

static void test_other_disks(void)
{
    g_auto(Machine) machine;
    g_autoptr(GError) error = NULL;
    const uint8_t byte = 0;
    machine_init(&machine);
    store(&machine);
    g_assert_true(fix_apply(&machine.plan, machine.path, &error));
    /* In a range, and where a witness is. */
    const uint64_t places[] = {changed[1].offset + 700, DISK_BYTES - 8192};
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_assert_true(disk_write(machine.disks[0], places[i], &byte, 1, NULL));
        expect_refusal(&machine, DRYDOCK_ERROR_PRECONDITION);
        g_assert_true(disk_write(machine.disks[0], places[i],
                                 (i == 0 ? machine.wanted : machine.originals)[0] + places[i], 1,
                                 NULL));
    }
    /* What begins it is another: another disk, which --force does not change. */
    g_assert_true(disk_write(machine.disks[0], 5, &byte, 1, NULL));
    expect_refusal(&machine, DRYDOCK_ERROR_USAGE);
    const UndoLook other = {.match = IDENTITY_OTHER}, touched = {.foreign = 1};
    g_assert_false(undo_check(&other, "disk", TRUE, NULL));
    g_assert_true(undo_check(&touched, "disk", TRUE, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fix/round-trip", test_round_trip);
    g_test_add_func("/fix/store-faults", test_store_faults);
    g_test_add_func("/fix/apply-faults", test_apply_faults);
    g_test_add_func("/fix/undo-faults", test_undo_faults);
    g_test_add_func("/fix/write-faults", test_write_faults);
    g_test_add_func("/fix/damage", test_damage);
    g_test_add_func("/fix/other-disks", test_other_disks);
    return g_test_run();
}
