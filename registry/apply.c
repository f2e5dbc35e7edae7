/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan carried out by hivex on a copy in memory. hivex knows path names only, so the copy is an
   anonymous file opened through /proc/self/fd: nothing reaches a file system. */
#include <errno.h>
#include <fcntl.h>
#include <hivex.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/edit_private.h"
#include "registry/verify.h"

enum {
    /* hivex grows by one page at a time and moves the whole hive each time, unless the file is
       already longer than its bins: so it is. */
    COPY_SLACK_BYTES = 1 << 20,
};

typedef hive_h HivexHandle;

static void hivex_handle_close(HivexHandle *handle)
{
    if (handle != NULL) {
        hivex_close(handle);
    }
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HivexHandle, hivex_handle_close)

/* The memory file, and its contents once they are mapped. */
typedef struct {
    int fd;
    char path[32]; /* /proc/self/fd/N */
    uint8_t *bytes;
    size_t length;
} HiveCopy;

static void hive_copy_clear(HiveCopy *copy)
{
    if (copy->bytes != NULL) {
        munmap(copy->bytes, copy->length);
    }
    if (copy->fd >= 0) {
        close(copy->fd);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HiveCopy, hive_copy_clear)

static gboolean write_all(int fd, const uint8_t *bytes, size_t length, off_t offset)
{
    while (length > 0) {
        ssize_t written = pwrite(fd, bytes, length, offset);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return FALSE;
        }
        bytes += written;
        length -= (size_t)written;
        offset += written;
    }
    return TRUE;
}

static gboolean hive_copy_make(HiveCopy *copy, GBytes *hive, GError **error)
{
    size_t length;
    uint8_t checksum[4];
    const uint8_t *bytes = g_bytes_get_data(hive, &length);

    copy->fd = memfd_create("hive", MFD_CLOEXEC);
    if (copy->fd < 0) {
        drydock_error_set_errno(error, errno, "cannot create a file in memory");
        return FALSE;
    }
    g_snprintf(copy->path, sizeof copy->path, "/proc/self/fd/%d", copy->fd);
    /* hivex does not know that the checksums 0 and -1 are stored as 1 and -2. */
    put_le32(checksum, hive_header_checksum(bytes, FALSE));
    if (!write_all(copy->fd, bytes, length, 0) ||
        ftruncate(copy->fd, (off_t)(length + COPY_SLACK_BYTES)) != 0 ||
        !write_all(copy->fd, checksum, sizeof checksum, HIVE_HEADER_CHECKSUM)) {
        drydock_error_set_errno(error, errno, "cannot copy a registry hive");
        return FALSE;
    }
    return TRUE;
}

static gboolean hivex_has_failed(const char *action, const PlanKey *key, GError **error)
{
    int errno_value = errno;
    drydock_error_set(
        error, errno_value == ENOTSUP ? DRYDOCK_ERROR_UNSUPPORTED : DRYDOCK_ERROR_FAILED, NULL,
        "cannot %s the registry key '%s': hivex: %s", action, key->path, g_strerror(errno_value));
    return FALSE;
}

/* hivex's handle of a key is its place in the file; the name is asked to be sure. */
static gboolean apply_find_node(HivexHandle *hivex, PlanKey *key, GError **error)
{
    if (key->node != 0 || !key->exists) {
        return TRUE;
    }
    if (key->parent == NULL) {
        key->node = hivex_root(hivex);
        return TRUE;
    }
    size_t node = HIVE_BASE_SIZE + (size_t)key->key;
    char *name = hivex_node_name(hivex, node);
    gboolean is_right = g_strcmp0(name, key->name) == 0;
    free(name);
    if (!is_right) {
        errno = EINVAL;
        return hivex_has_failed("find", key, error);
    }
    key->node = node;
    return TRUE;
}

