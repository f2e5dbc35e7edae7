/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an INF and its files are worth to a guest. */
#include "windows/driver_candidate.h"

#include <string.h>

/* PCI devices by role: transitional and virtio 1.0 ids, vendor 1AF4 (virtio 1.2, 4.1.2). */
static const struct {
    DriverRole role;
    const char *legacy, *modern;
} role_table[] = {
    {DRIVER_ROLE_BLOCK, "PCI\\VEN_1AF4&DEV_1001", "PCI\\VEN_1AF4&DEV_1042"},
    {DRIVER_ROLE_SCSI, "PCI\\VEN_1AF4&DEV_1004", "PCI\\VEN_1AF4&DEV_1048"},
    {DRIVER_ROLE_NET, "PCI\\VEN_1AF4&DEV_1000", "PCI\\VEN_1AF4&DEV_1041"},
};

/* Setup classes of the controllers that disks hang on: SCSIAdapter and hdc. */
static const char *const storage_classes[] = {
    "{4d36e97b-e325-11ce-bfc1-08002be10318}",
    "{4d36e96a-e325-11ce-bfc1-08002be10318}",
};

#define SERVICE_BOOT_START 0u

gboolean driver_path_is_inf(const char *path)
{
    size_t length = strlen(path);

    return length > 4 && g_ascii_strcasecmp(path + length - 4, ".inf") == 0;
}

void driver_index_init(DriverIndex *index, const DriverTree *tree, gboolean is_named)
{
    const char *const *paths = driver_tree_list(tree);

    index->tree = tree;
    index->is_named = is_named;
    index->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    index->inf_count = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; paths[i]; i++) {
        const char *slash = strrchr(paths[i], '/');
        char *directory;
        guint count;

        g_hash_table_insert(index->files, g_ascii_strdown(paths[i], -1), g_strdup(paths[i]));
        if (!driver_path_is_inf(paths[i]))
            continue;
        directory = g_strndup(paths[i], slash ? (gsize)(slash - paths[i] + 1) : 0);
        count = GPOINTER_TO_UINT(g_hash_table_lookup(index->inf_count, directory));
        g_hash_table_insert(index->inf_count, directory, GUINT_TO_POINTER(count + 1));
    }
}

void driver_index_clear(DriverIndex *index)
{
    g_clear_pointer(&index->files, g_hash_table_unref);
    g_clear_pointer(&index->inf_count, g_hash_table_unref);
}

void driver_candidate_free(DriverCandidate *candidate)
{
    if (!candidate)
        return;
    g_free(candidate->name);
    g_free(candidate->path);
    g_free(candidate->directory);
    inf_driver_free(candidate->driver);
    g_clear_pointer(&candidate->sources, g_ptr_array_unref);
    g_free(candidate);
}

static gboolean has_device(const InfDriver *driver, const char *device)
{
    for (guint i = 0; i < driver->models->len; i++) {
        const InfModel *model = g_ptr_array_index(driver->models, i);

        for (guint j = 0; j < model->ids->len; j++) {
            if (g_str_has_prefix(g_ptr_array_index(model->ids, j), device))
                return TRUE;
        }
    }
    return FALSE;
}

static DriverRole find_role(const InfDriver *driver, gboolean *ret_is_legacy_only)
{
    *ret_is_legacy_only = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(role_table); i++) {
        gboolean modern = has_device(driver, role_table[i].modern);

        if (modern || has_device(driver, role_table[i].legacy)) {
            *ret_is_legacy_only = !modern;
            return role_table[i].role;
        }
    }
    return DRIVER_ROLE_OTHER;
}

