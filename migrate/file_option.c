/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the user's files from the host, and stages them later. */
#include "migrate/file_option.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define CONTENT_LIMIT_BYTES ((uint64_t)1 << 30) /* of all files: they are kept in memory */
#define DEPTH_LIMIT 64
#define TREE_LIMIT 100000u /* names below a folder that is deleted */

typedef enum {
    CHANGE_WRITE,
    CHANGE_MAKE_DIRECTORY,
    CHANGE_MAKE_LINK,
    CHANGE_DELETE,
    CHANGE_APPEND_LINE,
} ChangeKind;

typedef struct {
    ChangeKind kind;
    char *path;      /* in the guest, as the user wrote it */
    GBytes *content; /* a file's */
    char *text;      /* a link's target, or a line */
    int mode;        /* permission bits; -1: the guest's own */
    char *reason;
} Change;

struct FileChanges {
    GPtrArray *list; /* of Change */
    uint64_t size_bytes;
};

static void change_free(gpointer data)
{
    Change *change = data;
    g_free(change->path);
    g_clear_pointer(&change->content, g_bytes_unref);
    g_free(change->text);
    g_free(change->reason);
    g_free(change);
}

FileChanges *file_changes_new(void)
{
    FileChanges *changes = g_new0(FileChanges, 1);
    changes->list = g_ptr_array_new_with_free_func(change_free);
    return changes;
}

void file_changes_free(FileChanges *changes)
{
    if (!changes)
        return;
    g_ptr_array_unref(changes->list);
    g_free(changes);
}

static Change *add_change(FileChanges *changes, ChangeKind kind, const char *option,
                          const char *path)
{
    Change *change = g_new0(Change, 1);
    change->kind = kind;
    change->path = g_strdup(path);
    change->mode = -1;
    change->reason = g_strdup_printf("--%s asks for it", option);
    g_ptr_array_add(changes->list, change);
    return change;
}

/* "C:\dir:text": the colon of a drive does not separate. */
static const char *find_separator(const char *argument)
{
    gboolean has_drive = g_ascii_isalpha(argument[0]) && argument[1] == ':' &&
                         (argument[2] == '\\' || argument[2] == '/');
    return strchr(argument + (has_drive ? 2 : 0), ':');
}

static gboolean split(const char *option, const char *argument, const char *form, char **ret_path,
                      const char **ret_rest, GError **error)
{
    const char *colon = find_separator(argument);
    if (!colon || colon == argument) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, form, "--%s '%s' has no two parts", option,
                          argument);
        return FALSE;
    }
    *ret_path = g_strndup(argument, (gsize)(colon - argument));
    *ret_rest = colon + 1;
    return TRUE;
}

static gboolean check_guest_path(const char *option, const char *path, GError **error)
{
    gboolean has_drive = g_ascii_isalpha(path[0]) && path[1] == ':';
    if (strchr("/\\", path[has_drive ? 2 : 0]) && path[has_drive ? 2 : 0])
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give its whole path in the guest",
                      "--%s: '%s' is not an absolute path", option, path);
    return FALSE;
}

static gboolean read_host_file(FileChanges *changes, const char *host_path, uint64_t size,
                               GBytes **ret_content, GError **error)
{
    g_autoptr(GError) local_error = NULL;
    char *text = NULL;
    gsize length = 0;
    if (size > CONTENT_LIMIT_BYTES - changes->size_bytes) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "copy large files into the guest when it runs",
                          "with '%s' more than 1 GiB would be copied in", host_path);
        return FALSE;
    }
    if (!g_file_get_contents(host_path, &text, &length, &local_error)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "%s", local_error->message);
        return FALSE;
    }
    changes->size_bytes += MIN(length, CONTENT_LIMIT_BYTES - changes->size_bytes);
    *ret_content = g_bytes_new_take(text, length);
    return TRUE;
}

