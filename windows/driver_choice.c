/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates are ordered (folder, TargetOS, version) and the first acceptable one of each name
 * wins. */
#include "windows/driver_choice.h"

#include <string.h>

#include "windows/driver_directory.h"

/* PCI devices by role: transitional and virtio 1.0 ids, vendor 1AF4 (virtio 1.2, 4.1.2). */
static const struct {
    DriverRole role;
    const char *legacy, *modern;
} role_table[] = {
    {DRIVER_ROLE_BLOCK, "PCI\\VEN_1AF4&DEV_1001", "PCI\\VEN_1AF4&DEV_1042"},
    {DRIVER_ROLE_SCSI, "PCI\\VEN_1AF4&DEV_1004", "PCI\\VEN_1AF4&DEV_1048"},
    {DRIVER_ROLE_NET, "PCI\\VEN_1AF4&DEV_1000", "PCI\\VEN_1AF4&DEV_1041"},
};

/* Packages that are not staged. */
static const struct {
    const char *name, *reason;
    const char *superseded_by; /* NULL: always left out */
} skip_table[] = {
    {"vioprot", "a network protocol, which Plug and Play does not install", NULL},
    {"qemufwcfg", "fwcfg drives the same device", "fwcfg"},
};

typedef struct {
    char *name, *path, *directory;
    InfDriver *driver;
    GPtrArray *sources; /* files the INF names, paths in the tree */
    DriverRole role;
    guint directory_rank, infs_beside;
} Candidate;

typedef struct {
    const DriverTree *tree;
    const DriverTarget *target;
    const char *const *folders;
    GHashTable *files;     /* lower-case path → path as stored */
    GHashTable *inf_count; /* folder → number of INFs in it */
    GPtrArray *candidates;
    DriverChoice *choice;
} Search;

static void candidate_free(void *data)
{
    Candidate *candidate = data;

    g_free(candidate->name);
    g_free(candidate->path);
    g_free(candidate->directory);
    inf_driver_free(candidate->driver);
    if (candidate->sources)
        g_ptr_array_unref(candidate->sources);
    g_free(candidate);
}

static void chosen_free(void *data)
{
    ChosenDriver *chosen = data;

    g_free(chosen->name);
    g_free(chosen->inf_path);
    inf_driver_free(chosen->driver);
    g_ptr_array_unref(chosen->files);
    g_free(chosen);
}

void driver_choice_free(DriverChoice *choice)
{
    if (!choice)
        return;
    g_ptr_array_unref(choice->drivers);
    g_ptr_array_unref(choice->considered);
    g_ptr_array_unref(choice->refused);
    g_free(choice);
}

static void note(Search *search, const char *path, const char *reason)
{
    g_ptr_array_add(search->choice->considered, g_strdup_printf("%s: %s", path, reason));
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

/* The path as stored of a file beside the INF; NULL: not in the tree. */
static const char *find_beside(const Search *search, const char *directory, const char *name)
{
    g_autofree char *path = g_strconcat(directory, name, NULL);
    g_autofree char *folded = g_ascii_strdown(path, -1);

    return g_hash_table_lookup(search->files, folded);
}

static void append_source(const Search *search, Candidate *candidate, const char *name)
{
    const char *path = *name ? find_beside(search, candidate->directory, name) : NULL;

    if (path && !g_ptr_array_find_with_equal_func(candidate->sources, path, g_str_equal, NULL))
        g_ptr_array_add(candidate->sources, g_strdup(path));
}

static void collect_sources(const Search *search, const Inf *inf, Candidate *candidate)
{
    g_autoptr(GPtrArray) listed = inf_list_source_files(inf);

    candidate->sources = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(candidate->sources, g_strdup(candidate->path));
    append_source(search, candidate, candidate->driver->catalog);
    for (guint i = 0; i < listed->len; i++)
        append_source(search, candidate, g_ptr_array_index(listed, i));
    for (guint i = 0; i < candidate->driver->installs->len; i++) {
        const InfInstall *install = g_ptr_array_index(candidate->driver->installs, i);

        for (guint j = 0; j < install->files->len; j++)
            append_source(search, candidate,
                          ((const InfFile *)g_ptr_array_index(install->files, j))->source);
    }
}

static void consider(Search *search, const char *path)
{
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Inf) inf = NULL;
    g_autoptr(InfDriver) driver = NULL;
    g_autofree char *reason = NULL;
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    gboolean is_legacy_only;
    Candidate *candidate;
    guint rank;

    if (!driver_directory_rank(path, search->folders, search->target->inf.architecture, &rank))
        return; /* half of every collection: not worth a note */
    if (!driver_tree_read(search->tree, path, &bytes, &error) ||
        !(inf = inf_parse(bytes, path, &error))) {
        note(search, path, error->message);
        return;
    }
    driver = inf_driver_new(inf, &search->target->inf, &reason);
    if (!driver) {
        note(search, path, reason);
        return;
    }
    candidate = g_new0(Candidate, 1);
    candidate->role = find_role(driver, &is_legacy_only);
    candidate->driver = g_steal_pointer(&driver);
    candidate->name = g_ascii_strdown(file, (gssize)strlen(file) - 4);
    candidate->path = g_strdup(path);
    candidate->directory = g_strndup(path, (gsize)(file - path));
    candidate->directory_rank = rank;
    candidate->infs_beside =
        GPOINTER_TO_UINT(g_hash_table_lookup(search->inf_count, candidate->directory));
    collect_sources(search, inf, candidate);
    g_ptr_array_add(search->candidates, candidate);
}

