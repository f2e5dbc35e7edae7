/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices that the kernel puts together of our disks, as disks. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/uml_kernel.h"

/* What may be changed below a stack that is only read: superblocks, logs and bitmaps. */
#define SCRATCH_BYTES ((uint64_t)64 << 20)
#define NO_DEVICE G_MAXUINT
/* What is written travels with texts. */
#define PIECE_BYTES (AGENT_DATA_LIMIT / 2)

struct FsStack {
    gint ref_count;
    FsKernel *kernel;
    MapperPlan *plan;
    UmlClient client;
    guint level; /* of the disks it stands on */
    gboolean writable;
    guint *slots;    /* per disk of the plan; 0: not given yet */
    guint *numbers;  /* per device of the plan: in the kernel; NO_DEVICE: not there */
    uint64_t *sizes; /* per device, once it has been there; 0: not yet */
    GArray *active;  /* of guint: devices of the plan that are there, in their order */
};

typedef struct {
    FsStack *stack;
    guint device;
} StackDisk;

FsStack *fs_stack_new(FsKernel *kernel, MapperPlan *plan)
{
    FsStack *stack = g_new0(FsStack, 1);
    stack->ref_count = 1;
    stack->kernel = kernel;
    stack->plan = mapper_plan_ref(plan);
    stack->writable = TRUE;
    stack->slots = g_new0(guint, plan->disks->len);
    stack->numbers = g_new0(guint, plan->devices->len);
    stack->sizes = g_new0(uint64_t, plan->devices->len);
    stack->active = g_array_new(FALSE, FALSE, sizeof(guint));
    uml_client_init(&stack->client);
    for (guint i = 0; i < plan->devices->len; i++)
        stack->numbers[i] = NO_DEVICE;
    for (guint i = 0; i < plan->disks->len; i++) {
        const Disk *disk = plan->disks->pdata[i];
        stack->level = MAX(stack->level, disk_level(disk));
        stack->writable = stack->writable && disk_is_writable(disk);
    }
    return stack;
}

/* Everything that is there goes, the last one first. The first error counts. */
static gboolean take_apart(FsStack *stack, GError **error)
{
    gboolean ok = TRUE;
    for (guint i = stack->active->len; i > 0; i--) {
        guint device = g_array_index(stack->active, guint, i - 1);
        UmlRequest request = {.operation = AGENT_REMOVE_DEVICE,
                              .numbers = {stack->numbers[device]}};
        g_auto(UmlReply) reply = {0};
        ok = uml_client_call(&stack->client, &request, &reply, ok ? error : NULL) && ok;
        uml_kernel_give_number_back(stack->kernel, stack->level, stack->numbers[device]);
        stack->numbers[device] = NO_DEVICE;
    }
    g_array_set_size(stack->active, 0);
    return ok;
}

void fs_stack_unref(FsStack *stack)
{
    g_autoptr(GError) error = NULL;
    if (!stack || !g_atomic_int_dec_and_test(&stack->ref_count))
        return;
    if (!take_apart(stack, &error))
        g_debug("cannot take volumes apart: %s", error->message);
    uml_client_clear(&stack->client);
    mapper_plan_unref(stack->plan);
    g_array_unref(stack->active);
    g_free(stack->slots);
    g_free(stack->numbers);
    g_free(stack->sizes);
    g_free(stack);
}

static gboolean connect_stack(FsStack *stack, GError **error)
{
    if (!stack->client.device)
        stack->client.device = uml_kernel_connect(stack->kernel, stack->level, error);
    return stack->client.device != NULL;
}

static gboolean give_disk(FsStack *stack, guint disk, GError **error)
{
    if (stack->slots[disk] != 0)
        return TRUE;
    Disk *given = stack->plan->disks->pdata[disk];
    g_autoptr(Disk) scratch =
        disk_is_writable(given) ? disk_ref(given) : disk_new_scratch(given, SCRATCH_BYTES);
    if (!uml_client_add(&stack->client, scratch, "", &stack->slots[disk], error))
        return FALSE;
    stack->client.device->slots[stack->slots[disk]].passes_discards = TRUE;
    return TRUE;
}

/* A path in the kernel; data is the stack. */
static char *name_in_kernel(gpointer data, gboolean is_disk, guint number)
{
    const FsStack *stack = data;
    return is_disk ? g_strdup_printf(AGENT_DEVICE "%u", stack->slots[number])
                   : g_strdup_printf(AGENT_MAPPED_PREFIX "%u", stack->numbers[number]);
}

