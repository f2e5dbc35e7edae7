/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that inspect/ and fs/ find on disks, for volume_table.py:
       volume-contents [-k ID=SECRET]… [-d FOLDER] DISK…
   prints one line for each volume, file and finding, fields separated by tabs, names escaped as in
   C. -d: what volumes of layers and decrypted ones hold goes to FOLDER/NUMBER, with holes. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/finding.h"
#include "fs/uml.h"
#include "inspect/volume.h"

#define BLOCK_BYTES ((size_t)1 << 20)
#define DEPTH_LIMIT 64
/* Of a larger file the first and the last block are read. */
#define LARGE_BYTES ((uint64_t)64 << 20)

static UmlProcess *processes[FS_KERNEL_LEVELS];

static int connect_kernel(void *data, GError **error)
{
    UmlProcess **started = data;
    while (*started)
        started++;
    *started = uml_process_start(error);
    return *started ? uml_process_connect(*started, error) : -1;
}

/* NULL as "-". */
static char *field(const char *text)
{
    return text ? g_strescape(text, NULL) : g_strdup("-");
}

static char *digest_file(Fs *fs, const char *path, GError **error)
{
    FsFile *file = NULL;
    if (!fs_file_open(fs, path, &file, error))
        return NULL;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree uint8_t *block = g_malloc(BLOCK_BYTES);
    uint64_t size = fs_file_size(file);
    gboolean ok = TRUE;
    uint64_t step = size > LARGE_BYTES ? size - BLOCK_BYTES : BLOCK_BYTES;
    for (uint64_t at = 0; ok && at < size; at += step) {
        size_t length = (size_t)MIN(BLOCK_BYTES, size - at);
        ok = fs_file_read(file, at, block, length, error);
        if (ok)
            g_checksum_update(sum, block, (gssize)length);
    }
    fs_file_close(file);
    return ok ? g_strdup(g_checksum_get_string(sum)) : NULL;
}

/* A file's digest, a link's target; or why there is none. */
static char *content(Fs *fs, const char *path, FsFileType type)
{
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    if (type == FS_TYPE_FILE)
        text = digest_file(fs, path, &error);
    else if (type == FS_TYPE_SYMLINK && fs_read_link(fs, path, &text, &error)) {
        char *raw = text;
        text = g_strescape(raw, NULL);
        g_free(raw);
    }
    if (error) {
        g_autofree char *reason = field(error->message);
        return g_strconcat("error: ", reason, NULL);
    }
    return text ? text : g_strdup("-");
}

static void print_folder(Fs *fs, guint number, const char *path, guint depth);

static void print_entry(Fs *fs, guint number, const char *folder, const FsEntry *entry, guint depth)
{
    static const char *const types[] = {"file", "folder", "link", "other"};
    g_autofree char *path = g_build_path("/", folder, entry->name, NULL);
    g_autofree char *name = field(path);
    g_autoptr(GError) error = NULL;
    FsStat stat = {.type = FS_TYPE_OTHER};
    gboolean found = FALSE;
    if (!fs_stat(fs, path, &found, &stat, &error) || !found) {
        g_autofree char *reason = field(error ? error->message : "not there");
        g_print("file\t%u\t%s\tunreadable\t0\t%s\n", number, name, reason);
        return;
    }
    g_autofree char *digest = content(fs, path, stat.type);
    g_print("file\t%u\t%s\t%s\t%" G_GUINT64_FORMAT "\t%s\n", number, name, types[stat.type],
            stat.type == FS_TYPE_FILE ? stat.size_bytes : 0, digest);
    if (stat.type == FS_TYPE_DIRECTORY && depth < DEPTH_LIMIT)
        print_folder(fs, number, path, depth + 1);
}

static void print_folder(Fs *fs, guint number, const char *path, guint depth)
{
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) error = NULL;
    if (!fs_list(fs, path, &entries, &error)) {
        g_autofree char *name = field(path), *reason = field(error->message);
        g_print("file\t%u\t%s\tunreadable\t0\t%s\n", number, name, reason);
        return;
    }
    for (guint i = 0; i < entries->len; i++)
        print_entry(fs, number, path, g_ptr_array_index(entries, i), depth);
}

