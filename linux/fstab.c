/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fstab(5) and crypttab(5), edited in place: one field of a line changes, spacing and comments
 * stay. */
#include "linux/fstab.h"

#include <string.h>

#include "inspect/crypttab.h"

#define BLANKS " \t"
#define OPTIONS_FIELD 3u /* of both */

/* One field of a line, by number; FALSE if the line has fewer. */
static gboolean find_field(const char *line, guint number, const char **ret_start,
                           size_t *ret_length)
{
    const char *field = line + strspn(line, BLANKS);

    for (; number > 0 && *field != '\0'; number--) {
        field += strcspn(field, BLANKS);
        field += strspn(field, BLANKS);
    }
    *ret_start = field;
    *ret_length = strcspn(field, BLANKS "\r");
    return *ret_length > 0;
}

/* "": the line has fewer. */
static char *get_field(const char *line, guint number)
{
    const char *start = NULL;
    size_t length = 0;

    return find_field(line, number, &start, &length) ? g_strndup(start, length) : g_strdup("");
}

static gboolean field_is_one_of(const char *line, guint number, const char *const *words)
{
    g_autofree char *field = get_field(line, number);

    return g_strv_contains(words, field);
}

static gboolean has_option(const char *line, const char *const *options)
{
    g_autofree char *field = get_field(line, OPTIONS_FIELD);
    g_auto(GStrv) words = g_strsplit(field, ",", -1);

    for (guint i = 0; words[i] != NULL; i++)
        if (g_strv_contains(options, words[i]))
            return TRUE;
    return FALSE;
}

/* A CD or floppy drive has a name that no volume of ours stands for. */
static gboolean is_removable(const char *line)
{
    static const char *const types[] = {"iso9660", "udf", "udf,iso9660", "iso9660,udf", NULL};
    g_autofree char *mount_point = get_field(line, 1);

    return g_str_has_prefix(mount_point, "/media/") ||
           g_str_has_prefix(mount_point, "/mnt/cdrom") || field_is_one_of(line, 2, types);
}

/* Folders that VMware, VirtualBox and Parallels share with a guest. */
static gboolean is_shared_folder(const char *line)
{
    static const char *const types[] = {"vmhgfs", "fuse.vmhgfs-fuse", "vboxsf",
                                        "prl_fs", "fuse.prl_fsd",     NULL};

    return field_is_one_of(line, 2, types);
}

/* TRUE: every volume that the disks have is known, so what is not among them does not exist. */
static gboolean sees_all_volumes(const Guest *guest)
{
    const VolumeSet *set = guest->volumes;

    if (set == NULL || (set->unmapped != NULL && set->unmapped->len > 0))
        return FALSE;
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = set->volumes->pdata[i];
        const char *type = volume->probe->type, *usage = volume->probe->usage;

        if (!volume->is_member && (g_strcmp0(usage, "crypto") == 0 ||
                                   g_strcmp0(usage, "raid") == 0 || g_strcmp0(type, "bcache") == 0))
            return FALSE;
    }
    return TRUE;
}

static gboolean is_missing_identifier(const Guest *guest, const char *spec)
{
    static const char *const prefixes[] = {
        "UUID=",
        "LABEL=",
        "PARTUUID=",
        "PARTLABEL=",
        "/dev/disk/by-uuid/",
        "/dev/disk/by-label/",
        "/dev/disk/by-partuuid/",
        "/dev/disk/by-partlabel/",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(spec, prefixes[i]))
            return sees_all_volumes(guest) &&
                   crypttab_find_source(guest->volumes, guest->root, spec) == NULL;
    return FALSE;
}

/* The guest starts without it already, or waits for the network to bring it. */
static gboolean is_tolerated(const char *line)
{
    static const char *const options[] = {"nofail", "noauto", "_netdev", NULL};

    return has_option(line, options);
}

/* The line with "nofail" among its options. */
static char *tolerate(const char *line)
{
    static const char *const fillers[] = {"none", "none", "none"};
    const char *start = NULL;
    size_t length = 0;

    if (find_field(line, OPTIONS_FIELD, &start, &length)) {
        g_autofree char *before = g_strndup(line, (gsize)(start - line) + length);

        return g_strconcat(before, ",nofail", start + length, NULL);
    }

    size_t end = strcspn(line, "\r");
    g_autofree char *text = g_strndup(line, end);
    g_autoptr(GString) out = g_string_new(g_strchomp(text));

    for (guint number = 2; number < OPTIONS_FIELD; number++)
        if (!find_field(line, number, &start, &length))
            g_string_append_printf(out, " %s", fillers[number]);
    return g_strconcat(out->str, " nofail", line + end, NULL);
}

