/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices of the device mapper (Linux, include/uapi/linux/dm-ioctl.h). */
#include "fs/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CONTROL "/dev/mapper/control"
/* A target of a table with 256 members has 8 KiB of arguments. */
#define BUFFER_BYTES ((size_t)4 << 20)
#define TYPE_LIMIT 8

/* Debian's kernel has each kind of target in a module, which stands on others. */
static const struct {
    const char *target;
    const char *modules[TYPE_LIMIT];
} targets[] = {
    {"thin-pool", {"dm-bufio", "dm-persistent-data", "dm-bio-prison", "dm-thin-pool"}},
    {"raid", {"md-mod", "raid0", "raid1", "raid10", "raid456", "dm-raid"}},
    {"snapshot", {"dm-bufio", "dm-snapshot"}},
    {"mirror", {"dm-log", "dm-region-hash", "dm-mirror"}},
    {"cache", {"dm-bufio", "dm-persistent-data", "dm-bio-prison", "dm-cache", "dm-cache-smq"}},
};

/* raid456 stands on these. */
static const char *const parity_modules[] = {"async_tx", "async_memcpy",      "async_xor",
                                             "async_pq", "async_raid6_recov", NULL};

static void load_target(const char *table)
{
    static const char *const mapper[] = {"dm-mod", NULL};
    load_modules(mapper);
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        char word[32];
        snprintf(word, sizeof(word), " %s ", targets[i].target);
        if (!strstr(table, word))
            continue;
        if (strcmp(targets[i].target, "raid") == 0)
            load_modules(parity_modules);
        load_modules(targets[i].modules);
    }
}

static void set_header(struct dm_ioctl *header, uint64_t number, uint32_t flags)
{
    memset(header, 0, sizeof(*header));
    header->version[0] = DM_VERSION_MAJOR;
    header->data_size = (uint32_t)BUFFER_BYTES;
    header->data_start = sizeof(*header);
    header->flags = flags;
    snprintf(header->name, sizeof(header->name), "%u", (unsigned int)number);
}

static int call(unsigned long command, struct dm_ioctl *header)
{
    int control = open(CONTROL, O_RDWR | O_CLOEXEC);
    if (control < 0)
        return errno;
    int failure = ioctl(control, command, header) == 0 ? 0 : errno;
    close(control);
    return failure;
}

/* One line of the table behind what *end has already. 0 or an errno. */
static int add_target(struct dm_ioctl *header, size_t *end, const char *line, size_t length)
{
    struct dm_target_spec spec = {0};
    unsigned long long start, sectors;
    char type[DM_MAX_TYPE_NAME];
    int used = 0;
    if (sscanf(line, "%llu %llu %15s%n", &start, &sectors, type, &used) != 3 ||
        (size_t)used > length)
        return EINVAL;
    size_t arguments = length - (size_t)used;
    size_t total = (sizeof(spec) + arguments + 1 + 7) / 8 * 8;
    if (total > BUFFER_BYTES - *end)
        return E2BIG;
    spec.sector_start = start;
    spec.length = sectors;
    spec.next = (uint32_t)total;
    memcpy(spec.target_type, type, sizeof(type));
    memcpy((char *)header + *end, &spec, sizeof(spec));
    memcpy((char *)header + *end + sizeof(spec), line + used, arguments);
    ((char *)header)[*end + sizeof(spec) + arguments] = '\0';
    *end += total;
    header->target_count++;
    return 0;
}

static int load_table(struct dm_ioctl *header, uint64_t number, const char *table, int read_only)
{
    size_t end = sizeof(*header);
    int failure = 0;
    set_header(header, number, read_only ? DM_READONLY_FLAG : 0);
    while (*table && failure == 0) {
        size_t length = strcspn(table, "\n");
        failure = add_target(header, &end, table, length);
        table += length + (table[length] == '\n');
    }
    return failure != 0 ? failure : call(DM_TABLE_LOAD, header);
}

/* A RAID's rebuilding would write what nobody has asked for. */
static int freeze(struct dm_ioctl *header, uint64_t number, const char *table)
{
    static const char text[] = "frozen";
    struct dm_target_msg message = {.sector = 0};
    if (!strstr(table, " raid "))
        return 0;
    set_header(header, number, 0);
    memcpy((char *)header + sizeof(*header), &message, sizeof(message));
    memcpy((char *)header + sizeof(*header) + sizeof(message), text, sizeof(text));
    int failure = call(DM_TARGET_MSG, header);
    /* RAID 0 has nothing that could be frozen. */
    return failure == EINVAL ? 0 : failure;
}

int mapper_remove(uint64_t number)
{
    struct dm_ioctl *header = malloc(BUFFER_BYTES);
    if (!header)
        return ENOMEM;
    set_header(header, number, 0);
    int failure = call(DM_DEV_REMOVE, header);
    free(header);
    return failure;
}

int mapper_create(uint64_t number, const char *table, int read_only)
{
    struct dm_ioctl *header = malloc(BUFFER_BYTES);
    if (!header)
        return ENOMEM;
    load_target(table);
    set_header(header, number, DM_PERSISTENT_DEV_FLAG);
    header->dev = (number & 0xff) | ((number & ~UINT64_C(0xff)) << 12);
    int failure = call(DM_DEV_CREATE, header);
    if (failure == 0) {
        failure = load_table(header, number, table, read_only);
        if (failure == 0) {
            set_header(header, number, 0);
            failure = call(DM_DEV_SUSPEND, header); /* without the flag: resume */
        }
        if (failure == 0)
            failure = freeze(header, number, table);
        if (failure != 0)
            mapper_remove(number);
    }
    free(header);
    return failure;
}
