/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads os-release(5) and what distributions had before it. */
#include "inspect/os_release.h"

#include <string.h>

#include "inspect/text_file.h"

void os_release_clear(OsRelease *release)
{
    g_free(release->id);
    g_free(release->id_like);
    g_free(release->version_id);
    g_free(release->pretty_name);
    *release = (OsRelease){0};
}

char *shell_file_get(const char *text, const char *key)
{
    g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
    size_t length = strlen(key);
    char *value = NULL;

    /* The last assignment wins, as in a shell. */
    for (guint i = 0; lines[i]; i++) {
        const char *line = g_strchug(lines[i]);
        if (strncmp(line, key, length) != 0 || line[length] != '=')
            continue;
        g_auto(GStrv) words = NULL;
        if (line[length + 1] == '\0' || !g_shell_parse_argv(line + length + 1, NULL, &words, NULL))
            continue;
        g_free(value);
        value = g_strdup(words[0]);
    }
    return value;
}

static void parse_os_release(const char *text, OsRelease *release)
{
    release->id = shell_file_get(text, "ID");
    release->id_like = shell_file_get(text, "ID_LIKE");
    release->version_id = shell_file_get(text, "VERSION_ID");
    release->pretty_name = shell_file_get(text, "PRETTY_NAME");
}

/* The first run of digits and dots behind text. */
static char *find_version(const char *text)
{
    const char *start = text + strcspn(text, "0123456789");
    size_t length = strspn(start, "0123456789.");
    while (length > 0 && start[length - 1] == '.')
        length--;
    return length > 0 ? g_strndup(start, length) : NULL;
}

static void parse_redhat(const char *text, OsRelease *release)
{
    static const struct {
        const char *start, *id;
    } rows[] = {
        {"CentOS", "centos"},
        {"Fedora", "fedora"},
        {"Scientific Linux", "scientific"},
        {"Oracle Linux", "ol"},
        {"Enterprise Linux Enterprise Linux", "ol"}, /* Oracle before 5.8 */
        {"AlmaLinux", "almalinux"},
        {"Rocky Linux", "rocky"},
        {"Amazon Linux", "amzn"},
        {"Mageia", "mageia"},
        {"Red Hat", "rhel"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows) && !release->id; i++)
        if (g_str_has_prefix(text, rows[i].start))
            release->id = g_strdup(rows[i].id);
    if (!release->id)
        release->id_like = g_strdup("rhel");
    const char *number = strstr(text, "release");
    release->version_id = find_version(number ? number : text);
}

/* "SUSE Linux Enterprise Server 11 (x86_64)", then VERSION and PATCHLEVEL. */
static void parse_suse(const char *text, OsRelease *release)
{
    release->id = g_strdup(g_str_has_prefix(text, "openSUSE")                  ? "opensuse"
                           : g_str_has_prefix(text, "SUSE Linux Enterprise D") ? "sled"
                                                                               : "sles");
    const char *version = strstr(text, "\nVERSION");
    const char *level = strstr(text, "\nPATCHLEVEL");
    release->version_id = find_version(version ? version : text);
    g_autofree char *patch = level ? find_version(level) : NULL;
    if (patch && release->version_id && !strchr(release->version_id, '.')) {
        char *joined = g_strconcat(release->version_id, ".", patch, NULL);
        g_free(release->version_id);
        release->version_id = joined;
    }
}

static void parse_lsb(const char *text, OsRelease *release)
{
    g_autofree char *id = shell_file_get(text, "DISTRIB_ID");
    release->id = id ? g_ascii_strdown(id, -1) : NULL;
    release->version_id = shell_file_get(text, "DISTRIB_RELEASE");
    release->pretty_name = shell_file_get(text, "DISTRIB_DESCRIPTION");
}

static void parse_debian(const char *text, OsRelease *release)
{
    release->id = g_strdup("debian");
    release->version_id = find_version(text);
}

static void parse_alpine(const char *text, OsRelease *release)
{
    release->id = g_strdup("alpine");
    release->version_id = find_version(text);
}

static void parse_arch(const char *text G_GNUC_UNUSED, OsRelease *release)
{
    release->id = g_strdup("arch");
}

static void parse_gentoo(const char *text, OsRelease *release)
{
    release->id = g_strdup("gentoo");
    release->version_id = find_version(text);
}

static void parse_slackware(const char *text, OsRelease *release)
{
    release->id = g_strdup("slackware");
    release->version_id = find_version(text);
}

/* In order: a distribution often keeps the files of the one it was made from. */
static const struct {
    const char *path;
    void (*parse)(const char *text, OsRelease *release);
    gboolean first_line_is_name;
} sources[] = {
    {"/etc/os-release", parse_os_release, FALSE},
    {"/usr/lib/os-release", parse_os_release, FALSE},
    {"/etc/oracle-release", parse_redhat, TRUE},
    {"/etc/enterprise-release", parse_redhat, TRUE},
    {"/etc/centos-release", parse_redhat, TRUE},
    {"/etc/redhat-release", parse_redhat, TRUE},
    {"/etc/SuSE-release", parse_suse, TRUE},
    {"/etc/alpine-release", parse_alpine, FALSE},
    {"/etc/arch-release", parse_arch, FALSE},
    {"/etc/gentoo-release", parse_gentoo, TRUE},
    {"/etc/slackware-version", parse_slackware, TRUE},
    {"/etc/lsb-release", parse_lsb, FALSE},
    {"/etc/debian_version", parse_debian, FALSE},
};

gboolean os_release_exists(FsTree *tree)
{
    for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_autoptr(GError) error = NULL;
        gboolean found;
        FsStat stat;
        if (!fs_tree_stat_link(tree, sources[i].path, &found, &stat, &error))
            g_debug("%s: %s", sources[i].path, error->message);
        else if (found)
            return TRUE;
    }
    return FALSE;
}

gboolean os_release_read(FsTree *tree, OsRelease *ret_release, GError **error)
{
    g_auto(OsRelease) release = {0};

    for (guint i = 0; i < G_N_ELEMENTS(sources) && !release.id; i++) {
        g_autofree char *text = NULL;
        if (!inspect_read_text(tree, sources[i].path, &text, error))
            return FALSE;
        if (!text)
            continue;
        os_release_clear(&release);
        sources[i].parse(text, &release);
        if (sources[i].first_line_is_name)
            release.pretty_name = g_strstrip(g_strndup(text, strcspn(text, "\r\n")));
    }
    *ret_release = release;
    release = (OsRelease){0};
    return TRUE;
}
