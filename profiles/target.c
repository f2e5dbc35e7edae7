/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads target profiles: sections of key files that extend each other. */
#include "profiles/target.h"

#include <stdarg.h>

#include "base/error.h"
#include "base/nearest.h"
#include "profiles/builtin.h"
#include "profiles/key_files.h"
#include "profiles/target_keys.h"

#define EXTENDS "extends"

struct TargetProfile {
    char *name;
    char *file; /* for messages */
    guint line, extends_line;
    char *extends;                  /* NULL: nothing */
    char *values[TARGET_KEY_COUNT]; /* NULL: not said here */
    guint lines[TARGET_KEY_COUNT];
    const TargetProfile *parent;
};

struct TargetProfiles {
    GHashTable *sections; /* name → TargetProfile */
};

static void section_free(gpointer data)
{
    TargetProfile *profile = data;
    g_free(profile->name);
    g_free(profile->file);
    g_free(profile->extends);
    for (guint i = 0; i < TARGET_KEY_COUNT; i++)
        g_free(profile->values[i]);
    g_free(profile);
}

void target_profiles_free(TargetProfiles *profiles)
{
    if (!profiles)
        return;
    g_hash_table_unref(profiles->sections);
    g_free(profiles);
}

static const char **names_of_keys(void)
{
    const char **names = g_new0(const char *, TARGET_KEY_COUNT + 2);
    for (guint i = 0; i < TARGET_KEY_COUNT; i++)
        names[i] = target_key_rows[i].name;
    names[TARGET_KEY_COUNT] = EXTENDS;
    return names;
}

static gboolean set_unknown_key(const char *file, guint line, const char *section, const char *key,
                                GError **error)
{
    g_autofree const char **names = names_of_keys();
    const char *nearest = nearest_word(key, names);
    g_autofree char *hint = nearest ? g_strdup_printf("did you mean %s?", nearest)
                                    : g_strdup("all keys are in migrate-profile(5)");
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, hint, "%s:%u: [%s] has an unknown key '%s'", file,
                      line, section, key);
    return FALSE;
}

static gboolean check_value(const TargetProfile *profile, TargetKey key, GError **error)
{
    g_autofree char *expected = NULL;
    if (target_value_check(key, profile->values[key], &expected))
        return TRUE;
    const char *nearest = nearest_word(profile->values[key], target_key_rows[key].words);
    g_autofree char *hint =
        nearest ? g_strdup_printf("did you mean %s? %s", nearest, expected) : g_strdup(expected);
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, hint, "%s:%u: '%s' is no value of %s",
                      profile->file, profile->lines[key], profile->values[key],
                      target_key_rows[key].name);
    return FALSE;
}

static gboolean read_key(TargetProfile *profile, GKeyFile *keys, const char *text, const char *name,
                         GError **error)
{
    const guint line = key_file_line(text, profile->name, name);
    g_autoptr(GError) reason = NULL;
    g_autofree char *value = g_key_file_get_string(keys, profile->name, name, &reason);
    if (!value) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "%s:%u: %s", profile->file, line,
                          reason->message);
        return FALSE;
    }
    g_strstrip(value);
    if (g_str_equal(name, EXTENDS)) {
        g_free(profile->extends);
        profile->extends = g_steal_pointer(&value);
        profile->extends_line = line;
        return TRUE;
    }
    for (TargetKey key = 0; key < TARGET_KEY_COUNT; key++)
        if (g_str_equal(name, target_key_rows[key].name)) {
            g_free(profile->values[key]); /* said twice: the last one counts */
            profile->values[key] = g_steal_pointer(&value);
            profile->lines[key] = line;
            return check_value(profile, key, error);
        }
    return set_unknown_key(profile->file, line, profile->name, name, error);
}

static gboolean read_file(void *data, const char *file, const char *text, GKeyFile *keys,
                          GError **error)
{
    TargetProfiles *profiles = data;
    g_auto(GStrv) sections = g_key_file_get_groups(keys, NULL);
    for (guint i = 0; sections[i]; i++) {
        TargetProfile *profile = g_new0(TargetProfile, 1);
        profile->name = g_strdup(sections[i]);
        profile->file = g_strdup(file);
        profile->line = key_file_line(text, sections[i], NULL);
        g_hash_table_replace(profiles->sections, profile->name, profile);
        g_auto(GStrv) names = g_key_file_get_keys(keys, sections[i], NULL, NULL);
        for (guint j = 0; names[j]; j++)
            if (!read_key(profile, keys, text, names[j], error))
                return FALSE;
    }
    return TRUE;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

const char **target_profiles_names(const TargetProfiles *profiles)
{
    GPtrArray *names = g_ptr_array_new();
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, profiles->sections);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_ptr_array_add(names, name);
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

static char *make_name_hint(const TargetProfiles *profiles, const char *name)
{
    g_autofree const char **names = target_profiles_names(profiles);
    const char *nearest = nearest_word(name, names);
    g_autofree char *all = g_strjoinv(", ", (char **)(guintptr)names);
    return nearest ? g_strdup_printf("did you mean %s?", nearest)
                   : g_strdup_printf("there are %s", all);
}

static gboolean link_section(const TargetProfiles *profiles, TargetProfile *profile, GError **error)
{
    if (!profile->extends)
        return TRUE;
    TargetProfile *parent = g_hash_table_lookup(profiles->sections, profile->extends);
    if (!parent) {
        g_autofree char *hint = make_name_hint(profiles, profile->extends);
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, hint,
                          "%s:%u: [%s] extends '%s', which is no profile", profile->file,
                          profile->extends_line, profile->name, profile->extends);
        return FALSE;
    }
    for (const TargetProfile *p = parent; p; p = p->parent)
        if (p == profile) {
            drydock_error_set(error, DRYDOCK_ERROR_USAGE, "let one of the chain extend another",
                              "%s:%u: [%s] extends itself by way of '%s'", profile->file,
                              profile->extends_line, profile->name, profile->extends);
            return FALSE;
        }
    profile->parent = parent;
    return TRUE;
}