static int compare_numbers(guint64 a, guint64 b)
{
    return a < b ? -1 : a > b;
}

static int compare_candidates(const void *a, const void *b)
{
    const Candidate *left = *(const Candidate *const *)a, *right = *(const Candidate *const *)b;
    int order = strcmp(left->name, right->name);

    if (!order)
        order = compare_numbers(left->directory_rank, right->directory_rank);
    if (!order)
        order = compare_numbers(right->driver->target_rank, left->driver->target_rank);
    if (!order)
        order =
            compare_numbers(inf_driver_version(right->driver), inf_driver_version(left->driver));
    /* The same build in several layouts: the folder of that driver alone is the whole package. */
    if (!order)
        order = compare_numbers(left->infs_beside, right->infs_beside);
    return order ? order : strcmp(left->path, right->path);
}

char *inf_service_file_name(const InfService *service)
{
    const char *slash = strrchr(service->binary, '\\');

    return g_strdup(slash ? slash + 1 : service->binary);
}

static const InfService *find_function_service(const InfDriver *driver)
{
    for (guint i = 0; i < driver->installs->len; i++) {
        const InfInstall *install = g_ptr_array_index(driver->installs, i);

        for (guint j = 0; j < install->services->len; j++) {
            const InfService *service = g_ptr_array_index(install->services, j);

            if (service->is_function_driver)
                return service;
        }
    }
    return NULL;
}

const InfService *chosen_driver_service(const ChosenDriver *chosen)
{
    return find_function_service(chosen->driver);
}

static gboolean read_signature(const Search *search, const char *path, gboolean is_catalog,
                               PeSignature *ret_signature, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;

    if (!driver_tree_read(search->tree, path, &bytes, error))
        return FALSE;
    return is_catalog ? pe_signature_read_catalog(bytes, ret_signature, error)
                      : pe_signature_read(bytes, ret_signature, error);
}

/* A boot driver is judged by the signature in its file: the catalogue is not readable that early.
   Everything else is judged by its catalogue, as Plug and Play does. */
static gboolean is_loadable(const Search *search, const Candidate *candidate, char **ret_reason)
{
    gboolean boots = candidate->role == DRIVER_ROLE_BLOCK || candidate->role == DRIVER_ROLE_SCSI;
    const InfService *service = find_function_service(candidate->driver);
    g_autofree char *name = service ? inf_service_file_name(service) : NULL;
    g_autoptr(GError) error = NULL;
    PeSignature signature;
    const char *path;

    if (!boots) {
        path = find_beside(search, candidate->directory, candidate->driver->catalog);
        if (!path)
            return TRUE;
        if (!read_signature(search, path, TRUE, &signature, &error)) {
            *ret_reason = g_strdup(error->message);
            return FALSE;
        }
        return driver_policy_accepts(search->target, candidate->driver->catalog, &signature,
                                     ret_reason);
    }
    path = name ? find_beside(search, candidate->directory, name) : NULL;
    if (!path) {
        *ret_reason = g_strdup_printf("its driver file '%s' is missing", name ? name : "");
        return FALSE;
    }
    if (!read_signature(search, path, FALSE, &signature, &error)) {
        *ret_reason = g_strdup(error->message);
        return FALSE;
    }
    if (!driver_policy_machine_fits(search->target, &signature)) {
        *ret_reason = g_strdup_printf("%s is for another processor", name);
        return FALSE;
    }
    return driver_policy_accepts(search->target, name, &signature, ret_reason);
}

/* The whole folder when it is this driver's own, else what the INF names. */
static GPtrArray *list_package(const Search *search, const Candidate *candidate)
{
    const char *const *paths = driver_tree_list(search->tree);
    size_t length = strlen(candidate->directory);
    GPtrArray *files;

    if (candidate->infs_beside != 1)
        return g_ptr_array_ref(candidate->sources);
    files = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; paths[i]; i++) {
        if (strncmp(paths[i], candidate->directory, length) == 0 && !strchr(paths[i] + length, '/'))
            g_ptr_array_add(files, g_strdup(paths[i]));
    }
    return files;
}

