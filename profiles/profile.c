/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads profiles: sections of key files with inheritance, checked when they are loaded. */
#include "profiles/profile.h"

#include "base/error.h"
#include "profiles/builtin.h"
#include "profiles/key_files.h"
#include "profiles/match.h"

/* Every key a section may have; profile.h says what each means. */
static const char *const known_keys[] = {
    "like",      "match",   "name",        "osinfo", "disk-bus",
    "nic-model", "machine", "virtio-dirs", "quirks", NULL,
};

static const char *const quirk_names[QUIRK_COUNT] = {
    [QUIRK_AC97] = "ac97",
    [QUIRK_ACTIVATION] = "activation",
    [QUIRK_BOOT_SECTOR_HEADS] = "boot-sector-heads",
    [QUIRK_FIXED_HAL] = "fixed-hal",
    [QUIRK_HARDWARE_WIZARD] = "hardware-wizard",
    [QUIRK_NO_DISK_POLICY] = "no-disk-policy",
    [QUIRK_NO_GUEST_AGENT] = "no-guest-agent",
    [QUIRK_NO_HYPERV] = "no-hyperv",
    [QUIRK_NO_USB3] = "no-usb3",
    [QUIRK_PROCESSOR_DRIVERS] = "processor-drivers",
    [QUIRK_SHA1_SIGNATURES] = "sha1-signatures",
    [QUIRK_UEFI_VGA] = "uefi-vga",
};

struct Profile {
    char *name;
    char *file;         /* for messages */
    GHashTable *values; /* key → value */
    const Profile *parent;
    Match *match; /* NULL: only there to be inherited from */
    gboolean is_inherited;
};

struct Profiles {
    gatomicrefcount references;
    GPtrArray *sections; /* of Profile, as read */
};

static void profile_free(gpointer data)
{
    Profile *profile = data;
    g_free(profile->name);
    g_free(profile->file);
    g_hash_table_unref(profile->values);
    match_free(profile->match);
    g_free(profile);
}

Profiles *profiles_ref(Profiles *profiles)
{
    g_atomic_ref_count_inc(&profiles->references);
    return profiles;
}

void profiles_free(Profiles *profiles)
{
    if (!profiles || !g_atomic_ref_count_dec(&profiles->references))
        return;
    g_ptr_array_unref(profiles->sections);
    g_free(profiles);
}

static Profile *find_section(const Profiles *profiles, const char *name, guint *ret_index)
{
    for (guint i = 0; i < profiles->sections->len; i++) {
        Profile *profile = g_ptr_array_index(profiles->sections, i);
        if (g_str_equal(profile->name, name)) {
            if (ret_index)
                *ret_index = i;
            return profile;
        }
    }
    return NULL;
}

static gboolean section_error(const Profile *profile, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean section_error(const Profile *profile, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "profile [%s] in %s: %s", profile->name,
                      profile->file, message);
    return FALSE;
}

static gboolean check_quirks(const Profile *profile, GError **error)
{
    g_auto(GStrv) words = profile_get_list(profile, "quirks");
    for (guint i = 0; words[i]; i++) {
        guint known = 0;
        while (known < QUIRK_COUNT && !g_str_equal(quirk_names[known], words[i]))
            known++;
        if (known == QUIRK_COUNT)
            return section_error(profile, error, "unknown quirk '%s'", words[i]);
    }
    return TRUE;
}

static gboolean read_section(Profiles *profiles, GKeyFile *key_file, const char *file,
                             const char *name, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(key_file, name, NULL, error);
    if (!keys)
        return FALSE;

    Profile *profile = g_new0(Profile, 1);
    profile->name = g_strdup(name);
    profile->file = g_strdup(file);
    profile->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    guint index;
    if (find_section(profiles, name, &index)) {
        profile_free(profiles->sections->pdata[index]);
        profiles->sections->pdata[index] = profile;
    } else {
        g_ptr_array_add(profiles->sections, profile);
    }

    for (guint i = 0; keys[i]; i++) {
        if (!g_strv_contains(known_keys, keys[i]))
            return section_error(profile, error, "unknown key '%s'", keys[i]);
        char *value = g_key_file_get_string(key_file, name, keys[i], error);
        if (!value)
            return FALSE;
        g_hash_table_replace(profile->values, g_strdup(keys[i]), g_strstrip(value));
    }
    return check_quirks(profile, error);
}