/* What only makes sense together; QEMU refuses to start otherwise. */
static gboolean check_pairs(const TargetProfile *profile, GError **error)
{
    if (target_is(profile, TARGET_DISK_IO, "native") &&
        !target_is(profile, TARGET_DISK_CACHE, "none") &&
        !target_is(profile, TARGET_DISK_CACHE, "directsync")) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "set disk-cache to none or directsync",
                          "%s:%u: [%s] has disk-io = native with disk-cache = %s", profile->file,
                          profile->line, profile->name, target_get(profile, TARGET_DISK_CACHE));
        return FALSE;
    }
    if (target_is(profile, TARGET_TPM, "crb") && target_is(profile, TARGET_TPM_VERSION, "1.2")) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "set tpm to tis, or tpm-version to 2.0",
                          "%s:%u: [%s] has tpm = crb, which is not for version 1.2", profile->file,
                          profile->line, profile->name);
        return FALSE;
    }
    if (target_is(profile, TARGET_HYPERVISOR, "qemu") &&
        (target_is(profile, TARGET_CPU, "host-passthrough") ||
         target_is(profile, TARGET_CPU, "host-model"))) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "set cpu to auto, maximum or a model",
                          "%s:%u: [%s] has cpu = %s, which needs hypervisor = kvm", profile->file,
                          profile->line, profile->name, target_get(profile, TARGET_CPU));
        return FALSE;
    }
    if (target_is(profile, TARGET_OVMF_CODE, "auto") !=
        target_is(profile, TARGET_OVMF_VARS, "auto")) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "set both, or none of them",
                          "%s:%u: [%s] has only one of ovmf-code and ovmf-vars", profile->file,
                          profile->line, profile->name);
        return FALSE;
    }
    return TRUE;
}

typedef gboolean (*SectionFunc)(const TargetProfiles *profiles, TargetProfile *profile,
                                GError **error);

static gboolean check_section(G_GNUC_UNUSED const TargetProfiles *profiles, TargetProfile *profile,
                              GError **error)
{
    return check_pairs(profile, error);
}

static gboolean for_each_section(const TargetProfiles *profiles, SectionFunc func, GError **error)
{
    g_autofree const char **names = target_profiles_names(profiles);
    for (guint i = 0; names[i]; i++)
        if (!func(profiles, g_hash_table_lookup(profiles->sections, names[i]), error))
            return FALSE;
    return TRUE;
}

TargetProfiles *target_profiles_load(const char *directory, GError **error)
{
    g_autoptr(TargetProfiles) profiles = g_new0(TargetProfiles, 1);
    profiles->sections = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, section_free);
    g_autofree char *own = directory ? g_build_filename(directory, "target", NULL) : NULL;
    const gboolean has_own = own && g_file_test(own, G_FILE_TEST_EXISTS);
    if (!key_files_read(target_builtin_files, has_own ? own : NULL, read_file, profiles, error) ||
        !for_each_section(profiles, link_section, error) ||
        !for_each_section(profiles, check_section, error))
        return NULL;
    return g_steal_pointer(&profiles);
}

const TargetProfile *target_profiles_find(const TargetProfiles *profiles, const char *name,
                                          GError **error)
{
    const char *wanted = name ? name : TARGET_DEFAULT_PROFILE;
    const TargetProfile *profile = g_hash_table_lookup(profiles->sections, wanted);
    if (profile)
        return profile;
    g_autofree char *hint = make_name_hint(profiles, wanted);
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, hint, "'%s' is no target profile", wanted);
    return NULL;
}

const char *target_get(const TargetProfile *profile, TargetKey key)
{
    for (const TargetProfile *p = profile; p; p = p->parent)
        if (p->values[key])
            return p->values[key];
    return target_key_rows[key].fallback;
}

gboolean target_is(const TargetProfile *profile, TargetKey key, const char *value)
{
    return g_str_equal(target_get(profile, key), value);
}

guint target_number(const TargetProfile *profile, TargetKey key)
{
    guint64 number = 0;
    return g_ascii_string_to_unsigned(target_get(profile, key), 10, 0, G_MAXUINT, &number, NULL)
               ? (guint)number
               : 0;
}

const char *target_key_name(TargetKey key)
{
    return target_key_rows[key].name;
}
