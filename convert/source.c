/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what the user points at to a Machine whose disks can be read. */
#include "convert/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/run.h"
#include "convert/image/nbd_uri.h"
#include "convert/config/ovf_manifest.h"
#include "convert/source_discover.h"
#include "convert/source_disk.h"
#include "disk/disk.h"

#define NAME_LIMIT_BYTES 200
#define LISTED_MACHINES_LIMIT 20

struct Source {
    SourceRequest request;
    SourceContext context;
    SourceMachine *found;
    char *own_directory; /* the work directory, when nobody gave one */
};

static void server_close(gpointer child)
{
    run_child_close(child);
}

void source_close(Source *source)
{
    if (!source)
        return;
    g_ptr_array_unref(source->context.servers);
    g_ptr_array_unref(source->context.findings);
    source_files_free(source->context.files);
    source_machine_free(source->found);
    if (source->own_directory)
        folder_remove(source->own_directory);
    g_free(source->own_directory);
    g_free(source);
}

const Machine *source_machine(const Source *source)
{
    return source->found->machine;
}

const GPtrArray *source_findings(const Source *source)
{
    return source->context.findings;
}

char *source_context_make_path(const SourceContext *context, const char *suffix)
{
    for (guint i = 0;; i++) {
        g_autofree char *name = g_strdup_printf("%u-%s", i, suffix);
        g_autofree char *path = g_build_filename(context->work_directory, name, NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&path);
    }
}

static gboolean use_work_directory(Source *source, const char *directory, GError **error)
{
    if (source->context.work_directory)
        return TRUE;
    if (!directory) {
        g_autofree char *template = g_build_filename(g_get_tmp_dir(), "drydock-XXXXXX", NULL);
        if (!g_mkdtemp_full(template, 0700)) {
            drydock_error_set_errno(error, errno, "cannot create a temporary folder in '%s'",
                                    g_get_tmp_dir());
            return FALSE;
        }
        source->own_directory = g_steal_pointer(&template);
        directory = source->own_directory;
    }
    source->context.work_directory = directory;
    source_files_set_work_directory(source->context.files, directory);
    return TRUE;
}

/* Names */

/* A title reduced to what is safe in file and domain names; NULL: nothing is left of it. */
static char *safe_name(const char *title)
{
    g_autofree char *name = g_strndup(title, NAME_LIMIT_BYTES);
    g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '_');
    if (*name == '.' || *name == '-')
        *name = '_';
    return strspn(name, "_") == strlen(name) ? NULL : g_steal_pointer(&name);
}

static char *name_from_path(const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    char *dot = strrchr(base, '.');
    if (dot && dot != base)
        *dot = '\0';
    char *name = safe_name(base);
    return name ? name : g_strdup("machine");
}

static gboolean check_name(const char *name, GError **error)
{
    g_autofree char *safe = safe_name(name);
    if (safe && g_str_equal(safe, name))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                      "use letters, digits, '.', '_' and '-', beginning with a letter or digit",
                      "'%s' cannot be the name of a machine", name);
    return FALSE;
}

static const char *place_of(const SourceMachine *found)
{
    if (found->config)
        return found->config->member ? found->config->member : found->config->path;
    const MachineDisk *disk = g_ptr_array_index(found->machine->disks, 0);
    return disk->path ? disk->path : disk->stored_name;
}

static void name_machine(SourceMachine *found)
{
    Machine *machine = found->machine;
    if (!machine->title && machine->name)
        machine->title = g_strdup(machine->name);
    g_free(machine->name);
    machine->name = machine->title ? safe_name(machine->title) : NULL;
    if (!machine->name)
        machine->name = name_from_path(place_of(found));
}

/* Opening */

static gboolean stat_source(const char *path, mode_t *ret_mode, char **ret_real, GError **error)
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
    if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name " SOURCES_KNOWN,
                          "'%s' is neither a regular file nor a disk", path);
        return FALSE;
    }
    if (S_ISREG(status.st_mode) && status.st_size == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "copy or export it again and compare the sizes", "'%s' is empty", path);
        return FALSE;
    }
    /* What lies beside it is looked for where the file itself is, not where a link to it is. */
    char *real = realpath(path, NULL);
    if (!real) {
        drydock_error_set_errno(error, errno, "cannot look at '%s'", path);
        return FALSE;
    }
    *ret_mode = status.st_mode;
    *ret_real = g_strdup(real);
    free(real);
    return TRUE;
}

