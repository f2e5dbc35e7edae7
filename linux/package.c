/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libarchive unpacks deb and apk; an rpm's header is an index of tags and a store of their values.
 */
#include "linux/package.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define MEMBER_MAX (4u << 20)    /* control.tar of a deb */
#define CONTROL_MAX (256u << 10) /* control, .PKGINFO */
#define ENTRIES_MAX 64u          /* looked at until that file comes */

#define RPM_LEAD_BYTES 96u
#define RPM_TAG_BYTES 16u
#define RPM_TAG_NAME 1000u
#define RPM_TAG_ARCH 1022u
#define RPM_STRING 6u
#define RPM_TAGS_MAX 65536u

void linux_package_free(LinuxPackage *package)
{
    if (package == NULL)
        return;
    g_free(package->name);
    g_free(package->architecture);
    g_clear_pointer(&package->content, g_bytes_unref);
    g_free(package);
}

LinuxPackage *linux_package_copy(const LinuxPackage *package)
{
    LinuxPackage *copy = g_new0(LinuxPackage, 1);

    copy->kind = package->kind;
    copy->name = g_strdup(package->name);
    copy->architecture = g_strdup(package->architecture);
    copy->content = g_bytes_ref(package->content);
    return copy;
}

typedef struct archive Archive;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Archive, archive_read_free)

/* The content of the entry that the archive is at; NULL: too long, or damaged. */
static GBytes *read_entry(Archive *archive, struct archive_entry *entry, size_t limit)
{
    int64_t size = archive_entry_size(entry);

    if (size < 0 || (uint64_t)size > limit)
        return NULL;

    g_autofree char *data = g_try_malloc((size_t)size + 1);

    if (data == NULL || archive_read_data(archive, data, (size_t)size) != (la_ssize_t)size)
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&data), (size_t)size);
}

/* The first entry whose name, behind any "./", begins with name; NULL: there is none. */
static GBytes *find_entry(GBytes *bytes, const char *name, size_t limit,
                          int (*add_format)(struct archive *))
{
    g_autoptr(Archive) archive = archive_read_new();
    struct archive_entry *entry = NULL;

    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_zstd(archive);
    add_format(archive);
    if (archive_read_open_memory(archive, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) !=
        ARCHIVE_OK)
        return NULL;
    for (guint i = 0; i < ENTRIES_MAX; i++) {
        if (archive_read_next_header(archive, &entry) != ARCHIVE_OK)
            return NULL;

        const char *path = archive_entry_pathname(entry);

        if (path != NULL && g_str_has_prefix(path, "./"))
            path += 2;
        if (path != NULL && g_str_has_prefix(path, name))
            return read_entry(archive, entry, limit);
    }
    return NULL;
}

/* "Package: name" or "pkgname = name": the value behind key and separator at a line's start. */
static char *find_field(GBytes *control, const char *key)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(control, &size);
    g_autofree char *text = g_strndup(data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++)
        if (g_str_has_prefix(lines[i], key))
            return g_strstrip(g_strdup(lines[i] + strlen(key)));
    return NULL;
}

static gboolean read_fields(LinuxPackage *package, GBytes *control, const char *name_key,
                            const char *architecture_key)
{
    if (control == NULL)
        return FALSE;
    package->name = find_field(control, name_key);
    package->architecture = find_field(control, architecture_key);
    return TRUE;
}

static gboolean read_deb(LinuxPackage *package)
{
    g_autoptr(GBytes) archive =
        find_entry(package->content, "control.tar", MEMBER_MAX, archive_read_support_format_ar);
    g_autoptr(GBytes) control = archive != NULL ? find_entry(archive, "control", CONTROL_MAX,
                                                             archive_read_support_format_tar)
                                                : NULL;

    return read_fields(package, control, "Package:", "Architecture:");
}

static gboolean read_apk(LinuxPackage *package)
{
    g_autoptr(GBytes) control =
        find_entry(package->content, ".PKGINFO", CONTROL_MAX, archive_read_support_format_tar);

    return read_fields(package, control, "pkgname =", "arch =");
}

typedef struct {
    const uint8_t *tags, *store;
    uint32_t tag_count, store_bytes;
    uint64_t end; /* where what follows the header begins */
} RpmHeader;

static gboolean read_rpm_header(const uint8_t *data, uint64_t size, uint64_t offset,
                                RpmHeader *ret_header)
{
    static const uint8_t magic[] = {0x8e, 0xad, 0xe8};

    if (!range_is_within(offset, 16, size) || memcmp(data + offset, magic, sizeof(magic)) != 0)
        return FALSE;

    uint32_t count = get_be32(data + offset + 8), store = get_be32(data + offset + 12);
    uint64_t tags_bytes = (uint64_t)count * RPM_TAG_BYTES;

    if (count > RPM_TAGS_MAX || !range_is_within(offset + 16, tags_bytes + store, size))
        return FALSE;
    *ret_header = (RpmHeader){data + offset + 16, data + offset + 16 + tags_bytes, count, store,
                              offset + 16 + tags_bytes + store};
    return TRUE;
}