static gboolean copy_in(FileChanges *changes, const char *host_path, const char *guest_path,
                        guint depth, GError **error);

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean copy_folder(FileChanges *changes, const char *host_path, const char *guest_path,
                            guint depth, GError **error)
{
    g_autoptr(GError) local_error = NULL;
    g_autoptr(GDir) folder = g_dir_open(host_path, 0, &local_error);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    if (!folder) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "%s", local_error->message);
        return FALSE;
    }
    while ((name = g_dir_read_name(folder)))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *from = g_build_filename(host_path, names->pdata[i], NULL);
        g_autofree char *to = g_strconcat(guest_path, "/", names->pdata[i], NULL);
        if (!copy_in(changes, from, to, depth + 1, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean copy_in(FileChanges *changes, const char *host_path, const char *guest_path,
                        guint depth, GError **error)
{
    static const char option[] = "copy-in";
    struct stat status;
    if (lstat(host_path, &status) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "cannot copy '%s' into the guest: %s",
                          host_path, g_strerror(errno));
        return FALSE;
    }
    if (S_ISREG(status.st_mode)) {
        g_autoptr(GBytes) content = NULL;
        if (!read_host_file(changes, host_path, (uint64_t)MAX(status.st_size, 0), &content, error))
            return FALSE;
        Change *change = add_change(changes, CHANGE_WRITE, option, guest_path);
        change->content = g_steal_pointer(&content);
        change->mode = (int)(status.st_mode & 0777);
        return TRUE;
    }
    if (S_ISLNK(status.st_mode)) {
        g_autofree char *target = g_file_read_link(host_path, NULL);
        if (target) {
            add_change(changes, CHANGE_MAKE_LINK, option, guest_path)->text =
                g_steal_pointer(&target);
            return TRUE;
        }
    }
    if (S_ISDIR(status.st_mode) && depth < DEPTH_LIMIT) {
        add_change(changes, CHANGE_MAKE_DIRECTORY, option, guest_path)->mode =
            (int)(status.st_mode & 0777);
        return copy_folder(changes, host_path, guest_path, depth, error);
    }
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give files, folders and symbolic links",
                      "'%s' cannot be copied into a guest", host_path);
    return FALSE;
}

static gboolean read_copy_in(FileChanges *changes, const char *option, const char *argument,
                             GError **error)
{
    g_autofree char *host_path = NULL;
    const char *folder;
    if (!split(option, argument, "give --copy-in FILE-OR-FOLDER:FOLDER-IN-THE-GUEST", &host_path,
               &folder, error) ||
        !check_guest_path(option, folder, error))
        return FALSE;
    g_autofree char *name = g_path_get_basename(host_path);
    gsize length = strlen(folder);
    while (length > 1 && strchr("/\\", folder[length - 1]))
        length--;
    g_autofree char *path = g_strdup_printf("%.*s/%s", (int)length, folder, name);
    return copy_in(changes, host_path, path, 0, error);
}

static gboolean read_write(FileChanges *changes, const char *option, const char *argument,
                           GError **error)
{
    g_autofree char *path = NULL;
    const char *text;
    if (!split(option, argument, "give --write PATH:TEXT", &path, &text, error) ||
        !check_guest_path(option, path, error))
        return FALSE;
    add_change(changes, CHANGE_WRITE, option, path)->content = g_bytes_new(text, strlen(text));
    return TRUE;
}

static gboolean read_append_line(FileChanges *changes, const char *option, const char *argument,
                                 GError **error)
{
    g_autofree char *path = NULL;
    const char *text;
    if (!split(option, argument, "give --append-line PATH:LINE", &path, &text, error) ||
        !check_guest_path(option, path, error))
        return FALSE;
    add_change(changes, CHANGE_APPEND_LINE, option, path)->text = g_strdup(text);
    return TRUE;
}

static gboolean read_delete(FileChanges *changes, const char *option, const char *argument,
                            GError **error)
{
    if (!check_guest_path(option, argument, error))
        return FALSE;
    add_change(changes, CHANGE_DELETE, option, argument);
    return TRUE;
}

gboolean file_option_read(FileChanges *changes, const char *option, const char *argument,
                          GError **error)
{
    static const struct {
        const char *option;
        gboolean (*read)(FileChanges *changes, const char *option, const char *argument,
                         GError **error);
    } options[] = {
        {"write", read_write},
        {"copy-in", read_copy_in},
        {"delete", read_delete},
        {"append-line", read_append_line},
    };
    for (guint i = 0; i < G_N_ELEMENTS(options); i++)
        if (g_str_equal(option, options[i].option))
            return options[i].read(changes, option, argument, error);
    g_assert_not_reached();
}