static gboolean apply_values(HivexHandle *hivex, const PlanKey *key, GError **error)
{
    g_autoptr(GArray) sets = g_array_new(FALSE, TRUE, sizeof(hive_set_value));
    for (guint i = 0; i < key->new_values->len; i++) {
        const HiveValue *value = key->new_values->pdata[i];
        size_t length;
        const uint8_t *data = g_bytes_get_data(value->data, &length);
        hive_set_value set = {
            .key = value->name,
            .t = (hive_type)value->type,
            .len = length,
            .value = g_memdup2(length > 0 ? data : (const uint8_t *)"", MAX(length, 1))};
        g_array_append_val(sets, set);
    }
    int result = hivex_node_set_values(hivex, key->node, sets->len,
                                       (const hive_set_value *)(const void *)sets->data, 0);
    int errno_value = errno;
    for (guint i = 0; i < sets->len; i++) {
        g_free(g_array_index(sets, hive_set_value, i).value);
    }
    errno = errno_value;
    return result == 0 || hivex_has_failed("set values of", key, error);
}

static gboolean apply_plan(HivexHandle *hivex, const HivePlan *plan, GError **error)
{
    for (guint i = 0; i < plan->keys->len; i++) {
        PlanKey *key = plan->keys->pdata[i];
        if (!apply_find_node(hivex, key, error)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < plan->keys->len; i++) {
        PlanKey *key = plan->keys->pdata[i];
        if (key->is_deleted && hivex_node_delete_child(hivex, key->node) != 0) {
            return hivex_has_failed("delete", key, error);
        }
    }
    for (guint i = 0; i < plan->keys->len; i++) {
        PlanKey *key = plan->keys->pdata[i];
        if (key->is_created) {
            key->node = hivex_node_add_child(hivex, key->parent->node, key->name);
            if (key->node == 0) {
                return hivex_has_failed("create", key, error);
            }
        }
        if (key->new_values != NULL && !apply_values(hivex, key, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Opens the copy, edits it and writes it back over itself; hivex's own copy is gone afterwards. */
static gboolean apply_with_hivex(const HiveCopy *copy, const HivePlan *plan, GError **error)
{
    g_autoptr(HivexHandle) hivex = hivex_open(copy->path, HIVEX_OPEN_WRITE);
    if (hivex == NULL) {
        drydock_error_set_errno(error, errno, "hivex cannot open the hive");
        return FALSE;
    }
    /* hivex has read all of it; two copies at a time are enough. */
    if (ftruncate(copy->fd, 0) != 0) {
        drydock_error_set_errno(error, errno, "cannot empty a file in memory");
        return FALSE;
    }
    if (!apply_plan(hivex, plan, error)) {
        return FALSE;
    }
    if (hivex_commit(hivex, copy->path, 0) != 0) {
        drydock_error_set_errno(error, errno, "hivex cannot write the hive");
        return FALSE;
    }
    return TRUE;
}

/* Maps the edited hive without the slack that is left; original_length: before it was edited. */
static gboolean hive_copy_map(HiveCopy *copy, size_t original_length, GError **error)
{
    struct stat status;
    uint8_t field[4];
    if (fstat(copy->fd, &status) != 0 ||
        pread(copy->fd, field, sizeof field, HIVE_HEADER_BINS_SIZE) != sizeof field) {
        drydock_error_set_errno(error, errno, "cannot read the edited hive");
        return FALSE;
    }
    size_t length = MAX(original_length, HIVE_BASE_SIZE + (size_t)get_le32(field));
    if (length > (uint64_t)status.st_size || ftruncate(copy->fd, (off_t)length) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                          "hivex wrote a hive that is too short");
        return FALSE;
    }
    void *bytes = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, copy->fd, 0);
    if (bytes == MAP_FAILED) {
        drydock_error_set_errno(error, errno, "cannot map the edited hive");
        return FALSE;
    }
    copy->bytes = bytes;
    copy->length = length;
    return TRUE;
}

typedef struct {
    void *bytes;
    size_t length;
} Mapping;

static void mapping_free(void *data)
{
    Mapping *mapping = data;
    munmap(mapping->bytes, mapping->length);
    g_free(mapping);
}

/* The mapping, read-only from here on, leaves the copy. */
static GBytes *hive_copy_steal_bytes(HiveCopy *copy)
{
    Mapping *mapping = g_new(Mapping, 1);
    *mapping = (Mapping){.bytes = copy->bytes, .length = copy->length};
    (void)mprotect(copy->bytes, copy->length, PROT_READ);
    copy->bytes = NULL;
    return g_bytes_new_with_free_func(mapping->bytes, mapping->length, mapping_free, mapping);
}

static gboolean sort_created(HiveCopy *copy, const HivePlan *plan, GError **error)
{
    g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < plan->keys->len; i++) {
        const PlanKey *key = plan->keys->pdata[i];
        if (key->is_created && g_hash_table_add(done, key->parent) &&
            !hive_sort_subkeys(copy->bytes, copy->length,
                               (HiveKey)(key->parent->node - HIVE_BASE_SIZE), error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean check_before(GBytes *bytes, const Hive *hive, GError **error)
{
    if (hive_is_dirty(hive)) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "start the source machine and shut it down properly",
                          "the registry hive is dirty and cannot be edited");
        return FALSE;
    }
    return hive_verify(bytes, "before editing", NULL, error);
}

static gboolean check_after(GBytes *bytes, GError **error)
{
    g_autoptr(GError) damage = NULL;
    if (!hive_verify(bytes, "after editing", NULL, &damage)) {
        drydock_error_set(error, DRYDOCK_ERROR_VERIFY, NULL,
                          "the edited hive would not be right: %s", damage->message);
        return FALSE;
    }
    return TRUE;
}

gboolean hive_edits_prepare(GError **error)
{
    /* As hivex opens them. Never closed: as long as one is open its module stays loaded. */
    static const char *const directions[][2] = {
        {"LATIN1", "UTF-8"},
        {"UTF-8", "LATIN1"},
        {"UTF-16LE", "UTF-8"},
        {"UTF-8", "UTF-16LE"},
    };
    static iconv_t conversions[G_N_ELEMENTS(directions)];
    static gsize is_done = 0;
    if (g_once_init_enter(&is_done)) {
        for (size_t i = 0; i < G_N_ELEMENTS(directions); i++) {
            conversions[i] = iconv_open(directions[i][0], directions[i][1]);
        }
        g_once_init_leave(&is_done, 1);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(directions); i++) {
        /* iconv's own spelling of failure: (iconv_t)-1 */
        if ((intptr_t)conversions[i] == -1) {
            drydock_error_set(
                error, DRYDOCK_ERROR_MISSING_TOOL, "install the C library's character set modules",
                "the C library cannot convert %s to %s", directions[i][1], directions[i][0]);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean hive_edits_apply(const HiveEdits *edits, GBytes *hive, uint32_t min_sequence,
                          GBytes **ret_hive, GPtrArray **ret_changes, GError **error)
{
    g_auto(HivePlan) plan = {0};
    g_auto(HiveCopy) copy = {.fd = -1};
    g_autoptr(GBytes) result = NULL;
    g_autoptr(Hive) reader = hive_open_bytes(hive, "to be edited", error);

    if (reader == NULL || !check_before(hive, reader, error) ||
        !hive_plan_make(edits, reader, &plan, error)) {
        return FALSE;
    }
    if (plan.changes->len == 0) {
        *ret_hive = g_bytes_ref(hive);
        *ret_changes = g_steal_pointer(&plan.changes);
        return TRUE;
    }
    uint32_t sequence = reader->header.primary;
    if (hive_sequence_is_after(min_sequence, sequence)) {
        sequence = min_sequence;
    }
    if (!hive_copy_make(&copy, hive, error) || !apply_with_hivex(&copy, &plan, error) ||
        !hive_copy_map(&copy, g_bytes_get_size(hive), error) ||
        !sort_created(&copy, &plan, error)) {
        return FALSE;
    }
    hive_header_stamp(copy.bytes, sequence + 1, get_le32(copy.bytes + HIVE_HEADER_BINS_SIZE));
    result = hive_copy_steal_bytes(&copy);
    if (!check_after(result, error)) {
        return FALSE;
    }
    *ret_hive = g_steal_pointer(&result);
    *ret_changes = g_steal_pointer(&plan.changes);
    return TRUE;
}