/* The folder a Hyper-V configuration belongs to holds the one it lies in. */
static char *folder_of(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(directory);
    if (g_ascii_strcasecmp(name, "Virtual Machines") == 0 ||
        g_ascii_strcasecmp(name, "Snapshots") == 0)
        return g_path_get_dirname(directory);
    return g_steal_pointer(&directory);
}

static gboolean set_roots(Source *source, GPtrArray *roots, GError **error)
{
    for (const char *const *path = source->request.allow_paths; path && *path; path++)
        g_ptr_array_add(roots, g_strdup(*path));
    g_ptr_array_add(roots, NULL);
    source->context.files = source_files_new((const char *const *)roots->pdata, error);
    return source->context.files != NULL;
}

static gboolean set_root(Source *source, const char *root, GError **error)
{
    g_autoptr(GPtrArray) roots = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(roots, g_strdup(root));
    return set_roots(source, roots, error);
}

static gboolean discover_lone_disks(Source *source, GPtrArray *machines, GError **error)
{
    return use_work_directory(source, NULL, error) &&
           source_discover_lone_disks(&source->context, machines, error);
}

static gboolean open_archive(Source *source, const char *path, GPtrArray *machines, GError **error)
{
    Archive *archive = archive_open(path, error);
    if (!archive)
        return FALSE;
    source_files_free(source->context.files);
    source->context.files = source_files_new_for_archive(archive);
    return source_discover_all(&source->context, machines, error) &&
           (machines->len > 0 || discover_lone_disks(source, machines, error));
}

static gboolean open_folder(Source *source, const char *path, GPtrArray *machines, GError **error)
{
    if (!set_root(source, path, error) || !source_discover_all(&source->context, machines, error))
        return FALSE;
    if (machines->len > 0)
        return TRUE;
    g_autofree char *archive = source_discover_archive(&source->context);
    if (archive)
        return open_archive(source, archive, machines, error);
    return discover_lone_disks(source, machines, error);
}

static gboolean open_config(Source *source, const char *path, GPtrArray *machines, GError **error)
{
    g_autofree char *root = folder_of(path);
    if (!set_root(source, root, error) ||
        !source_discover_config(&source->context, path, machines, error))
        return FALSE;
    if (machines->len > 0 || source->context.findings->len == 0)
        return TRUE;
    return discover_lone_disks(source, machines, error);
}

/* Bare disks say nothing of network cards, but hardly a machine had none. Its address is made from
   name and place, in QEMU's range, so that a repeated run gives the same machine. */
static void add_default_nic(SourceMachine *found)
{
    g_autofree char *seed = g_strdup_printf("%s\n%s", found->machine->name, place_of(found));
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, seed, -1);
    machine_add_nic(found->machine)->mac =
        g_strdup_printf("52:54:00:%.2s:%.2s:%.2s", hash, hash + 2, hash + 4);
}

static gboolean open_disks(Source *source, const char *const *paths, guint count,
                           GPtrArray *machines, GError **error)
{
    SourceMachine *found = g_new0(SourceMachine, 1);
    found->machine = machine_new("disks");
    g_ptr_array_add(machines, found);
    g_autoptr(GPtrArray) roots = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < count; i++) {
        MachineDisk *disk = machine_add_disk(found->machine);
        if (nbd_uri_is(paths[i])) {
            disk->path = g_strdup(paths[i]);
            continue;
        }
        mode_t mode;
        if (!stat_source(paths[i], &mode, &disk->path, error))
            return FALSE;
        if (S_ISDIR(mode) ||
            (S_ISREG(mode) && !source->request.is_raw && source_discover_is_config(disk->path))) {
            drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                              "name it alone, or the disk images only, the boot disk first",
                              "'%s' is not a disk image", paths[i]);
            return FALSE;
        }
        g_ptr_array_add(roots, g_path_get_dirname(disk->path));
    }
    return set_roots(source, roots, error);
}

