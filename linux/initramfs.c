/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks the archives of an initramfs image the way the kernel's init/initramfs.c does. */
#include "linux/initramfs.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "linux/network_mac.h"
#include "linux/storage_file.h"

#define MEMBERS_MAX 200000u
#define CONTENT_MAX (16u * 1024 * 1024) /* modules.alias.bin has 1.3 MiB in a full initramfs */
#define TEXT_MAX (64u * 1024)
#define TEXTS_MAX 1000u
#define LINKS_MAX 40u

/* Files whose content decides what we append; the indexes in any modules folder. */
static const char *const kept_files[] = {
    "init",
    "config",
    "conf/modules",
};
static const char *const kept_indexes[] = {
    "modules.dep",
    "modules.dep.bin",
    "modules.alias",
    "modules.alias.bin",
};

static void member_free(gpointer data)
{
    InitramfsMember *member = data;

    g_free(member->link_target);
    g_clear_pointer(&member->content, g_bytes_unref);
    g_free(member);
}

void initramfs_free(Initramfs *initramfs)
{
    if (initramfs == NULL)
        return;
    g_bytes_unref(initramfs->image);
    g_hash_table_unref(initramfs->members);
    g_free(initramfs);
}

static gboolean wants_content(const char *path, uint64_t size_bytes, gpointer data)
{
    Initramfs *initramfs = data;
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;

    if (size_bytes > CONTENT_MAX)
        return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(kept_files); i++)
        if (g_str_equal(path, kept_files[i]))
            return TRUE;
    for (guint i = 0; storage_file_copy_path(i) != NULL; i++)
        if (g_str_equal(path, storage_file_copy_path(i)))
            return TRUE;
    if (size_bytes <= TEXT_MAX && initramfs->network_texts < TEXTS_MAX &&
        network_mac_is_copy(path)) {
        initramfs->network_texts++;
        return TRUE;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(kept_indexes); i++)
        if (g_str_equal(base, kept_indexes[i]) && strstr(path, "lib/modules/") != NULL)
            return TRUE;
    return FALSE;
}

/* A later member of the same name replaces the earlier one, as it does on unpacking. */
static gboolean add_member(CpioMember *member, gpointer data, GError **error)
{
    Initramfs *initramfs = data;
    InitramfsMember *added = NULL;

    if (g_hash_table_size(initramfs->members) >= MEMBERS_MAX) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "more than %u members",
                          MEMBERS_MAX);
        return FALSE;
    }
    added = g_new0(InitramfsMember, 1);
    added->mode = member->mode;
    if (S_ISLNK(member->mode) && member->content != NULL)
        added->link_target =
            g_strndup(g_bytes_get_data(member->content, NULL), g_bytes_get_size(member->content));
    else
        added->content = g_steal_pointer(&member->content);
    g_hash_table_replace(initramfs->members, g_steal_pointer(&member->path), added);
    return TRUE;
}

typedef struct {
    const uint8_t *data;
    size_t size;
    size_t position;
} MemorySource;

static gboolean memory_read(gpointer source, uint8_t *buffer, size_t length, size_t *ret_length,
                            GError **error G_GNUC_UNUSED)
{
    MemorySource *memory = source;

    *ret_length = MIN(length, memory->size - memory->position);
    memcpy(buffer, memory->data + memory->position, *ret_length);
    memory->position += *ret_length;
    return TRUE;
}

static gboolean ignore_content(const char *path G_GNUC_UNUSED, uint64_t size_bytes G_GNUC_UNUSED,
                               gpointer data G_GNUC_UNUSED)
{
    return FALSE;
}

static gboolean ignore_member(CpioMember *member G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED,
                              GError **error G_GNUC_UNUSED)
{
    return TRUE;
}

/* Where an uncompressed archive begins behind start; size if there is none. The decompressors do
   not say where they stopped, but a header on a multiple of 4 from which a whole archive can be
   read is no accident. */
static size_t find_next_archive(const uint8_t *data, size_t start, size_t size)
{
    static const CpioVisitor nothing = {.wants = ignore_content, .found = ignore_member};

    for (size_t offset = start + (4 - start % 4) % 4; offset < size; offset += 4) {
        if (data[offset] != '0' || !cpio_is_header(data + offset, size - offset))
            continue;

        MemorySource source = {.data = data + offset, .size = size - offset};
        CpioInput input = {.read = memory_read, .source = &source};
        uint64_t end = 0;

        if (cpio_read(&input, &nothing, &end, NULL))
            return offset;
    }
    return size;
}

static gboolean read_compressed(Initramfs *initramfs, const Compression *compression,
                                const uint8_t *data, size_t size, GError **error)
{
    CpioVisitor visitor = {.wants = wants_content, .found = add_member, .data = initramfs};
    g_autoptr(Decompressor) decompressor = decompressor_new(compression, data, size, error);
    uint64_t end = 0;

    if (decompressor == NULL)
        return FALSE;

    CpioInput input = decompressor_input(decompressor);

    if (!cpio_read(&input, &visitor, &end, error))
        return FALSE;
    initramfs->stream_length = decompressor_total(decompressor);
    return TRUE;
}

/* A compressed archive, with the zeros that may follow it: not every decompressor takes them for
   padding, and its last bytes may be zeros themselves. */
static gboolean read_compressed_padded(Initramfs *initramfs, const uint8_t *data, size_t size,
                                       GError **error)
{
    const Compression *compression = compression_detect(data, size);
    size_t stripped = size;

    if (compression == NULL) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "neither a cpio archive nor a compression that kernels have");
        return FALSE;
    }
    initramfs->compression = compression;
    while (stripped > 0 && data[stripped - 1] == 0)
        stripped--;
    if (stripped == size)
        return read_compressed(initramfs, compression, data, size, error);
    return read_compressed(initramfs, compression, data, size, NULL) ||
           read_compressed(initramfs, compression, data, stripped, error);
}