/* "C:\dir" is "/dir" on the volume that Windows is on. */
static gboolean find_path(const Edits *edits, const Change *change, const char **ret_path,
                          GError **error)
{
    gboolean has_drive = g_ascii_isalpha(change->path[0]) && change->path[1] == ':';
    *ret_path = change->path + (has_drive ? 2 : 0);
    if (!has_drive && (change->path[0] == '/' || fs_tree_is_windows(edits_tree(edits))))
        return TRUE;
    if (fs_tree_is_windows(edits_tree(edits)) && g_ascii_toupper(change->path[0]) == 'C')
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "use C: in Windows, and / in Linux",
                      "'%s' is not a path in this guest", change->path);
    return FALSE;
}

static gboolean delete_tree(Edits *edits, const char *path, const char *reason, guint *count,
                            guint depth, GError **error)
{
    FsTree *tree = edits_tree(edits);
    g_autoptr(GPtrArray) entries = NULL;
    gboolean found = FALSE;
    FsStat stat = {0};
    if (!fs_tree_stat_link(tree, path, &found, &stat, error))
        return FALSE;
    if (found && stat.type == FS_TYPE_DIRECTORY && !fs_tree_list(tree, path, &entries, error))
        return FALSE;
    for (guint i = 0; entries && i < entries->len; i++) {
        const FsEntry *entry = entries->pdata[i];
        g_autofree char *child = g_strconcat(path, "/", entry->name, NULL);
        if (++*count > TREE_LIMIT || depth > DEPTH_LIMIT) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                              "cannot delete '%s': more than %u names, or %d folders deep", path,
                              TREE_LIMIT, DEPTH_LIMIT);
            return FALSE;
        }
        if (!delete_tree(edits, child, reason, count, depth + 1, error))
            return FALSE;
    }
    return edits_remove(edits, path, reason, error);
}

/* With the line ends that the file has. */
static gboolean append_line(Edits *edits, const char *path, const Change *change, GError **error)
{
    g_autofree char *text = NULL;
    if (!edits_read_text(edits, path, &text, error))
        return FALSE;
    if (!text) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, "make it with --write",
                          "cannot append a line to '%s': it is not there", change->path);
        return FALSE;
    }
    const char *end = strstr(text, "\r\n") ? "\r\n" : "\n";
    gboolean is_complete = !*text || g_str_has_suffix(text, "\n");
    g_autofree char *longer = g_strconcat(text, is_complete ? "" : end, change->text, end, NULL);
    return edits_write_text(edits, path, longer, NULL, -1, change->reason, error);
}

static gboolean is_root(const char *path)
{
    return path[strspn(path, "/\\.")] == '\0';
}

static gboolean stage_change(Edits *edits, const Change *change, GError **error)
{
    const char *path;
    guint count = 0;
    if (!find_path(edits, change, &path, error))
        return FALSE;
    switch (change->kind) {
    case CHANGE_WRITE:
        return edits_write_file(edits, path, change->content, NULL, change->mode, change->reason,
                                error);
    case CHANGE_MAKE_DIRECTORY:
        return edits_make_directory(edits, path, NULL, change->mode, change->reason, error);
    case CHANGE_MAKE_LINK:
        return edits_make_symlink(edits, path, change->text, NULL, change->reason, error);
    case CHANGE_DELETE:
        if (is_root(path)) {
            drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name what is in it",
                              "the root folder of a guest cannot be deleted");
            return FALSE;
        }
        return delete_tree(edits, path, change->reason, &count, 0, error);
    case CHANGE_APPEND_LINE:
        return append_line(edits, path, change, error);
    }
    g_assert_not_reached();
}

gboolean file_changes_stage(const FileChanges *changes, Edits *edits, GError **error)
{
    for (guint i = 0; i < changes->list->len; i++)
        if (!stage_change(edits, changes->list->pdata[i], error))
            return FALSE;
    return TRUE;
}