static gboolean is_archive(const char *path)
{
    g_autoptr(Disk) file = disk_open_file(path, FALSE, 512, NULL);
    uint8_t head[1024] = {0};
    size_t length = file ? (size_t)MIN(disk_size(file), sizeof(head)) : 0;
    return length > 0 && disk_read(file, 0, head, length, NULL) && archive_probe(head, length);
}

static gboolean find_machines(Source *source, const char *const *paths, guint count,
                              GPtrArray *machines, GError **error)
{
    if (count != 1 || nbd_uri_is(paths[0]))
        return open_disks(source, paths, count, machines, error);
    mode_t mode;
    g_autofree char *path = NULL;
    if (!stat_source(paths[0], &mode, &path, error))
        return FALSE;
    if (S_ISDIR(mode))
        return open_folder(source, path, machines, error);
    if (S_ISBLK(mode) || source->request.is_raw)
        return open_disks(source, paths, count, machines, error);
    if (source_discover_is_config(path))
        return open_config(source, path, machines, error);
    if (is_archive(path))
        return open_archive(source, path, machines, error);
    return open_disks(source, paths, count, machines, error);
}

/* Choosing */

static void set_nothing_found(const Source *source, const char *path, GError **error)
{
    const GPtrArray *findings = source->context.findings;
    if (findings->len > 0) {
        const Finding *finding = g_ptr_array_index(findings, 0);
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "export it again, or name its disk images, the boot disk first", "%s",
                          finding->sentence);
        return;
    }
    g_autofree char *lower = g_ascii_strdown(path, -1);
    drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                      g_str_has_suffix(lower, ".vmrs") || g_str_has_suffix(lower, ".vmcx")
                          ? "give the .vmcx file in 'Virtual Machines', or the whole export"
                          : "give " SOURCES_KNOWN,
                      "there is no machine in '%s'", path);
}

static void set_ambiguous(const GPtrArray *machines, const char *path, GError **error)
{
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < MIN(machines->len, LISTED_MACHINES_LIMIT); i++) {
        const SourceMachine *found = g_ptr_array_index(machines, i);
        g_string_append_printf(list, "\n  %s (%s)", found->machine->name, place_of(found));
    }
    if (machines->len > LISTED_MACHINES_LIMIT)
        g_string_append(list, "\n  …");
    drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                      "choose one with --name, or name its file; disks of one machine are named "
                      "one after the other",
                      "there are %u machines in '%s':%s", machines->len, path, list->str);
}

static gboolean is_called(const Machine *machine, const char *name)
{
    return g_str_equal(machine->name, name) || g_strcmp0(machine->title, name) == 0;
}

/* Of several machines the one of that name; a single one takes it. */
static gboolean choose_machine(Source *source, GPtrArray *machines, const char *path,
                               GError **error)
{
    const char *name = source->request.name;
    gint chosen = machines->len == 1 ? 0 : -1;
    for (guint i = 0; i < machines->len && machines->len > 1 && name; i++) {
        const SourceMachine *found = g_ptr_array_index(machines, i);
        if (!is_called(found->machine, name))
            continue;
        if (chosen >= 0) {
            set_ambiguous(machines, path, error);
            return FALSE;
        }
        chosen = (gint)i;
    }
    if (chosen < 0) {
        if (machines->len == 0)
            set_nothing_found(source, path, error);
        else
            set_ambiguous(machines, path, error);
        return FALSE;
    }
    source->found = g_ptr_array_steal_index(machines, (guint)chosen);
    if (source->found->findings)
        findings_merge(source->context.findings, source->found->findings);
    Machine *machine = source->found->machine;
    if (name && !is_called(machine, name)) {
        if (!check_name(name, error))
            return FALSE;
        g_free(machine->name);
        machine->name = g_strdup(name);
    }
    return TRUE;
}