/* The controller of a disk the guest could have to start from. */
static gboolean is_boot_storage(const InfDriver *driver)
{
    const InfService *service = inf_driver_find_function_service(driver);

    if (!service || service->start != SERVICE_BOOT_START)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(storage_classes); i++) {
        if (g_ascii_strcasecmp(driver->class_guid, storage_classes[i]) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The path as stored of a file beside the INF; NULL: not in the tree. */
static const char *find_beside(const DriverIndex *index, const char *directory, const char *name)
{
    g_autofree char *path = g_strconcat(directory, name, NULL);
    g_autofree char *folded = g_ascii_strdown(path, -1);

    return g_hash_table_lookup(index->files, folded);
}

static void append_source(DriverCandidate *candidate, const char *name)
{
    const char *path = *name ? find_beside(candidate->index, candidate->directory, name) : NULL;

    if (path && !g_ptr_array_find_with_equal_func(candidate->sources, path, g_str_equal, NULL))
        g_ptr_array_add(candidate->sources, g_strdup(path));
}

static void collect_sources(const Inf *inf, const GPtrArray *includes, DriverCandidate *candidate)
{
    g_autoptr(GPtrArray) listed = inf_list_source_files(inf);

    candidate->sources = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(candidate->sources, g_strdup(candidate->path));
    append_source(candidate, candidate->driver->catalog);
    for (guint i = 0; i < includes->len; i++)
        append_source(candidate, g_ptr_array_index(includes, i));
    for (guint i = 0; i < listed->len; i++)
        append_source(candidate, g_ptr_array_index(listed, i));
    for (guint i = 0; i < candidate->driver->installs->len; i++) {
        const InfInstall *install = g_ptr_array_index(candidate->driver->installs, i);

        for (guint j = 0; j < install->files->len; j++)
            append_source(candidate,
                          ((const InfFile *)g_ptr_array_index(install->files, j))->source);
    }
}

static Inf *read_inf(const DriverTree *tree, const char *path, char **ret_reason)
{
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    Inf *inf = driver_tree_read(tree, path, &bytes, &error) ? inf_parse(bytes, path, &error) : NULL;

    if (!inf)
        *ret_reason = g_strdup(error->message);
    return inf;
}

/* What an INF includes and is not beside it, the guest has among its own. */
static gboolean append_includes(const DriverIndex *index, const char *directory,
                                const GPtrArray *names, Inf *inf, char **ret_reason)
{
    for (guint i = 0; i < names->len; i++) {
        const char *path = find_beside(index, directory, g_ptr_array_index(names, i));
        g_autoptr(Inf) included = NULL;

        if (!path || g_str_equal(path, inf_name(inf)))
            continue;
        included = read_inf(index->tree, path, ret_reason);
        if (!included)
            return FALSE;
        inf_append(inf, included);
    }
    return TRUE;
}

DriverCandidate *driver_candidate_new(const DriverIndex *index, const char *path,
                                      const DriverTarget *target, guint directory_rank,
                                      DriverConsidered *considered, char **ret_reason)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    g_autofree char *directory = g_strndup(path, (gsize)(file - path));
    g_autoptr(Inf) inf = read_inf(index->tree, path, ret_reason);
    g_autoptr(GPtrArray) includes = NULL;
    DriverCandidate *candidate;
    InfDriver *driver;
    guint16 version[4];

    if (!inf)
        return NULL;
    inf_read_version(inf, version);
    considered->date = inf_date_text(inf_read_date(inf));
    considered->version = inf_version_text(version);
    includes = inf_list_includes(inf);
    if (!append_includes(index, directory, includes, inf, ret_reason))
        return NULL;
    driver = inf_driver_new(inf, &target->inf, ret_reason);
    if (!driver)
        return NULL;
    candidate = g_new0(DriverCandidate, 1);
    candidate->index = index;
    candidate->considered = considered;
    candidate->role = find_role(driver, &candidate->is_legacy_only);
    candidate->boots = candidate->role == DRIVER_ROLE_BLOCK ||
                       candidate->role == DRIVER_ROLE_SCSI ||
                       (index->is_named && is_boot_storage(driver));
    candidate->driver = driver;
    candidate->name = g_ascii_strdown(file, (gssize)strlen(file) - 4);
    candidate->path = g_strdup(path);
    candidate->directory = g_steal_pointer(&directory);
    candidate->directory_rank = directory_rank;
    candidate->infs_beside =
        GPOINTER_TO_UINT(g_hash_table_lookup(index->inf_count, candidate->directory));
    collect_sources(inf, includes, candidate);
    return candidate;
}

static int compare_numbers(guint64 a, guint64 b)
{
    return a < b ? -1 : a > b;
}

int driver_candidate_compare(const void *a, const void *b)
{
    const DriverCandidate *left = *(const DriverCandidate *const *)a;
    const DriverCandidate *right = *(const DriverCandidate *const *)b;
    int order = strcmp(left->name, right->name);

    /* What the user names beats what a collection has. */
    if (!order)
        order = (int)right->index->is_named - (int)left->index->is_named;
    if (!order)
        order = compare_numbers(left->directory_rank, right->directory_rank);
    if (!order)
        order = compare_numbers(right->driver->target_rank, left->driver->target_rank);
    if (!order)
        order =
            compare_numbers(inf_driver_version(right->driver), inf_driver_version(left->driver));
    if (!order)
        order = compare_numbers(right->driver->date, left->driver->date);
    /* The same build in several layouts: the folder of that driver alone is the whole package. */
    if (!order)
        order = compare_numbers(left->infs_beside, right->infs_beside);
    return order ? order : strcmp(left->path, right->path);
}

static gboolean read_signature(const DriverTree *tree, const char *path, gboolean is_catalog,
                               PeSignature *ret_signature, char **ret_reason)
{
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    gboolean ok = driver_tree_read(tree, path, &bytes, &error) &&
                  (is_catalog ? pe_signature_read_catalog(bytes, ret_signature, &error)
                              : pe_signature_read(bytes, ret_signature, &error));

    if (!ok)
        *ret_reason = g_strdup(error->message);
    return ok;
}

/* The path in the tree of the file that is copied to name; NULL: none. */
static const char *find_source_of(const DriverCandidate *candidate, const char *name)
{
    for (guint i = 0; i < candidate->driver->installs->len; i++) {
        const InfInstall *install = g_ptr_array_index(candidate->driver->installs, i);

        for (guint j = 0; j < install->files->len; j++) {
            const InfFile *file = g_ptr_array_index(install->files, j);

            if (g_ascii_strcasecmp(file->target, name) == 0)
                return find_beside(candidate->index, candidate->directory, file->source);
        }
    }
    return find_beside(candidate->index, candidate->directory, name);
}

const char *driver_candidate_signed_file(const DriverCandidate *candidate)
{
    const InfService *service = inf_driver_find_function_service(candidate->driver);
    g_autofree char *name = service ? inf_service_file_name(service) : NULL;

    if (candidate->boots)
        return name ? find_source_of(candidate, name) : NULL;
    return *candidate->driver->catalog
               ? find_beside(candidate->index, candidate->directory, candidate->driver->catalog)
               : NULL;
}

/* As Plug and Play does, which installs it. */
static gboolean judge_catalog(const DriverCandidate *candidate, const DriverTarget *target,
                              char **ret_reason)
{
    const char *catalog = candidate->driver->catalog;
    const char *path = driver_candidate_signed_file(candidate);
    const PeSignature unsigned_package = {.signer = PE_SIGNER_NONE};
    PeSignature signature;

    if (!path) {
        *ret_reason = *catalog ? g_strdup_printf("its catalogue '%s' is missing", catalog)
                               : g_strdup("it names no catalogue");
        return !candidate->index->is_named ||
               driver_policy_accepts(target, candidate->path, &unsigned_package, NULL);
    }
    return read_signature(candidate->index->tree, path, TRUE, &signature, ret_reason) &&
           driver_policy_accepts(target, catalog, &signature, ret_reason);
}

/* By the signature in the file: the catalogue is not readable that early. */
static gboolean judge_boot_driver(DriverCandidate *candidate, const DriverTarget *target,
                                  char **ret_reason)
{
    const InfService *service = inf_driver_find_function_service(candidate->driver);
    g_autofree char *name = service ? inf_service_file_name(service) : NULL;
    const char *path = driver_candidate_signed_file(candidate);
    PeSignature signature;

    candidate->boot_file = path;
    if (!path) {
        *ret_reason = name ? g_strdup_printf("its driver file '%s' is missing", name)
                           : g_strdup("it names no service for its device");
        return FALSE;
    }
    if (!read_signature(candidate->index->tree, path, FALSE, &signature, ret_reason))
        return FALSE;
    if (!driver_policy_machine_fits(target, &signature)) {
        *ret_reason = g_strdup_printf("%s is for another processor", name);
        return FALSE;
    }
    return driver_policy_accepts(target, name, &signature, ret_reason);
}

gboolean driver_candidate_is_loadable(DriverCandidate *candidate, const DriverTarget *target,
                                      char **ret_reason)
{
    return candidate->boots ? judge_boot_driver(candidate, target, ret_reason)
                            : judge_catalog(candidate, target, ret_reason);
}

/* A collection's whole folder when it is this driver's own, else what the INF names. */
GPtrArray *driver_candidate_list_files(const DriverCandidate *candidate)
{
    const char *const *paths = driver_tree_list(candidate->index->tree);
    size_t length = strlen(candidate->directory);
    GPtrArray *files;

    if (candidate->infs_beside != 1 || candidate->index->is_named)
        return g_ptr_array_ref(candidate->sources);
    files = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; paths[i]; i++) {
        if (strncmp(paths[i], candidate->directory, length) == 0 && !strchr(paths[i] + length, '/'))
            g_ptr_array_add(files, g_strdup(paths[i]));
    }
    return files;
}
