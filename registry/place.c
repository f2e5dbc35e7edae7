/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys as people write them, taken apart. */
#include "registry/place.h"

#include <string.h>

#include "base/error.h"

static const struct {
    const char *name;
    HivePlaceRoot root;
    const char *full_name;
    const char *below; /* stands behind the root although nobody wrote it */
} roots[] = {
    {"HKLM", HIVE_PLACE_MACHINE, "HKEY_LOCAL_MACHINE", NULL},
    {"HKEY_LOCAL_MACHINE", HIVE_PLACE_MACHINE, "HKEY_LOCAL_MACHINE", NULL},
    {"HKU", HIVE_PLACE_USERS, "HKEY_USERS", NULL},
    {"HKEY_USERS", HIVE_PLACE_USERS, "HKEY_USERS", NULL},
    {"HKCU", HIVE_PLACE_CURRENT_USER, "HKEY_CURRENT_USER", NULL},
    {"HKEY_CURRENT_USER", HIVE_PLACE_CURRENT_USER, "HKEY_CURRENT_USER", NULL},
    {"HKCR", HIVE_PLACE_MACHINE, "HKEY_LOCAL_MACHINE", "SOFTWARE\\Classes"},
    {"HKEY_CLASSES_ROOT", HIVE_PLACE_MACHINE, "HKEY_LOCAL_MACHINE", "SOFTWARE\\Classes"},
};

void hive_place_clear(HivePlace *place)
{
    g_free(place->hive);
    g_free(place->mount);
    g_free(place->key);
    *place = (HivePlace){0};
}

char *hive_place_join(const char *mount, const char *key)
{
    return g_strconcat(mount, *mount != '\0' && *key != '\0' ? "\\" : "", key, NULL);
}

/* The components without empty ones. */
static char *tidy(const char *text)
{
    g_auto(GStrv) components = g_strsplit(text, "\\", -1);
    GString *path = g_string_new(NULL);
    for (gsize i = 0; components[i] != NULL; i++) {
        if (*components[i] != '\0') {
            g_string_append_printf(path, "%s%s", path->len > 0 ? "\\" : "", components[i]);
        }
    }
    return g_string_free(path, FALSE);
}

/* As Windows writes its own; another name stays as it was given. */
static char *hive_file_name(const char *path, gsize length)
{
    static const char *const names[] = {"SOFTWARE", "SYSTEM", "SAM", "SECURITY", "BCD00000000"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strlen(names[i]) == length && g_ascii_strncasecmp(path, names[i], length) == 0) {
            return g_strdup(names[i]);
        }
    }
    return g_strndup(path, length);
}

static gboolean split_hive(const char *text, const char *full_name, const char *path,
                           HivePlace *place, GError **error)
{
    gsize length = strcspn(path, "\\");
    if (length == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "name the hive as in HKLM\\SOFTWARE, HKLM\\SYSTEM or HKU\\.DEFAULT",
                          "'%s' is the root of all hives, not one of them", text);
        return FALSE;
    }
    place->hive = hive_file_name(path, length);
    place->mount = g_strdup_printf("%s\\%s", full_name, place->hive);
    place->key = g_strdup(path + length + (path[length] == '\\' ? 1 : 0));
    return TRUE;
}

gboolean hive_place_parse(const char *text, HivePlace *ret_place, GError **error)
{
    if (!g_utf8_validate(text, -1, NULL)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "the name of a key is not UTF-8");
        return FALSE;
    }
    g_autofree char *path = tidy(text);
    gsize length = strcspn(path, "\\");
    const char *rest = path + length + (path[length] == '\\' ? 1 : 0);
    *ret_place = (HivePlace){0};
    for (gsize i = 0; i < G_N_ELEMENTS(roots); i++) {
        if (strlen(roots[i].name) != length ||
            g_ascii_strncasecmp(path, roots[i].name, length) != 0) {
            continue;
        }
        ret_place->root = roots[i].root;
        if (roots[i].root != HIVE_PLACE_CURRENT_USER) {
            g_autofree char *below =
                roots[i].below != NULL ? hive_place_join(roots[i].below, rest) : g_strdup(rest);
            return split_hive(text, roots[i].full_name, below, ret_place, error);
        }
        ret_place->hive = g_strdup("");
        ret_place->mount = g_strdup(roots[i].full_name);
        ret_place->key = g_strdup(rest);
        return TRUE;
    }
    *ret_place = (HivePlace){
        .root = HIVE_PLACE_RELATIVE,
        .hive = g_strdup(""),
        .mount = g_strdup(""),
        .key = g_steal_pointer(&path),
    };
    return TRUE;
}

gboolean hive_resolve_control_set(Hive *hive, const char *key, char **ret_key, GError **error)
{
    static const char current[] = "CurrentControlSet";
    gsize length = strlen(current);
    gboolean found = FALSE;
    uint32_t number = 0;
    if (g_ascii_strncasecmp(key, current, length) == 0 &&
        (key[length] == '\\' || key[length] == '\0') &&
        !hive_read_dword(hive, "Select", "Current", &found, &number, error)) {
        return FALSE;
    }
    *ret_key = found ? g_strdup_printf("ControlSet%03u%s", number, key + length) : g_strdup(key);
    return TRUE;
}