static gboolean read_archives(Initramfs *initramfs, GError **error)
{
    CpioVisitor visitor = {.wants = wants_content, .found = add_member, .data = initramfs};
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(initramfs->image, &size);

    for (size_t offset = 0; offset < size;) {
        MemorySource source = {.data = data + offset, .size = size - offset};
        CpioInput input = {.read = memory_read, .source = &source};
        uint64_t end = 0;

        if (data[offset] == 0) {
            offset++;
        } else if (offset % 4 == 0 && cpio_is_header(data + offset, size - offset)) {
            if (!cpio_read(&input, &visitor, &end, error)) {
                g_prefix_error(error, "archive at offset %zu: ", offset);
                return FALSE;
            }
            initramfs->compression = NULL;
            offset += (size_t)end;
        } else {
            size_t next = find_next_archive(data, offset + 4, size);

            if (!read_compressed_padded(initramfs, data + offset, next - offset, error)) {
                g_prefix_error(error, "archive at offset %zu: ", offset);
                return FALSE;
            }
            offset = next;
        }
    }
    return TRUE;
}

Initramfs *initramfs_read(GBytes *image, GError **error)
{
    g_autoptr(Initramfs) initramfs = g_new0(Initramfs, 1);

    initramfs->image = g_bytes_ref(image);
    initramfs->members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, member_free);
    if (!read_archives(initramfs, error))
        return NULL;
    if (g_hash_table_size(initramfs->members) == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "an initramfs without any member");
        return NULL;
    }
    return g_steal_pointer(&initramfs);
}

/* Prepends the components of path to the ones still to be walked. */
static void push_components(GQueue *todo, const char *path)
{
    g_auto(GStrv) components = g_strsplit(path, "/", -1);

    for (guint i = g_strv_length(components); i-- > 0;)
        g_queue_push_head(todo, g_strdup(components[i]));
}

static void remove_last_component(GString *path)
{
    char *slash = strrchr(path->str, '/');

    g_string_truncate(path, slash != NULL ? (gsize)(slash - path->str) : 0);
}

char *initramfs_resolve(const Initramfs *initramfs, const char *path)
{
    g_autoptr(GString) resolved = g_string_new(NULL);
    GQueue todo = G_QUEUE_INIT;
    guint links = 0;

    push_components(&todo, path);
    while (!g_queue_is_empty(&todo)) {
        g_autofree char *component = g_queue_pop_head(&todo);
        gsize parent_length = resolved->len;

        if (*component == '\0' || g_str_equal(component, "."))
            continue;
        if (g_str_equal(component, "..")) {
            remove_last_component(resolved);
            continue;
        }
        if (resolved->len > 0)
            g_string_append_c(resolved, '/');
        g_string_append(resolved, component);

        const InitramfsMember *member = g_hash_table_lookup(initramfs->members, resolved->str);

        if (member == NULL || member->link_target == NULL || links++ >= LINKS_MAX)
            continue;
        g_string_truncate(resolved, *member->link_target == '/' ? 0 : parent_length);
        push_components(&todo, member->link_target);
    }
    return g_string_free(g_steal_pointer(&resolved), FALSE);
}

GBytes *initramfs_content(const Initramfs *initramfs, const char *path)
{
    g_autofree char *resolved = initramfs_resolve(initramfs, path);
    const InitramfsMember *member = g_hash_table_lookup(initramfs->members, resolved);

    return member != NULL ? member->content : NULL;
}

gboolean initramfs_has(const Initramfs *initramfs, const char *path)
{
    g_autofree char *resolved = initramfs_resolve(initramfs, path);

    return g_hash_table_contains(initramfs->members, resolved);
}

GBytes *initramfs_append(const Initramfs *initramfs, GBytes *archive, GError **error)
{
    static const uint8_t zeros[4] = {0};
    AppendRule rule =
        initramfs->compression != NULL ? initramfs->compression->append : APPEND_PLAIN;
    gsize size = 0, archive_size = 0;
    const uint8_t *data = g_bytes_get_data(initramfs->image, &size);
    g_autoptr(GBytes) stored = NULL;
    GByteArray *bytes = NULL;

    if (rule == APPEND_NEVER) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "nothing can be appended to an initramfs compressed with %s",
                          initramfs->compression->name);
        return NULL;
    }
    if (rule == APPEND_LZ4) {
        /* Both frames are one stream to the unpacker, so the multiple of 4 counts in there. */
        g_autoptr(GByteArray) padded = g_byte_array_new();

        g_byte_array_append(padded, zeros, (guint)((4 - initramfs->stream_length % 4) % 4));
        g_byte_array_append(padded, g_bytes_get_data(archive, NULL),
                            (guint)g_bytes_get_size(archive));

        g_autoptr(GBytes) content = g_byte_array_free_to_bytes(g_steal_pointer(&padded));

        stored = compression_store_lz4(content);
    } else {
        stored = g_bytes_ref(archive);
    }

    const uint8_t *stored_data = g_bytes_get_data(stored, &archive_size);

    if (size + archive_size + sizeof(zeros) > G_MAXINT32) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "the initramfs is too large");
        return NULL;
    }
    bytes = g_byte_array_sized_new((guint)(size + archive_size + sizeof(zeros)));
    g_byte_array_append(bytes, data, (guint)size);
    if (rule == APPEND_PLAIN)
        g_byte_array_append(bytes, zeros, (guint)((4 - size % 4) % 4));
    g_byte_array_append(bytes, stored_data, (guint)archive_size);
    return g_byte_array_free_to_bytes(bytes);
}
