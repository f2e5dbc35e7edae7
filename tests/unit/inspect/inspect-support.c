/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guests made of tables. */
#include "inspect-support.h"

#include <string.h>

#include "base/bytes.h"
#include "base/finding.h"
#include "inspect/encrypted.h"
#include "registry/hive.h"
#include "tests/unit/registry/hive-builder.h"

static void make_parents(Fs *fs, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path + 1, "/", -1);
    g_autoptr(GString) directory = g_string_new(NULL);
    FsAttributes attributes = {.mode = -1};
    for (guint i = 0; parts[i] && parts[i + 1]; i++) {
        g_autoptr(GError) error = NULL;
        g_string_append_printf(directory, "/%s", parts[i]);
        gboolean ok = fs_make_directory(fs, directory->str, &attributes, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
    }
}

void support_add_bytes(Fs *fs, const char *path, GBytes *bytes)
{
    g_autoptr(GError) error = NULL;
    FsAttributes attributes = {.mode = -1};
    make_parents(fs, path);
    gboolean ok = fs_write_file(fs, path, bytes, &attributes, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

void support_add_files(Fs *fs, const FileRow *rows)
{
    FsAttributes attributes = {.mode = -1};
    for (const FileRow *row = rows; row->path; row++) {
        g_autoptr(GError) error = NULL;
        if (!row->content) {
            make_parents(fs, row->path);
            g_assert_true(fs_make_directory(fs, row->path, &attributes, &error));
        } else if (g_str_has_prefix(row->content, "-> ")) {
            make_parents(fs, row->path);
            gboolean ok = fs_make_symlink(fs, row->path, row->content + 3, &attributes, &error);
            g_assert_no_error(error);
            g_assert_true(ok);
        } else {
            g_autoptr(GBytes) bytes = g_bytes_new(row->content, strlen(row->content));
            support_add_bytes(fs, row->path, bytes);
        }
    }
}

Fs *support_fs(gboolean case_sensitive, const FileRow *rows)
{
    Fs *fs = fs_new_memory(case_sensitive);
    support_add_files(fs, rows);
    return fs;
}

GBytes *support_elf(guint16 machine)
{
    uint8_t header[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    put_le16(header + 16, 2);
    put_le16(header + 18, machine);
    return g_bytes_new(header, sizeof header);
}

static void free_partition(gpointer data)
{
    Partition *partition = data;
    g_free(partition->type_guid);
    g_free(partition->uuid);
    g_free(partition->name);
    g_free(partition);
}

static void free_table(gpointer table)
{
    partition_table_free(table);
}

static void free_disk(gpointer disk)
{
    disk_unref(disk);
}

static void free_volume(gpointer data)
{
    Volume *volume = data;
    encrypted_free(volume->bitlocker);
    fs_close(volume->fs);
    volume_probe_free(volume->probe);
    disk_unref(volume->disk);
    g_strfreev(volume->devices);
    g_free(volume->layer_uuid);
    g_free(volume->group_uuid);
    g_free(volume->name);
    g_free(volume);
}

VolumeSet *support_set(PartitionTableKind kind, guint disks)
{
    VolumeSet *set = g_new0(VolumeSet, 1);
    set->disks = g_ptr_array_new_with_free_func(free_disk);
    set->tables = g_ptr_array_new_with_free_func(free_table);
    set->volumes = g_ptr_array_new_with_free_func(free_volume);
    for (guint i = 0; i < disks; i++) {
        PartitionTable *table = g_new0(PartitionTable, 1);
        table->kind = kind;
        table->sector_size = 512;
        table->partitions = g_ptr_array_new_with_free_func(free_partition);
        g_ptr_array_add(set->tables, table);
        g_ptr_array_add(set->disks, disk_new_memory(1 << 20, 512));
    }
    return set;
}

Volume *support_add_volume(VolumeSet *set, guint disk, guint number, Fs *fs, const char *type,
                           const char *uuid, const char *label)
{
    PartitionTable *table = g_ptr_array_index(set->tables, disk);
    Partition *partition = g_new0(Partition, 1);
    partition->number = number;
    partition->start_bytes = (uint64_t)number << 20;
    partition->length_bytes = 1 << 20;
    g_ptr_array_add(table->partitions, partition);

    Volume *volume = g_new0(Volume, 1);
    volume->disk_index = disk;
    volume->table = table;
    volume->partition = partition;
    volume->name = g_strdup_printf("sd%c%u", (char)('a' + disk), number);
    volume->disk = disk_new_memory(1 << 20, 512);
    volume->probe = g_new0(VolumeProbe, 1);
    volume->probe->type = g_strdup(type);
    volume->probe->uuid = g_strdup(uuid);
    volume->probe->label = g_strdup(label);
    volume->fs = fs;
    g_ptr_array_add(set->volumes, volume);
    return volume;
}

static void subvolume_free(gpointer data)
{
    FsSubvolume *subvolume = data;
    g_free(subvolume->path);
    g_free(subvolume);
}

void support_add_subvolume(Volume *volume, const char *path)
{
    FsSubvolume *subvolume = g_new0(FsSubvolume, 1);
    if (!volume->subvolumes)
        volume->subvolumes = g_ptr_array_new_with_free_func(subvolume_free);
    subvolume->path = g_strdup(path);
    subvolume->id = g_str_equal(path, "/") ? FS_SUBVOLUME_TOP_LEVEL : 256 + volume->subvolumes->len;
    g_ptr_array_add(volume->subvolumes, subvolume);
}

void support_make_esp(Volume *volume)
{
    Partition *partition = g_ptr_array_index(volume->table->partitions, 0);
    for (guint i = 0; i < volume->table->partitions->len; i++) {
        partition = g_ptr_array_index(volume->table->partitions, i);
        if (partition == volume->partition)
            break;
    }
    g_free(partition->type_guid);
    partition->type_guid = g_strdup(PARTITION_TYPE_EFI_SYSTEM);
}

/* One key while a hive is put together. */
typedef struct Node Node;
struct Node {
    char *name;
    GPtrArray *children; /* of Node */
    GPtrArray *values;   /* of const HiveRow */
};

static void node_free(gpointer data)
{
    Node *node = data;
    g_free(node->name);
    g_ptr_array_unref(node->children);
    g_ptr_array_unref(node->values);
    g_free(node);
}

static Node *node_child(Node *node, const char *name)
{
    for (guint i = 0; i < node->children->len; i++) {
        Node *child = g_ptr_array_index(node->children, i);
        if (g_ascii_strcasecmp(child->name, name) == 0)
            return child;
    }
    Node *child = g_new0(Node, 1);
    child->name = g_strdup(name);
    child->children = g_ptr_array_new_with_free_func(node_free);
    child->values = g_ptr_array_new();
    g_ptr_array_add(node->children, child);
    return child;
}

static gint compare_nodes(gconstpointer a, gconstpointer b)
{
    const Node *first = *(const Node *const *)a;
    const Node *second = *(const Node *const *)b;
    return g_ascii_strcasecmp(first->name, second->name);
}

/* A MULTI_SZ of what '|' separates. */
static uint32_t emit_strings(HiveBuilder *builder, const char *name, const char *joined)
{
    g_auto(GStrv) strings = g_strsplit(joined, "|", -1);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    for (guint i = 0; strings[i]; i++) {
        glong units = 0;
        g_autofree gunichar2 *text = g_utf8_to_utf16(strings[i], -1, NULL, &units, NULL);
        g_byte_array_append(bytes, (const guint8 *)text, (guint)(units + 1) * 2);
    }
    g_byte_array_append(bytes, (const guint8 *)"\0", 2);
    return hive_builder_value(builder, name, HIVE_TYPE_MULTI_SZ, bytes->data, bytes->len, FALSE);
}

static uint32_t emit_value(HiveBuilder *builder, const HiveRow *row)
{
    uint8_t number[4];
    if (g_str_has_prefix(row->text, "dword:")) {
        put_le32(number, (uint32_t)g_ascii_strtoull(row->text + 6, NULL, 16));
        return hive_builder_value(builder, row->name, HIVE_TYPE_DWORD, number, 4, FALSE);
    }
    if (g_str_has_prefix(row->text, "hex:")) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        for (const char *p = row->text + 4; p[0] && p[1]; p += 2) {
            guint8 byte = (guint8)(g_ascii_xdigit_value(p[0]) * 16 + g_ascii_xdigit_value(p[1]));
            g_byte_array_append(bytes, &byte, 1);
        }
        return hive_builder_value(builder, row->name, HIVE_TYPE_BINARY, bytes->data, bytes->len,
                                  FALSE);
    }
    if (g_str_has_prefix(row->text, "type:"))
        return hive_builder_value(builder, row->name,
                                  (uint32_t)g_ascii_strtoull(row->text + 5, NULL, 16), number, 0,
                                  FALSE);
    if (g_str_has_prefix(row->text, "multi:"))
        return emit_strings(builder, row->name, row->text + 6);
    glong units = 0;
    g_autofree gunichar2 *text = g_utf8_to_utf16(row->text, -1, NULL, &units, NULL);
    g_assert_nonnull(text);
    return hive_builder_value(builder, row->name, HIVE_TYPE_SZ, text, (size_t)(units + 1) * 2,
                              FALSE);
}

static void emit_key(HiveBuilder *builder, Node *node, uint32_t key)
{
    g_autoptr(GArray) cells = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (guint i = 0; i < node->values->len; i++) {
        uint32_t cell = emit_value(builder, g_ptr_array_index(node->values, i));
        g_array_append_val(cells, cell);
    }
    if (cells->len > 0)
        hive_builder_set_values(builder, key, (const uint32_t *)(const void *)cells->data,
                                cells->len);

    g_array_set_size(cells, 0);
    g_ptr_array_sort(node->children, compare_nodes);
    for (guint i = 0; i < node->children->len; i++) {
        Node *child = g_ptr_array_index(node->children, i);
        uint32_t cell = hive_builder_key(builder, key, child->name);
        emit_key(builder, child, cell);
        g_array_append_val(cells, cell);
    }
    if (cells->len > 0) {
        uint32_t list = hive_builder_list(builder, "lh",
                                          (const uint32_t *)(const void *)cells->data, cells->len);
        hive_builder_set_subkeys(builder, key, list, cells->len);
    }
}

GBytes *support_hive(const HiveRow *rows)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);
    Node root = {.children = g_ptr_array_new_with_free_func(node_free),
                 .values = g_ptr_array_new()};

    for (const HiveRow *row = rows; row->key; row++) {
        Node *node = &root;
        g_auto(GStrv) parts = g_strsplit(row->key, "\\", -1);
        for (guint i = 0; parts[i]; i++)
            node = node_child(node, parts[i]);
        if (row->name) {
            HiveRow *copy = g_memdup2(row, sizeof *row);
            g_ptr_array_set_free_func(node->values, g_free);
            g_ptr_array_add(node->values, copy);
        }
    }
    emit_key(builder, &root, builder->root);
    g_ptr_array_unref(root.children);
    g_ptr_array_unref(root.values);
    return hive_builder_finish(builder, 7);
}

Guest *support_inspect(VolumeSet *set, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    Guest *guest = NULL;
    gboolean ok = guest_inspect(set, NULL, findings, &guest, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return guest;
}

gboolean support_has_finding(const GPtrArray *findings, const char *code)
{
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = g_ptr_array_index(findings, i);
        if (g_str_equal(finding_code_name(finding->code), code))
            return TRUE;
    }
    return FALSE;
}