static void apply_request(Source *source)
{
    const SourceRequest *request = &source->request;
    Machine *machine = source->found->machine;
    if (request->cpus > 0) {
        machine->cpus = request->cpus;
        machine->cores_per_socket = machine->threads = 0;
    }
    if (request->memory_bytes > 0) {
        machine->memory_bytes = request->memory_bytes;
        machine->memory_maximum_bytes = 0;
    }
    if (request->firmware != FIRMWARE_UNKNOWN)
        machine->firmware = request->firmware;
    if (g_str_equal(machine->kind, "disks"))
        add_default_nic(source->found);
    for (guint i = 0; i < machine->drives->len; i++) {
        const MachineDrive *drive = g_ptr_array_index(machine->drives, i);
        if (drive->medium)
            findings_add(source->context.findings, FINDING_SOURCE_MEDIUM, drive->medium);
    }
}

static void machine_drop(gpointer found)
{
    source_machine_free(found);
}

static Source *source_new(const SourceRequest *request)
{
    Source *source = g_new0(Source, 1);
    source->request = *request;
    source->context.request = &source->request;
    source->context.findings = findings_new();
    source->context.servers = g_ptr_array_new_with_free_func(server_close);
    return source;
}

static gboolean find_named_machines(Source *source, const char *const *paths, guint count,
                                    GPtrArray *machines, GError **error)
{
    if (!find_machines(source, paths, count, machines, error))
        return FALSE;
    for (guint i = 0; i < machines->len; i++)
        name_machine(g_ptr_array_index(machines, i));
    return TRUE;
}

gboolean source_list_machines(const char *path, char ***ret_names, GError **error)
{
    const SourceRequest request = {0};
    g_autoptr(Source) source = source_new(&request);
    g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func(machine_drop);
    if (!find_named_machines(source, &path, 1, machines, error))
        return FALSE;
    *ret_names = g_new0(char *, machines->len + 1);
    for (guint i = 0; i < machines->len; i++) {
        const SourceMachine *found = g_ptr_array_index(machines, i);
        (*ret_names)[i] = g_strdup(found->machine->name);
    }
    return TRUE;
}

Source *source_open(const char *const *paths, guint count, const SourceRequest *request,
                    GError **error)
{
    g_autoptr(Source) source = source_new(request);
    g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func(machine_drop);
    if (!find_named_machines(source, paths, count, machines, error))
        return NULL;
    if (!choose_machine(source, machines, paths[0], error))
        return NULL;
    apply_request(source);
    if (!nic_changes_apply(&request->nics, source->found->machine, error))
        return NULL;
    return g_steal_pointer(&source);
}

gboolean source_adopt_mac(Source *source, const char *mac)
{
    Machine *machine = source->found->machine;
    g_autofree char *known = machine_mac_normalise(mac);
    if (!known || !g_str_equal(machine->kind, "disks") || machine->nics->len != 1)
        return FALSE;
    MachineNic *nic = g_ptr_array_index(machine->nics, 0);
    char **place = nic->source_mac ? &nic->source_mac : &nic->mac;
    g_free(*place);
    *place = g_steal_pointer(&known);
    return TRUE;
}

/* Disks */

gboolean source_prepare(Source *source, const char *work_directory, GError **error)
{
    if (!use_work_directory(source, work_directory, error))
        return FALSE;
    gboolean is_package = g_str_equal(source->found->machine->kind, "ovf");
    return !is_package || ovf_manifest_check(&source->context, source->found->config, error);
}

gboolean source_open_disk(Source *source, guint index, GError **error)
{
    return source_disk_open(&source->context, source->found->config,
                            g_ptr_array_index(source->found->machine->disks, index), error);
}

gboolean source_open_disks(Source *source, const char *work_directory, GError **error)
{
    const Machine *machine = source->found->machine;
    if (machine->disks->len == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "name its disk images yourself, the boot disk first",
                          "the configuration of '%s' has no disks", machine->name);
        return FALSE;
    }
    if (!source_prepare(source, work_directory, error))
        return FALSE;
    for (guint i = 0; i < machine->disks->len; i++)
        if (!source_open_disk(source, i, error))
            return FALSE;
    return TRUE;
}
