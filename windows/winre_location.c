/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a Windows guest keeps its recovery environment. ReAgent.xml (Windows 7 to 11) names it by
   folder, byte offset of its partition, and identifier of the disk: guid on GPT, id on MBR. */
#include "windows/winre_location.h"

#include <string.h>

#include "base/error.h"
#include "fs/path.h"

#define IMAGE_NAME "Winre.wim"
#define USUAL_PATH "/Recovery/WindowsRE/" IMAGE_NAME

void winre_location_clear(WinreLocation *location)
{
    g_free(location->path);
    *location = (WinreLocation){0};
}

/* What <WinreLocation> says. */
typedef struct {
    char *path;
    char *disk_guid; /* without braces, lower case */
    uint64_t offset_bytes;
    uint64_t disk_id;
} ReAgent;

static void re_agent_clear(ReAgent *agent)
{
    g_free(agent->path);
    g_free(agent->disk_guid);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReAgent, re_agent_clear)

static uint64_t parse_number(const char *text)
{
    guint64 number;
    return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number, NULL) ? number : 0;
}

static void read_element(G_GNUC_UNUSED GMarkupParseContext *context, const char *element,
                         const char **names, const char **values, gpointer data,
                         G_GNUC_UNUSED GError **error)
{
    ReAgent *agent = data;
    if (!g_str_equal(element, "WinreLocation") || agent->path)
        return;
    for (guint i = 0; names[i]; i++) {
        if (g_str_equal(names[i], "path") && !agent->path)
            agent->path = g_strdup(values[i]);
        else if (g_str_equal(names[i], "offset"))
            agent->offset_bytes = parse_number(values[i]);
        else if (g_str_equal(names[i], "id"))
            agent->disk_id = parse_number(values[i]);
        else if (g_str_equal(names[i], "guid") && !agent->disk_guid) {
            agent->disk_guid = g_ascii_strdown(values[i], -1);
            g_strdelimit(agent->disk_guid, "{}", ' ');
            g_strstrip(agent->disk_guid);
        }
    }
}

/* What is no such file says nothing: the usual places are looked at then. */
static void read_re_agent(const Guest *guest, ReAgent *agent)
{
    static const GMarkupParser parser = {.start_element = read_element};
    g_autofree char *path =
        g_strconcat(guest->windows_facts.system_root, "/System32/Recovery/ReAgent.xml", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!fs_tree_read_text(guest->tree, path, &text, &error) || !text) {
        g_debug("'%s': %s", path, error ? error->message : "not there");
        return;
    }
    g_autoptr(GMarkupParseContext) context =
        g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, agent, NULL);
    if (!g_markup_parse_context_parse(context, text, -1, &error) ||
        !g_markup_parse_context_end_parse(context, &error))
        g_debug("'%s': %s", path, error->message);
}

static gboolean is_named_disk(const Volume *volume, const ReAgent *agent)
{
    g_autofree char *id = g_strdup_printf("%08" G_GINT64_MODIFIER "x", agent->disk_id);
    const char *wanted = volume->table->kind == PARTITION_TABLE_GPT ? agent->disk_guid : id;
    return g_strcmp0(volume->table->disk_id, wanted) == 0;
}

/* NULL: none. A disk that was copied has another identifier; the offset alone decides then. */
static const Volume *find_named_volume(const VolumeSet *set, const ReAgent *agent)
{
    const Volume *found = NULL;
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (!volume->partition || volume->partition->start_bytes != agent->offset_bytes)
            continue;
        if (is_named_disk(volume, agent))
            return volume;
        if (!found)
            found = volume;
    }
    return found;
}

/* TRUE: path is a file of volume; what cannot be read counts as not there. */
static gboolean look(const Volume *volume, const char *path, WinreLocation *ret_location)
{
    g_autoptr(GError) error = NULL;
    gboolean found;
    FsStat stat;
    if (!volume->fs || fs_is_case_sensitive(volume->fs))
        return FALSE;
    if (!fs_stat(volume->fs, path, &found, &stat, &error)) {
        g_debug("%s: %s", volume->name, error->message);
        return FALSE;
    }
    if (!found || stat.type != FS_TYPE_FILE)
        return FALSE;
    *ret_location = (WinreLocation){volume, g_strdup(path), stat};
    return TRUE;
}

static gboolean look_where_named(const Guest *guest, const VolumeSet *set, gboolean *ret_found,
                                 WinreLocation *ret_location, GError **error)
{
    g_auto(ReAgent) agent = {0};
    read_re_agent(guest, &agent);
    if (!agent.path || !*agent.path)
        return TRUE;
    const Volume *volume = find_named_volume(set, &agent);
    if (!volume)
        return TRUE;
    if (!volume->fs) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "its volume %s cannot be read",
                          volume->name);
        return FALSE;
    }
    g_autofree char *joined = g_strconcat(agent.path, "/" IMAGE_NAME, NULL);
    g_autofree char *path = fs_path_normalise(joined, TRUE);
    *ret_found = look(volume, path, ret_location);
    return TRUE;
}

gboolean winre_location_find(const Guest *guest, const VolumeSet *set, gboolean *ret_found,
                             WinreLocation *ret_location, GError **error)
{
    *ret_found = FALSE;
    if (!look_where_named(guest, set, ret_found, ret_location, error))
        return FALSE;
    for (guint i = 0; i < set->volumes->len && !*ret_found; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (volume != guest->root)
            *ret_found = look(volume, USUAL_PATH, ret_location);
    }
    if (!*ret_found)
        *ret_found = look(guest->root, USUAL_PATH, ret_location);
    if (!*ret_found) {
        g_autofree char *path =
            g_strconcat(guest->windows_facts.system_root, "/System32/Recovery/" IMAGE_NAME, NULL);
        *ret_found = look(guest->root, path, ret_location);
    }
    return TRUE;
}

char *winre_location_mount(const Guest *guest, const WinreLocation *location)
{
    if (location->volume == guest->root)
        return g_strdup(location->path);
    fs_tree_mount(guest->tree, WINRE_MOUNT, location->volume->fs);
    return g_strconcat(WINRE_MOUNT, location->path, NULL);
}
