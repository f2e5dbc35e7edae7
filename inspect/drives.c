/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drive letters of a Windows guest. MountedDevices as seen in hives of Windows XP to 11: a value
   \DosDevices\X: has 12 bytes (disk signature, offset of the partition) on MBR disks, "DMIO:ID:"
   and the partition's GUID on GPT disks, or the text of a device path for removable media. */
#include "inspect/drives.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/ldm_database.h"
#include "fs/path.h"
#include "inspect/windows_values.h"

#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"
#define DOS_DEVICES "\\DosDevices\\"
/* A colon is in no name of a Windows filesystem. */
#define MOUNT_PREFIX "/Drive "

enum {
    MBR_BYTES = 12,
    GPT_BYTES = 24,
};

typedef struct {
    char letter;
    const Volume *volume; /* NULL: not on these disks */
} Drive;

struct Drives {
    gboolean is_windows;
    char *system_root; /* "/Windows" in the tree */
    char system_letter;
    GArray *others; /* of Drive: all but the system's */
};

void drives_free(Drives *drives)
{
    if (!drives)
        return;
    g_array_unref(drives->others);
    g_free(drives->system_root);
    g_free(drives);
}

/* The database has the identifier in the other byte order; which one Windows writes here is not
   documented, and the same bytes in both orders are nobody else's. */
static gboolean is_dynamic_volume(const Volume *volume, const uint8_t *data, gsize length)
{
    if (length != GPT_BYTES || memcmp(data, "DMIO:ID:", 8) != 0)
        return FALSE;
    g_autofree char *swapped = windows_format_guid(data + 8);
    g_autofree char *plain = ldm_guid_to_text(data + 8);
    return g_str_equal(volume->layer_uuid, swapped) || g_str_equal(volume->layer_uuid, plain);
}

static gboolean is_partition(const Volume *volume, const uint8_t *data, gsize length)
{
    const PartitionTable *table = volume->table;
    if (volume->layer == VOLUME_DYNAMIC)
        return is_dynamic_volume(volume, data, length);
    if (!volume->partition || !table || !table->disk_id)
        return FALSE;
    if (length == MBR_BYTES && table->kind != PARTITION_TABLE_GPT) {
        g_autofree char *disk = g_strdup_printf("%08x", get_le32(data));
        return g_str_equal(table->disk_id, disk) &&
               volume->partition->start_bytes == get_le64(data + 4);
    }
    if (length != GPT_BYTES || memcmp(data, "DMIO:ID:", 8) != 0 || !volume->partition->uuid)
        return FALSE;
    g_autofree char *uuid = windows_format_guid(data + 8);
    return g_str_equal(volume->partition->uuid, uuid);
}

static const Volume *find_volume(const VolumeSet *set, const uint8_t *data, gsize length)
{
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (is_partition(volume, data, length))
            return volume;
    }
    return NULL;
}

static char *mount_point(char letter)
{
    return g_strdup_printf(MOUNT_PREFIX "%c:", letter);
}

static void add_drive(Drives *drives, Guest *guest, char letter, const Volume *volume)
{
    if (letter == drives->system_letter)
        return;
    if (volume == guest->root) {
        g_debug("drive %c: is the system's too", letter);
        return;
    }
    Drive drive = {letter, volume};
    g_array_append_val(drives->others, drive);
    if (volume && volume->fs) {
        g_autofree char *point = mount_point(letter);
        fs_tree_mount(guest->tree, point, volume->fs);
    }
}

static gboolean read_mounted_devices(Drives *drives, Guest *guest, const VolumeSet *set,
                                     GError **error)
{
    g_autoptr(GuestHive) hive = windows_hive_open(guest, "SYSTEM", error);
    g_autoptr(GPtrArray) values = NULL;
    gboolean found;
    HiveKey key;
    if (!hive)
        return FALSE;
    Hive *system = guest_hive_get(hive);
    if (!hive_find_key(system, hive_root(system), "MountedDevices", &found, &key, error) ||
        (found && !hive_list_values(system, key, &values, error)))
        return FALSE;
    for (guint i = 0; values && i < values->len; i++) {
        const HiveValue *value = g_ptr_array_index(values, i);
        const char *letter = value->name + strlen(DOS_DEVICES);
        if (g_ascii_strncasecmp(value->name, DOS_DEVICES, strlen(DOS_DEVICES)) != 0 ||
            !g_ascii_isalpha(letter[0]) || letter[1] != ':' || letter[2] != '\0')
            continue;
        gsize length;
        const uint8_t *data = g_bytes_get_data(value->data, &length);
        add_drive(drives, guest, g_ascii_toupper(letter[0]), find_volume(set, data, length));
    }
    return TRUE;
}