/* Only those that the table names need be given. */
static char *note_disk(gpointer data, gboolean is_disk, guint number)
{
    if (is_disk)
        g_array_append_val((GArray *)data, number);
    return g_strdup("");
}

static gboolean map_device(FsStack *stack, const MapperDevice *device, guint number,
                           uint64_t *ret_size, GError **error)
{
    g_autoptr(GArray) disks = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autofree char *unused = mapper_table_fill(device->table, note_disk, disks);
    for (guint i = 0; i < disks->len; i++)
        if (!give_disk(stack, g_array_index(disks, guint, i), error))
            return FALSE;
    g_autofree char *table = mapper_table_fill(device->table, name_in_kernel, stack);
    UmlRequest request = {.operation = AGENT_MAP_DEVICE, .numbers = {number}, .texts = {table}};
    g_auto(UmlReply) reply = {0};
    g_debug("%s: %s", device->name, table);
    *ret_size = device->size_bytes;
    return uml_client_call(&stack->client, &request, &reply, error);
}

static gboolean assemble_array(FsStack *stack, const MapperDevice *device, guint number,
                               uint64_t *ret_size, GError **error)
{
    const MapperArray *array = &device->array;
    g_autoptr(GByteArray) slots = g_byte_array_new();
    for (guint i = 0; i < array->members->len; i++) {
        guint disk = g_array_index(array->members, guint, i);
        uint8_t slot[4];
        if (!give_disk(stack, disk, error))
            return FALSE;
        put_le32(slot, stack->slots[disk]);
        g_byte_array_append(slots, slot, sizeof(slot));
    }
    UmlRequest request = {.operation = AGENT_ASSEMBLE_ARRAY,
                          .numbers = {number, array->major, array->minor},
                          .texts = {array->level, "", ""},
                          .bytes = slots->data,
                          .byte_count = slots->len};
    g_auto(UmlReply) reply = {0};
    if (!uml_client_call(&stack->client, &request, &reply, error))
        return FALSE;
    *ret_size = reply.numbers[0];
    return TRUE;
}

static gboolean check_size(const FsStack *stack, guint device, uint64_t size, GError **error)
{
    if (size > 0 && size < AGENT_SLOT_BYTES &&
        (stack->sizes[device] == 0 || stack->sizes[device] == size))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "the kernel finds a size that cannot be (%" G_GUINT64_FORMAT ")", size);
    return FALSE;
}

static gboolean put_one_together(FsStack *stack, guint index, GError **error)
{
    const MapperDevice *device = stack->plan->devices->pdata[index];
    guint number;
    uint64_t size;
    if (device->table ? !uml_kernel_take_number(stack->kernel, stack->level, &number, error)
                      : !uml_kernel_take_array_number(stack->kernel, stack->level,
                                                      device->array.number, &number, error))
        return FALSE;
    gboolean there = device->table ? map_device(stack, device, number, &size, error)
                                   : assemble_array(stack, device, number, &size, error);
    if (!there) {
        uml_kernel_give_number_back(stack->kernel, stack->level, number);
        return FALSE;
    }
    stack->numbers[index] = number;
    g_array_append_val(stack->active, index);
    if (!check_size(stack, index, size, error))
        return FALSE;
    stack->sizes[index] = size;
    return TRUE;
}

static gboolean put_together(FsStack *stack, guint index, GError **error)
{
    const MapperDevice *device = stack->plan->devices->pdata[index];
    if (stack->numbers[index] != NO_DEVICE)
        return TRUE;
    for (guint i = 0; i < device->needs->len; i++)
        if (!put_together(stack, g_array_index(device->needs, guint, i), error))
            return FALSE;
    return put_one_together(stack, index, error);
}

/* What the kernel answers is worth nothing when a disk below has failed: a RAID goes on without it.
 */
static gboolean call(StackDisk *disk, UmlRequest *request, UmlReply *ret_reply, GError **error)
{
    FsStack *stack = disk->stack;
    if (!put_together(stack, disk->device, error))
        return FALSE;
    request->numbers[0] = stack->numbers[disk->device];
    if (!uml_client_call(&stack->client, request, ret_reply, error))
        return FALSE;
    if (uml_client_check_disks(&stack->client, error))
        return TRUE;
    uml_reply_clear(ret_reply);
    return FALSE;
}

static const char *name_of(const StackDisk *disk)
{
    return ((const MapperDevice *)disk->stack->plan->devices->pdata[disk->device])->name;
}