static gboolean read_file(void *data, const char *file, G_GNUC_UNUSED const char *text,
                          GKeyFile *keys, GError **error)
{
    Profiles *profiles = data;
    g_auto(GStrv) names = g_key_file_get_groups(keys, NULL);
    for (guint i = 0; names[i]; i++)
        if (!read_section(profiles, keys, file, names[i], error))
            return FALSE;
    return TRUE;
}

static gboolean link_section(Profiles *profiles, Profile *profile, GError **error)
{
    const char *line = g_hash_table_lookup(profile->values, "match");
    if (line) {
        profile->match = match_parse(line, error);
        if (!profile->match) {
            g_prefix_error(error, "profile [%s] in %s: ", profile->name, profile->file);
            return FALSE;
        }
    }

    const char *like = g_hash_table_lookup(profile->values, "like");
    if (!like)
        return TRUE;
    Profile *parent = find_section(profiles, like, NULL);
    if (!parent)
        return section_error(profile, error, "like = %s: there is no such section", like);
    for (const Profile *p = parent; p; p = p->parent)
        if (p == profile)
            return section_error(profile, error, "like = %s: inherits from itself", like);
    parent->is_inherited = TRUE;
    profile->parent = parent;
    return TRUE;
}

static gboolean check_sections(const Profiles *profiles, GError **error)
{
    for (guint i = 0; i < profiles->sections->len; i++) {
        const Profile *profile = g_ptr_array_index(profiles->sections, i);
        if (!profile->match && !profile->is_inherited)
            return section_error(profile, error, "is never used: no match, and nothing is like it");
        for (guint j = 0; profile->match && j < i; j++) {
            const Profile *other = g_ptr_array_index(profiles->sections, j);
            if (other->match && match_can_tie(profile->match, other->match))
                return section_error(profile, error, "matches the same systems as [%s]",
                                     other->name);
        }
    }
    return TRUE;
}

Profiles *profiles_load(const char *directory, GError **error)
{
    g_autoptr(Profiles) profiles = g_new0(Profiles, 1);
    g_atomic_ref_count_init(&profiles->references);
    profiles->sections = g_ptr_array_new_with_free_func(profile_free);

    if (!key_files_read(profile_builtin_files, directory, read_file, profiles, error))
        return NULL;

    for (guint i = 0; i < profiles->sections->len; i++)
        if (!link_section(profiles, g_ptr_array_index(profiles->sections, i), error))
            return NULL;
    if (!check_sections(profiles, error))
        return NULL;
    return g_steal_pointer(&profiles);
}

const Profile *profiles_match(const Profiles *profiles, const char *const *facts)
{
    const Profile *best = NULL;
    for (guint i = 0; i < profiles->sections->len; i++) {
        const Profile *profile = g_ptr_array_index(profiles->sections, i);
        if (!profile->match || !match_is_met(profile->match, facts))
            continue;
        if (!best || match_key_count(profile->match) > match_key_count(best->match))
            best = profile;
    }
    return best;
}

const char *profile_name(const Profile *profile)
{
    return profile->name;
}

const char *profile_get(const Profile *profile, const char *key)
{
    for (const Profile *p = profile; p; p = p->parent) {
        const char *value = g_hash_table_lookup(p->values, key);
        if (value)
            return value;
    }
    return NULL;
}

char **profile_get_list(const Profile *profile, const char *key)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    const char *value = profile_get(profile, key);
    g_auto(GStrv) words = g_strsplit_set(value ? value : "", " \t", -1);
    for (guint i = 0; words[i]; i++)
        if (words[i][0])
            g_ptr_array_add(list, g_strdup(words[i]));
    g_ptr_array_add(list, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
}

const char *profile_quirk_name(ProfileQuirk quirk)
{
    return quirk_names[quirk];
}

gboolean profile_has_quirk(const Profile *profile, ProfileQuirk quirk)
{
    g_auto(GStrv) words = profile_get_list(profile, "quirks");
    return g_strv_contains((const char *const *)words, quirk_names[quirk]);
}