/* "C:\Windows" in the registry of a system that was at home there. */
static gboolean read_system_letter(Drives *drives, const Guest *guest, GError **error)
{
    g_autoptr(GuestHive) hive = windows_hive_open(guest, "SOFTWARE", error);
    g_autofree char *root = NULL;
    drives->system_letter = 'C';
    if (!hive ||
        !windows_read_text(guest_hive_get(hive), CURRENT_VERSION, "SystemRoot", &root, error))
        return FALSE;
    if (root && g_ascii_isalpha(root[0]) && root[1] == ':')
        drives->system_letter = g_ascii_toupper(root[0]);
    return TRUE;
}

gboolean drives_open(Guest *guest, const VolumeSet *set, Drives **ret_drives, GError **error)
{
    g_autoptr(Drives) drives = g_new0(Drives, 1);
    drives->others = g_array_new(FALSE, FALSE, sizeof(Drive));
    drives->is_windows = guest->kind == GUEST_WINDOWS;
    if (drives->is_windows) {
        drives->system_root = g_strdup(guest->windows_facts.system_root);
        if (!read_system_letter(drives, guest, error) ||
            !read_mounted_devices(drives, guest, set, error)) {
            g_prefix_error(error, "cannot read the drive letters: ");
            return FALSE;
        }
    }
    *ret_drives = g_steal_pointer(&drives);
    return TRUE;
}

static gboolean locate_drive(const Drives *drives, char letter, char **ret_mount, GError **error)
{
    if (letter == drives->system_letter) {
        *ret_mount = g_strdup("");
        return TRUE;
    }
    for (guint i = 0; i < drives->others->len; i++) {
        const Drive *drive = &g_array_index(drives->others, Drive, i);
        if (drive->letter != letter)
            continue;
        if (drive->volume && drive->volume->fs) {
            *ret_mount = mount_point(letter);
            return TRUE;
        }
        if (drive->volume) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "see migrate inspect for why",
                              "drive %c: is the volume %s, which cannot be read", letter,
                              drive->volume->name);
            return FALSE;
        }
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, "name all of the machine's disks",
                          "drive %c: of this machine is not on the disks that were named", letter);
        return FALSE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL,
                      "this machine has no drive %c:", letter);
    return FALSE;
}

static gboolean is_separator(char character)
{
    return character == '\\' || character == '/';
}

/* What stands for a path in the registry's texts. */
static const char *skip_variable(const Drives *drives, const char *text, const char **ret_prefix)
{
    const struct {
        const char *name;
        const char *prefix;
    } variables[] = {
        {"%SystemDrive%", ""},
        {"%SystemRoot%", drives->system_root},
        {"%windir%", drives->system_root},
        {"\\SystemRoot", drives->system_root},
    };
    for (guint i = 0; i < G_N_ELEMENTS(variables); i++) {
        gsize length = strlen(variables[i].name);
        if (g_ascii_strncasecmp(text, variables[i].name, length) == 0 &&
            (text[length] == '\0' || is_separator(text[length]))) {
            *ret_prefix = variables[i].prefix;
            return text + length;
        }
    }
    return text;
}