static void choose(Search *search, Candidate *candidate)
{
    ChosenDriver *chosen = g_new0(ChosenDriver, 1);

    chosen->name = g_strdup(candidate->name);
    chosen->role = find_role(candidate->driver, &chosen->is_legacy_only);
    chosen->inf_path = g_strdup(candidate->path);
    chosen->files = list_package(search, candidate);
    chosen->driver = g_steal_pointer(&candidate->driver);
    g_ptr_array_add(search->choice->drivers, chosen);
}

/* candidates[first, end) have the same name. */
static void choose_among(Search *search, guint first, guint end)
{
    const char *winner = NULL;

    for (guint i = first; i < end; i++) {
        Candidate *candidate = g_ptr_array_index(search->candidates, i);
        g_autofree char *reason = NULL;

        if (winner) {
            reason = g_strdup_printf("%s fits better", winner);
        } else if (candidate->directory_rank >= DRIVER_DIRECTORY_FOREIGN &&
                   candidate->role == DRIVER_ROLE_OTHER) {
            reason = g_strdup("in the folder of another Windows");
        } else if (is_loadable(search, candidate, &reason)) {
            winner = candidate->path;
            choose(search, candidate);
            continue;
        } else if (candidate->role != DRIVER_ROLE_OTHER &&
                   candidate->directory_rank < DRIVER_DIRECTORY_FOREIGN) {
            g_ptr_array_add(search->choice->refused,
                            g_strdup_printf("%s: %s", candidate->path, reason));
        }
        note(search, candidate->path, reason);
    }
}

static void drop_skipped(Search *search)
{
    GPtrArray *drivers = search->choice->drivers;

    for (guint i = 0; i < G_N_ELEMENTS(skip_table); i++) {
        gboolean superseded = skip_table[i].superseded_by == NULL;
        guint index = drivers->len;

        for (guint j = 0; j < drivers->len; j++) {
            const ChosenDriver *chosen = g_ptr_array_index(drivers, j);

            if (g_str_equal(chosen->name, skip_table[i].name))
                index = j;
            superseded |= g_strcmp0(chosen->name, skip_table[i].superseded_by) == 0;
        }
        if (superseded && index < drivers->len) {
            const ChosenDriver *chosen = g_ptr_array_index(drivers, index);

            note(search, chosen->inf_path, skip_table[i].reason);
            g_ptr_array_remove_index(drivers, index);
        }
    }
}

static gboolean is_inf(const char *path)
{
    size_t length = strlen(path);

    return length > 4 && g_ascii_strcasecmp(path + length - 4, ".inf") == 0;
}

static void index_tree(Search *search)
{
    const char *const *paths = driver_tree_list(search->tree);

    for (guint i = 0; paths[i]; i++) {
        const char *slash = strrchr(paths[i], '/');
        char *directory;
        guint count;

        g_hash_table_insert(search->files, g_ascii_strdown(paths[i], -1), g_strdup(paths[i]));
        if (!is_inf(paths[i]))
            continue;
        directory = g_strndup(paths[i], slash ? (gsize)(slash - paths[i] + 1) : 0);
        count = GPOINTER_TO_UINT(g_hash_table_lookup(search->inf_count, directory));
        g_hash_table_insert(search->inf_count, directory, GUINT_TO_POINTER(count + 1));
    }
}

DriverChoice *driver_choice_new(const DriverTree *tree, const DriverTarget *target,
                                const char *const *folders)
{
    DriverChoice *choice = g_new0(DriverChoice, 1);
    const char *const *paths = driver_tree_list(tree);
    g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) candidates = g_ptr_array_new_with_free_func(candidate_free);
    Search search = {tree, target, folders, files, counts, candidates, choice};

    choice->drivers = g_ptr_array_new_with_free_func(chosen_free);
    choice->considered = g_ptr_array_new_with_free_func(g_free);
    choice->refused = g_ptr_array_new_with_free_func(g_free);
    index_tree(&search);
    for (guint i = 0; paths[i]; i++) {
        if (is_inf(paths[i]))
            consider(&search, paths[i]);
    }
    g_ptr_array_sort(candidates, compare_candidates);
    for (guint first = 0, end; first < candidates->len; first = end) {
        const Candidate *candidate = g_ptr_array_index(candidates, first);

        for (end = first + 1; end < candidates->len; end++) {
            if (!g_str_equal(((const Candidate *)g_ptr_array_index(candidates, end))->name,
                             candidate->name))
                break;
        }
        choose_among(&search, first, end);
    }
    drop_skipped(&search);
    return choice;
}

const ChosenDriver *driver_choice_find(const DriverChoice *choice, DriverRole role)
{
    for (guint i = 0; i < choice->drivers->len; i++) {
        const ChosenDriver *chosen = g_ptr_array_index(choice->drivers, i);

        if (chosen->role == role)
            return chosen;
    }
    return NULL;
}