static gboolean stack_read(gpointer data, uint64_t offset, void *buffer, size_t length,
                           GError **error)
{
    StackDisk *disk = data;
    uint8_t *bytes = buffer;
    while (length > 0) {
        size_t count = MIN(length, AGENT_DATA_LIMIT);
        UmlRequest request = {.operation = AGENT_READ_DEVICE, .numbers = {0, offset, count}};
        g_auto(UmlReply) reply = {0};
        gboolean ok = call(disk, &request, &reply, error);
        if (ok && reply.data->len != count) {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                              "the answer from the kernel makes no sense");
            ok = FALSE;
        }
        if (!ok) {
            g_prefix_error(error, "cannot read %s: ", name_of(disk));
            return FALSE;
        }
        memcpy(bytes, reply.data->data, count);
        bytes += count;
        offset += count;
        length -= count;
    }
    return TRUE;
}

static gboolean stack_write(gpointer data, uint64_t offset, const void *buffer, size_t length,
                            GError **error)
{
    StackDisk *disk = data;
    const uint8_t *bytes = buffer;
    while (length > 0) {
        size_t count = MIN(length, PIECE_BYTES);
        UmlRequest request = {.operation = AGENT_WRITE_DEVICE,
                              .numbers = {0, offset},
                              .texts = {"", "", ""},
                              .bytes = bytes,
                              .byte_count = count};
        g_auto(UmlReply) reply = {0};
        if (!call(disk, &request, &reply, error)) {
            g_prefix_error(error, "cannot write %s: ", name_of(disk));
            return FALSE;
        }
        bytes += count;
        offset += count;
        length -= count;
    }
    return TRUE;
}

/* A RAID that cannot discard keeps what it has. */
static gboolean stack_discard(gpointer data, uint64_t offset, uint64_t length, GError **error)
{
    StackDisk *disk = data;
    FsStack *stack = disk->stack;
    g_auto(UmlReply) reply = {0};
    if (!put_together(stack, disk->device, error))
        return FALSE;
    UmlRequest request = {.operation = AGENT_DISCARD_DEVICE,
                          .numbers = {stack->numbers[disk->device], offset, length}};
    g_autoptr(GError) local = NULL;
    if (!uml_client_call(&stack->client, &request, &reply, &local) &&
        !g_error_matches(local, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED)) {
        g_propagate_prefixed_error(error, g_steal_pointer(&local),
                                   "cannot discard in %s: ", name_of(disk));
        return FALSE;
    }
    return uml_client_check_disks(&stack->client, error);
}

static gboolean stack_flush(gpointer data, GError **error)
{
    StackDisk *disk = data;
    FsStack *stack = disk->stack;
    if (!take_apart(stack, error) || !uml_client_check_disks(&stack->client, error)) {
        g_prefix_error(error, "cannot flush %s: ", name_of(disk));
        return FALSE;
    }
    return uml_client_flush_disks(&stack->client, error);
}

static void stack_free(gpointer data)
{
    StackDisk *disk = data;
    fs_stack_unref(disk->stack);
    g_free(disk);
}

static const DiskService stack_service = {
    .read = stack_read,
    .write = stack_write,
    .discard = stack_discard,
    .flush = stack_flush,
    .free = stack_free,
};

static uint32_t find_sector_size(const FsStack *stack)
{
    uint32_t size = 512;
    for (guint i = 0; i < stack->plan->disks->len; i++)
        size = MAX(size, disk_sector_size(stack->plan->disks->pdata[i]));
    return size;
}

Disk *fs_stack_open(FsStack *stack, guint device, GError **error)
{
    const char *name = ((const MapperDevice *)stack->plan->devices->pdata[device])->name;
    if (!connect_stack(stack, error))
        return NULL;
    if (!put_together(stack, device, error)) {
        /* Errors of the kernel's own kind: it is the metadata that it does not like. */
        if (error && (g_error_matches(*error, DRYDOCK_ERROR, DRYDOCK_ERROR_FAILED) ||
                      g_error_matches(*error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND)))
            (*error)->code = DRYDOCK_ERROR_CORRUPT;
        return NULL;
    }
    StackDisk *disk = g_new0(StackDisk, 1);
    g_atomic_int_inc(&stack->ref_count);
    *disk = (StackDisk){stack, device};
    const DiskServed properties = {name, stack->sizes[device], find_sector_size(stack),
                                   stack->writable, stack->level + 1};
    return disk_new_served(&stack_service, disk, &properties);
}