typedef struct {
    const Guest *guest;
    StorageNames *names;
    guint field; /* which one names the volume */
    gboolean (*is_ignored)(const char *line);
    gboolean (*is_needed)(const char *line); /* the guest cannot start without it */
    gboolean (*goes_by_partition)(const char *line);
} Rewriting;

/* What is to stand for name in line; NULL: it stays. */
static char *find_stable(const Rewriting *rewriting, const char *line, const char *name)
{
    char *stable = NULL;

    if (!rewriting->goes_by_partition(line))
        stable = device_name_stable(rewriting->guest, name, STABLE_BY_UUID);
    return stable != NULL ? stable : device_name_stable(rewriting->guest, name, STABLE_BY_PARTUUID);
}

static char *rewrite_line(const Rewriting *rewriting, const char *line)
{
    const char *start = NULL;
    size_t length = 0;

    if (line[strspn(line, BLANKS)] == '#' || !find_field(line, rewriting->field, &start, &length))
        return g_strdup(line);

    g_autofree char *name = g_strndup(start, length);

    if (device_name_is_unstable(name)) {
        g_autofree char *stable = find_stable(rewriting, line, name);

        if (stable != NULL) {
            g_autofree char *before = g_strndup(line, (gsize)(start - line));

            return g_strconcat(before, stable, start + length, NULL);
        }
        if (rewriting->is_ignored(line))
            return g_strdup(line);
        g_ptr_array_add(rewriting->names->unknown, g_steal_pointer(&name));
    } else if (!rewriting->is_ignored(line) && !is_tolerated(line) &&
               (is_shared_folder(line) || is_missing_identifier(rewriting->guest, name))) {
        g_ptr_array_add(rewriting->names->gone, g_steal_pointer(&name));
    } else {
        return g_strdup(line);
    }
    return rewriting->is_needed(line) || is_tolerated(line) ? g_strdup(line) : tolerate(line);
}

static char *rewrite(const Rewriting *rewriting, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *out = g_string_new(NULL);

    for (guint i = 0; lines[i] != NULL; i++) {
        g_autofree char *line = rewrite_line(rewriting, lines[i]);

        if (i > 0)
            g_string_append_c(out, '\n');
        g_string_append(out, line);
    }
    return g_string_free(out, FALSE);
}

static gboolean never(const char *line G_GNUC_UNUSED)
{
    return FALSE;
}

static gboolean is_system_mount(const char *line)
{
    static const char *const mount_points[] = {"/", "/usr", NULL};

    return field_is_one_of(line, 1, mount_points);
}

char *fstab_rewrite(const char *text, const Guest *guest, StorageNames *names)
{
    const Rewriting rewriting = {guest, names, 0, is_removable, is_system_mount, never};

    return rewrite(&rewriting, text);
}

/* Encrypted with a key that is forgotten at every stop. */
static gboolean is_volatile(const char *line)
{
    static const char *const keys[] = {"/dev/urandom", "/dev/random", "/dev/hwrng", NULL};
    static const char *const options[] = {"plain", "swap", "tmp", NULL};

    return field_is_one_of(line, 2, keys) || has_option(line, options);
}

char *crypttab_rewrite(const char *text, const Guest *guest, StorageNames *names)
{
    const Rewriting rewriting = {guest, names, 1, never, never, is_volatile};

    return rewrite(&rewriting, text);
}

gboolean fstab_plan(LinuxPlan *plan, GError **error)
{
    static const char reason[] = "device names change with the disk controller; UUIDs stay";
    static const StorageFile files[] = {
        {"/etc/fstab", fstab_rewrite, reason, FINDING_LINUX_DEVICE_NAME_UNKNOWN},
        {"/etc/crypttab", crypttab_rewrite, reason, FINDING_LINUX_DEVICE_NAME_UNKNOWN},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        if (!storage_file_plan(plan, &files[i], error))
            return FALSE;
    return TRUE;
}