static gboolean locate_on_windows(const Drives *drives, const char *text, char **ret_path,
                                  GError **error)
{
    g_autofree char *mount = NULL;
    const char *prefix = "";
    const char *rest = text;
    if (g_str_has_prefix(rest, "\\??\\") || g_str_has_prefix(rest, "\\\\?\\"))
        rest += strlen("\\??\\");
    const char *behind = skip_variable(drives, rest, &prefix);
    gboolean is_absolute = behind != rest || is_separator(*rest);
    rest = behind;
    if (!is_absolute && g_ascii_isalpha(rest[0]) && rest[1] == ':') {
        if (!locate_drive(drives, g_ascii_toupper(rest[0]), &mount, error))
            return FALSE;
        rest += 2;
        is_absolute = *rest == '\0' || is_separator(*rest);
    }
    if (!is_absolute) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "begin with a drive: C:\\Windows",
                          "'%s' is not an absolute path of this Windows machine", text);
        return FALSE;
    }
    if (strchr(rest, ':')) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "leave out the colon in the name",
                          "'%s' names an alternate data stream; these are not read", text);
        return FALSE;
    }
    /* ".." ends at the drive. */
    g_autofree char *path = g_strconcat(prefix, "/", rest, NULL);
    g_autofree char *below = fs_path_normalise(path, TRUE);
    *ret_path = mount && *mount ? g_strconcat(mount, g_str_equal(below, "/") ? "" : below, NULL)
                                : g_steal_pointer(&below);
    return TRUE;
}

gboolean drives_locate(const Drives *drives, const char *text, char **ret_path, GError **error)
{
    if (!g_utf8_validate(text, -1, NULL) && drives->is_windows) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "the path is not UTF-8");
        return FALSE;
    }
    if (drives->is_windows)
        return locate_on_windows(drives, text, ret_path, error);
    if (*text != '/') {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "begin with /",
                          "'%s' is not an absolute path of this machine", text);
        return FALSE;
    }
    *ret_path = fs_path_normalise(text, FALSE);
    return TRUE;
}

char *drives_show(const Drives *drives, const char *path)
{
    if (!drives->is_windows)
        return g_strdup(path);
    char letter = drives->system_letter;
    gsize prefix = strlen(MOUNT_PREFIX);
    if (g_ascii_strncasecmp(path, MOUNT_PREFIX, prefix) == 0 && g_ascii_isalpha(path[prefix]) &&
        path[prefix + 1] == ':') {
        letter = g_ascii_toupper(path[prefix]);
        path += prefix + 2;
    }
    char *text = g_strdup_printf("%c:%s", letter, *path ? path : "/");
    return g_strdelimit(text, "/", '\\');
}

gboolean drives_is_root(const Drives *drives, const char *path)
{
    for (guint i = 0; i < drives->others->len; i++) {
        const Drive *drive = &g_array_index(drives->others, Drive, i);
        g_autofree char *mount = mount_point(drive->letter);
        if (g_str_equal(mount, path))
            return TRUE;
    }
    return g_str_equal(path, "/");
}

/* Also with any extension: "nul.txt" is the device. */
static gboolean is_reserved(const char *name)
{
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
    g_autofree char *stem = g_strndup(name, strcspn(name, "."));
    g_strchomp(stem);
    for (guint i = 0; i < G_N_ELEMENTS(devices); i++)
        if (g_ascii_strcasecmp(stem, devices[i]) == 0)
            return TRUE;
    return strlen(stem) == 4 && g_ascii_isdigit(stem[3]) && stem[3] != '0' &&
           (g_ascii_strncasecmp(stem, "COM", 3) == 0 || g_ascii_strncasecmp(stem, "LPT", 3) == 0);
}

gboolean drives_check_new_name(const Drives *drives, const char *name, GError **error)
{
    const char *what = NULL;
    if (!drives->is_windows)
        return TRUE;
    for (const char *at = name; *at && !what; at++)
        if ((unsigned char)*at < 0x20 || strchr("<>\"|?*:/\\", *at))
            what = "it has a character that no name on Windows has";
    gsize length = strlen(name);
    if (!what && length > 0 && (name[length - 1] == '.' || name[length - 1] == ' '))
        what = "Windows takes dots and blanks off the end of a name";
    if (!what && is_reserved(name))
        what = "that name means a device on Windows";
    if (!what)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "choose another name", "cannot make '%s': %s",
                      name, what);
    return FALSE;
}