static gboolean is_zero(const uint8_t *block, size_t length)
{
    return block[0] == 0 && memcmp(block, block + 1, length - 1) == 0;
}

static void dump(const Volume *volume, const char *path)
{
    g_autofree uint8_t *block = g_malloc(BLOCK_BYTES);
    uint64_t size = disk_size(volume->disk);
    g_autoptr(GError) error = NULL;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        g_error("cannot write %s", path);
    for (uint64_t at = 0; at < size; at += BLOCK_BYTES) {
        size_t length = (size_t)MIN(BLOCK_BYTES, size - at);
        if (!disk_read(volume->disk, at, block, length, &error))
            g_error("%s: %s", volume->name, error->message);
        if (!is_zero(block, length) && pwrite(fd, block, length, (off_t)at) != (ssize_t)length)
            g_error("cannot write %s", path);
    }
    close(fd);
}

static void print_volume(const Volume *volume, guint number, const char *folder)
{
    const VolumeProbe *probe = volume->probe;
    g_autofree char *name = field(volume->name), *type = field(probe->type);
    g_autofree char *uuid = field(probe->uuid), *label = field(probe->label);
    gboolean dumped = folder && (volume->layer != VOLUME_ON_DISK || volume->encryption);
    g_print("volume\t%u\t%s\t%s\t%s\t%s\t%s\t%s\t%u\t%" G_GUINT64_FORMAT "\t%" G_GUINT64_FORMAT
            "\t%s\n",
            number, name, type, uuid, label, volume->encryption ? volume->encryption : "-",
            volume->fs ? fs_driver_name(volume->fs) : "-", volume->disk_index,
            volume->partition ? volume->partition->start_bytes : 0, disk_size(volume->disk),
            dumped ? "dumped" : "-");
    if (dumped) {
        g_autofree char *path = g_strdup_printf("%s/%u", folder, number);
        dump(volume, path);
    }
    if (volume->fs)
        print_folder(volume->fs, number, "/", 0);
}

static void add_key(KeyRing *keys, const char *text)
{
    const char *secret = strchr(text, '=');
    g_autofree char *id = secret ? g_strndup(text, (gsize)(secret - text)) : NULL;
    g_autoptr(GError) error = NULL;
    if (!secret || !key_ring_add(keys, id, (const uint8_t *)secret + 1, strlen(secret + 1), &error))
        g_error("no key: %s", text);
}

int main(int argc, char **argv)
{
    g_autoptr(KeyRing) keys = key_ring_new();
    g_autoptr(GPtrArray) disks = g_ptr_array_new_with_free_func((GDestroyNotify)(void *)disk_unref);
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(FsKernel) kernel = fs_kernel_new(connect_kernel, processes);
    g_autoptr(VolumeSet) set = NULL;
    g_autoptr(GError) error = NULL;
    const char *folder = NULL;
    for (int i = 1; i < argc; i++) {
        if (g_str_equal(argv[i], "-k") && i + 1 < argc)
            add_key(keys, argv[++i]);
        else if (g_str_equal(argv[i], "-d") && i + 1 < argc)
            folder = argv[++i];
        else {
            Disk *disk = disk_open_file(argv[i], FALSE, 512, &error);
            if (!disk)
                g_error("%s", error->message);
            g_ptr_array_add(disks, disk);
        }
    }
    if (!volume_set_open_with_kernel(disks, keys, FS_OPEN_DEFAULT, kernel, findings, &set,
                                     &error)) {
        g_print("error\t%s\n", error->message);
    } else {
        for (guint i = 0; i < set->volumes->len; i++)
            print_volume(g_ptr_array_index(set->volumes, i), i, folder);
        for (guint i = 0; i < findings->len; i++) {
            const Finding *finding = g_ptr_array_index(findings, i);
            g_print("finding\t%s\t%s\n", finding_code_name(finding->code), finding->sentence);
        }
    }
    g_clear_pointer(&set, volume_set_free);
    g_clear_pointer(&kernel, fs_kernel_free);
    for (guint i = 0; i < G_N_ELEMENTS(processes); i++)
        g_clear_pointer(&processes[i], uml_process_stop);
    return 0;
}
