/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates are ordered (named, folder, TargetOS, version) and the first acceptable one of each
   name wins. */
#include "windows/driver_choice.h"

#include <string.h>

#include "base/error.h"
#include "windows/driver_candidate.h"
#include "windows/driver_directory.h"

/* Packages of a collection that are not staged. */
static const struct {
    const char *name, *reason;
    const char *superseded_by; /* NULL: always left out */
} skip_table[] = {
    {"vioprot", "a network protocol, which Plug and Play does not install", NULL},
    {"qemufwcfg", "fwcfg drives the same device", "fwcfg"},
};

/* Of one named folder, in the error about it. */
#define REASONS_LIMIT 3u

typedef struct {
    const DriverTarget *target;
    const char *const *folders;
    GPtrArray *candidates;
    DriverChoice *choice;
} Search;

static void chosen_free(void *data)
{
    ChosenDriver *chosen = data;

    g_free(chosen->name);
    g_free(chosen->inf_path);
    g_free(chosen->boot_file);
    inf_driver_free(chosen->driver);
    g_ptr_array_unref(chosen->files);
    g_free(chosen);
}

static void considered_free(void *data)
{
    DriverConsidered *considered = data;

    g_free(considered->path);
    g_free(considered->version);
    g_free(considered->date);
    g_free(considered->reason);
    g_free(considered);
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

static void consider(Search *search, const DriverIndex *index, const char *path)
{
    DriverConsidered *considered = g_new0(DriverConsidered, 1);
    DriverCandidate *candidate;
    guint rank;

    considered->tree = index->tree;
    considered->path = g_strdup(path);
    g_ptr_array_add(search->choice->considered, considered);
    if (!driver_directory_rank(path, search->folders, search->target->inf.architecture, &rank)) {
        considered->is_foreign = TRUE;
        considered->reason = g_strdup("in a folder for another processor");
        return;
    }
    candidate =
        driver_candidate_new(index, path, search->target, rank, considered, &considered->reason);
    if (candidate)
        g_ptr_array_add(search->candidates, candidate);
}

static void consider_tree(Search *search, const DriverIndex *index)
{
    const char *const *paths = driver_tree_list(index->tree);

    for (guint i = 0; paths[i]; i++) {
        if (driver_path_is_inf(paths[i]))
            consider(search, index, paths[i]);
    }
}

static void choose(Search *search, DriverCandidate *candidate)
{
    ChosenDriver *chosen = g_new0(ChosenDriver, 1);

    chosen->name = g_strdup(candidate->name);
    chosen->role = candidate->role;
    chosen->tree = candidate->index->tree;
    chosen->is_legacy_only = candidate->is_legacy_only;
    chosen->is_named = candidate->index->is_named;
    chosen->boots = candidate->boots;
    chosen->boot_file = g_strdup(candidate->boot_file);
    chosen->inf_path = g_strdup(candidate->path);
    chosen->files = driver_candidate_list_files(candidate);
    chosen->driver = g_steal_pointer(&candidate->driver);
    g_ptr_array_add(search->choice->drivers, chosen);
}

static void refuse(Search *search, const DriverCandidate *candidate)
{
    if (candidate->role != DRIVER_ROLE_OTHER || candidate->index->is_named)
        g_ptr_array_add(search->choice->refused,
                        g_strdup_printf("%s: %s", candidate->path, candidate->considered->reason));
}

/* candidates[first, end) have the same name. */
static void choose_among(Search *search, guint first, guint end)
{
    const char *winner = NULL;

    for (guint i = first; i < end; i++) {
        DriverCandidate *candidate = g_ptr_array_index(search->candidates, i);
        DriverConsidered *considered = candidate->considered;

        if (winner) {
            considered->reason = g_strdup_printf("%s fits better", winner);
        } else if (candidate->directory_rank >= DRIVER_DIRECTORY_FOREIGN &&
                   candidate->role == DRIVER_ROLE_OTHER && !candidate->index->is_named) {
            considered->reason = g_strdup("in the folder of another Windows");
        } else if (driver_candidate_is_loadable(candidate, search->target, &considered->reason)) {
            winner = candidate->path;
            considered->is_taken = TRUE;
            choose(search, candidate);
        } else {
            refuse(search, candidate);
        }
    }
}

/* The first of each name is mostly the one that is taken. */
static void announce(const Search *search, const DriverTree *tree)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    const char *name = "";

    for (guint i = 0; i < search->candidates->len; i++) {
        const DriverCandidate *candidate = g_ptr_array_index(search->candidates, i);
        const char *path = driver_candidate_signed_file(candidate);

        if (path && candidate->index->tree == tree && !g_str_equal(name, candidate->name))
            g_ptr_array_add(paths, (char *)(uintptr_t)path);
        name = candidate->name;
    }
    driver_tree_prefetch(tree, paths);
}

static void choose_all(Search *search)
{
    const GPtrArray *candidates = search->candidates;

    for (guint first = 0, end; first < candidates->len; first = end) {
        const DriverCandidate *candidate = g_ptr_array_index(candidates, first);

        for (end = first + 1; end < candidates->len; end++) {
            const DriverCandidate *other = g_ptr_array_index(candidates, end);

            if (!g_str_equal(other->name, candidate->name))
                break;
        }
        choose_among(search, first, end);
    }
}

