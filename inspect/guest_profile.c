/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest's section of profiles/, and what it says. */
#include "inspect/system.h"

void guest_match_profile(Guest *guest, const char *const *facts)
{
    if (guest->profile_section)
        return;
    guest->profile_section = profiles_match(guest->profiles, facts);
    if (guest->profile_section)
        guest->profile = g_strdup(profile_name(guest->profile_section));
}

const char *guest_profile_get(const Guest *guest, const char *key)
{
    return guest->profile_section ? profile_get(guest->profile_section, key) : NULL;
}

gboolean guest_has_quirk(const Guest *guest, ProfileQuirk quirk)
{
    return guest->profile_section && profile_has_quirk(guest->profile_section, quirk);
}

void guest_set_osinfo(Guest *guest, const char *version)
{
    const char *pattern = guest_profile_get(guest, "osinfo");
    if (!pattern)
        return;
    g_auto(GStrv) parts = g_strsplit(version ? version : "", ".", -1);
    const char *major = parts[0];
    const char *minor = major ? parts[1] : NULL;
    const struct {
        const char *placeholder, *value;
    } rows[] = {{"{version}", version}, {"{major}", major}, {"{minor}", minor}};

    g_autoptr(GString) id = g_string_new(pattern);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!strstr(pattern, rows[i].placeholder))
            continue;
        if (!rows[i].value || !*rows[i].value)
            return;
        g_string_replace(id, rows[i].placeholder, rows[i].value, 0);
    }
    guest->osinfo_id = g_strdup(id->str);
}