static char *find_rpm_text(const RpmHeader *header, uint32_t tag)
{
    for (uint32_t i = 0; i < header->tag_count; i++) {
        const uint8_t *row = header->tags + (size_t)i * RPM_TAG_BYTES;
        uint32_t offset = get_be32(row + 8);

        if (get_be32(row) == tag && get_be32(row + 4) == RPM_STRING && offset < header->store_bytes)
            return g_strndup((const char *)header->store + offset, header->store_bytes - offset);
    }
    return NULL;
}

/* The signature's header is padded to a multiple of eight bytes. */
static gboolean read_rpm(LinuxPackage *package)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(package->content, &size);
    RpmHeader signature = {NULL}, header = {NULL};

    if (!read_rpm_header(data, size, RPM_LEAD_BYTES, &signature) ||
        !read_rpm_header(data, size, (signature.end + 7) & ~UINT64_C(7), &header))
        return FALSE;
    package->name = find_rpm_text(&header, RPM_TAG_NAME);
    package->architecture = find_rpm_text(&header, RPM_TAG_ARCH);
    return TRUE;
}

static const struct {
    const char *magic;
    size_t magic_length;
    gboolean (*read)(LinuxPackage *package);
    const char *ending;
    const char *programs[3]; /* a guest that has one of them installs such packages */
} kinds[] = {
    [PACKAGE_DEB] = {"!<arch>\n", 8, read_deb, ".deb", {"/usr/bin/dpkg", "/bin/dpkg"}},
    [PACKAGE_RPM] = {"\xed\xab\xee\xdb", 4, read_rpm, ".rpm", {"/usr/bin/rpm", "/bin/rpm"}},
    [PACKAGE_APK] =
        {"\x1f\x8b", 2, read_apk, ".apk", {"/sbin/apk", "/usr/sbin/apk", "/usr/bin/apk"}},
};

/* The name becomes a file's. */
static gboolean is_name(const char *name)
{
    return name != NULL && g_ascii_isalnum(*name) && strlen(name) <= 200 &&
           strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+-._") == strlen(name);
}

LinuxPackage *linux_package_new(const char *file_name, GBytes *content, GError **error)
{
    g_autoptr(LinuxPackage) package = g_new0(LinuxPackage, 1);
    gsize size = 0;
    const char *data = g_bytes_get_data(content, &size);
    guint kind = 0;

    while (kind < G_N_ELEMENTS(kinds) &&
           (size < kinds[kind].magic_length ||
            memcmp(data, kinds[kind].magic, kinds[kind].magic_length) != 0))
        kind++;
    if (kind == G_N_ELEMENTS(kinds)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give a .deb, .rpm or .apk file",
                          "'%s' is not a package", file_name);
        return NULL;
    }
    package->kind = (PackageKind)kind;
    package->content = g_bytes_ref(content);
    if (!kinds[kind].read(package) || !is_name(package->name) || !is_name(package->architecture)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "get it once more",
                          "the package '%s' does not say its name and architecture", file_name);
        return NULL;
    }
    return g_steal_pointer(&package);
}

const char *linux_package_ending(const LinuxPackage *package)
{
    return kinds[package->kind].ending;
}

static gboolean has_manager(const LinuxPackage *package, FsTree *tree)
{
    for (guint i = 0; i < 3 && kinds[package->kind].programs[i] != NULL; i++)
        if (fs_tree_is_file(tree, kinds[package->kind].programs[i]))
            return TRUE;
    return FALSE;
}

/* A guest whose architecture is not known takes what it is given. */
static gboolean fits_architecture(const LinuxPackage *package, const char *architecture)
{
    static const struct {
        const char *guest;
        const char *names[8];
    } rows[] = {
        {"x86_64", {"amd64", "x86_64", "x86_64_v2"}},
        {"i686", {"i386", "i486", "i586", "i686", "x86"}},
        {"aarch64", {"arm64", "aarch64"}},
    };
    static const char *const any[] = {"all", "noarch", "any", NULL};

    if (architecture == NULL || g_strv_contains(any, package->architecture))
        return TRUE;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (g_str_equal(rows[i].guest, architecture))
            return g_strv_contains(rows[i].names, package->architecture);
    return g_str_equal(package->architecture, architecture);
}

gboolean linux_package_check(const LinuxPackage *package, const Guest *guest, GError **error)
{
    const char *product = guest->product_name != NULL ? guest->product_name : "the guest";

    if (!has_manager(package, guest->tree)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "give a package of its distribution",
                          "%s cannot install the %s package '%s'", product,
                          linux_package_ending(package), package->name);
        return FALSE;
    }
    if (!fits_architecture(package, guest->architecture)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "give one for its architecture",
                          "the package '%s' is for %s, and the guest is %s", package->name,
                          package->architecture, guest->architecture);
        return FALSE;
    }
    return TRUE;
}