/* Takes back what was chosen. */
static void drop(DriverChoice *choice, guint index, const char *reason)
{
    const ChosenDriver *chosen = g_ptr_array_index(choice->drivers, index);

    for (guint i = 0; i < choice->considered->len; i++) {
        DriverConsidered *considered = g_ptr_array_index(choice->considered, i);

        if (considered->tree != chosen->tree || !g_str_equal(considered->path, chosen->inf_path))
            continue;
        considered->is_taken = FALSE;
        g_free(considered->reason);
        considered->reason = g_strdup(reason);
    }
    g_ptr_array_remove_index(choice->drivers, index);
}

static void drop_skipped(DriverChoice *choice)
{
    for (guint i = 0; i < G_N_ELEMENTS(skip_table); i++) {
        gboolean superseded = !skip_table[i].superseded_by;
        guint index = choice->drivers->len;

        for (guint j = 0; j < choice->drivers->len; j++) {
            const ChosenDriver *chosen = g_ptr_array_index(choice->drivers, j);

            if (g_str_equal(chosen->name, skip_table[i].name) && !chosen->is_named)
                index = j;
            superseded |= g_strcmp0(chosen->name, skip_table[i].superseded_by) == 0;
        }
        if (superseded && index < choice->drivers->len)
            drop(choice, index, skip_table[i].reason);
    }
}

/* Two drivers for the disk the guest starts from: the one the user names stays. */
static void drop_replaced(DriverChoice *choice)
{
    for (guint i = 0; i < choice->drivers->len; i++) {
        const ChosenDriver *named = g_ptr_array_index(choice->drivers, i);

        if (!named->is_named || named->role == DRIVER_ROLE_OTHER)
            continue;
        for (guint j = choice->drivers->len; j-- > 0;) {
            const ChosenDriver *other = g_ptr_array_index(choice->drivers, j);
            g_autofree char *reason = g_strdup_printf("%s drives the same device", named->inf_path);

            if (other->role != named->role || other->is_named)
                continue;
            drop(choice, j, reason);
            i -= j < i;
        }
    }
}

DriverChoice *driver_choice_new(const DriverSources *sources, const DriverTarget *target,
                                const char *const *folders)
{
    DriverChoice *choice = g_new0(DriverChoice, 1);
    g_autoptr(GPtrArray) candidates =
        g_ptr_array_new_with_free_func((GDestroyNotify)driver_candidate_free);
    guint named_count = sources->named ? sources->named->len : 0, count = 0;
    g_autofree DriverIndex *indices = g_new0(DriverIndex, named_count + 1);
    Search search = {target, folders, candidates, choice};

    choice->drivers = g_ptr_array_new_with_free_func(chosen_free);
    choice->considered = g_ptr_array_new_with_free_func(considered_free);
    choice->refused = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < named_count; i++)
        driver_index_init(&indices[count++], g_ptr_array_index(sources->named, i), TRUE);
    if (sources->collection)
        driver_index_init(&indices[count++], sources->collection, FALSE);
    for (guint i = 0; i < count; i++)
        consider_tree(&search, &indices[i]);
    g_ptr_array_sort(candidates, driver_candidate_compare);
    for (guint i = 0; i < count; i++)
        announce(&search, indices[i].tree);
    choose_all(&search);
    drop_skipped(choice);
    drop_replaced(choice);
    for (guint i = 0; i < count; i++)
        driver_index_clear(&indices[i]);
    return choice;
}

static gboolean gave_driver(const DriverChoice *choice, const DriverTree *tree)
{
    for (guint i = 0; i < choice->drivers->len; i++) {
        if (((const ChosenDriver *)g_ptr_array_index(choice->drivers, i))->tree == tree)
            return TRUE;
    }
    return FALSE;
}

gboolean driver_choice_check_named(const DriverChoice *choice, const DriverSources *sources,
                                   const DriverTarget *target, GError **error)
{
    for (guint i = 0; sources->named && i < sources->named->len; i++) {
        const DriverTree *tree = g_ptr_array_index(sources->named, i);
        g_autoptr(GString) reasons = NULL;
        guint count = 0;

        if (gave_driver(choice, tree))
            continue;
        reasons = g_string_new(NULL);
        for (guint j = 0; j < choice->considered->len && count < REASONS_LIMIT; j++) {
            const DriverConsidered *considered = g_ptr_array_index(choice->considered, j);

            if (considered->tree == tree)
                g_string_append_printf(reasons, "%s%s: %s", count++ ? "; " : "", considered->path,
                                       considered->reason);
        }
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "name a folder with a signed driver for this Windows and processor, or "
                          "leave out --driver",
                          "no driver of '%s' is for Windows %u.%u build %u on %s: %s",
                          driver_tree_path(tree), target->inf.major, target->inf.minor,
                          target->inf.build, inf_architecture_name(target->inf.architecture),
                          reasons->str);
        return FALSE;
    }
    return TRUE;
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

const InfService *chosen_driver_service(const ChosenDriver *chosen)
{
    return inf_driver_find_function_service(chosen->driver);
}
