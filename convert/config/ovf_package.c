/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files, disks, configurations and properties of an OVF. */
#include "convert/config/ovf_package.h"

#include <string.h>

#include "base/error.h"
#include "convert/config/ovf_units.h"

#define ENTRIES_LIMIT 4096 /* of files, of disks */
#define CHUNK_MINIMUM_BYTES 4096

typedef struct {
    char *name; /* as it is called in a file system */
    char *compression;
    uint64_t size_bytes, chunk_bytes;
} OvfFile;

struct OvfPackage {
    GHashTable *files; /* id → OvfFile */
    GHashTable *disks; /* id → xmlNode, of the document */
    char *configuration;
};

static void file_free(void *data)
{
    OvfFile *file = data;
    g_free(file->name);
    g_free(file->compression);
    g_free(file);
}

void ovf_package_free(OvfPackage *package)
{
    if (!package)
        return;
    g_hash_table_unref(package->files);
    g_hash_table_unref(package->disks);
    g_free(package->configuration);
    g_free(package);
}

gboolean ovf_is_section(const xmlNode *element, const char *name)
{
    if (xml_is(element, name))
        return TRUE;
    if (!xml_is(element, "Section") && !xml_is(element, "Content"))
        return FALSE;
    g_autofree char *type = xml_attribute(element, "type");
    const char *colon = type ? strchr(type, ':') : NULL;
    g_autofree char *wanted = g_strconcat(name, "_Type", NULL);
    return g_strcmp0(colon ? colon + 1 : type, wanted) == 0;
}

const xmlNode *ovf_child_section(const xmlNode *element, const char *name)
{
    const xmlNode *child = xml_child(element, NULL);
    while (child && !ovf_is_section(child, name))
        child = xml_next(child, NULL);
    return child;
}

/* Names are URIs: a blank is "%20". What is no proper URI is taken as it stands. */
static char *decode_href(const char *href)
{
    char *name = g_uri_unescape_string(href, NULL);
    if (name && g_utf8_validate(name, -1, NULL))
        return name;
    g_free(name);
    return g_strdup(href);
}

static gboolean set_too_many(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "it lists more than %d %s",
                      ENTRIES_LIMIT, what);
    return FALSE;
}

static gboolean set_twice(GError **error, const char *what, const char *id)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "export it again",
                      "it describes the %s '%s' twice", what, id);
    return FALSE;
}

static gboolean read_files(OvfPackage *package, const xmlNode *references, GError **error)
{
    for (const xmlNode *element = xml_child(references, "File"); element;
         element = xml_next(element, "File")) {
        g_autofree char *id = xml_attribute(element, "id");
        g_autofree char *href = xml_attribute(element, "href");
        if (!id || !href)
            continue; /* nothing can refer to it */
        if (g_hash_table_size(package->files) == ENTRIES_LIMIT)
            return set_too_many(error, "files");
        if (g_hash_table_contains(package->files, id))
            return set_twice(error, "file", id);
        OvfFile *file = g_new0(OvfFile, 1);
        file->name = decode_href(href);
        file->compression = xml_attribute(element, "compression");
        (void)xml_attribute_number(element, "size", &file->size_bytes);
        (void)xml_attribute_number(element, "chunkSize", &file->chunk_bytes);
        g_hash_table_insert(package->files, g_steal_pointer(&id), file);
    }
    return TRUE;
}

/* Disks that machines share have a section of their own since OVF 2.0. */
static gboolean read_disks(OvfPackage *package, const xmlNode *section, const char *name,
                           GError **error)
{
    for (const xmlNode *element = xml_child(section, name); element;
         element = xml_next(element, name)) {
        g_autofree char *id = xml_attribute(element, "diskId");
        if (!id)
            continue;
        if (g_hash_table_size(package->disks) == ENTRIES_LIMIT)
            return set_too_many(error, "disks");
        if (g_hash_table_contains(package->disks, id))
            return set_twice(error, "disk", id);
        g_hash_table_insert(package->disks, g_steal_pointer(&id), (gpointer)(uintptr_t)element);
    }
    return TRUE;
}

static char *read_configuration(const xmlNode *section)
{
    const xmlNode *first = xml_child(section, "Configuration");
    for (const xmlNode *element = first; element; element = xml_next(element, "Configuration")) {
        g_autofree char *is_default = xml_attribute(element, "default");
        if (g_strcmp0(is_default, "true") == 0 || g_strcmp0(is_default, "1") == 0)
            return xml_attribute(element, "id");
    }
    return xml_attribute(first, "id");
}

OvfPackage *ovf_package_read(const xmlNode *envelope, GError **error)
{
    g_autoptr(OvfPackage) package = g_new0(OvfPackage, 1);
    package->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_free);
    package->disks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    package->configuration =
        read_configuration(ovf_child_section(envelope, "DeploymentOptionSection"));
    if (!read_files(package, xml_child(envelope, "References"), error) ||
        !read_disks(package, ovf_child_section(envelope, "DiskSection"), "Disk", error) ||
        !read_disks(package, ovf_child_section(envelope, "SharedDiskSection"), "SharedDisk", error))
        return NULL;
    return g_steal_pointer(&package);
}

gboolean ovf_package_is_configured(const OvfPackage *package, const xmlNode *element)
{
    g_autofree char *text = xml_attribute(element, "configuration");
    if (!text)
        return TRUE;
    if (!package->configuration)
        return FALSE;
    g_auto(GStrv) names = g_strsplit_set(text, " \t\r\n,", -1);
    return g_strv_contains((const char *const *)names, package->configuration);
}

static char *property_value(const OvfPackage *package, const xmlNode *property)
{
    for (const xmlNode *value = xml_child(property, "Value"); value;
         value = xml_next(value, "Value")) {
        g_autofree char *configuration = xml_attribute(value, "configuration");
        if (configuration && ovf_package_is_configured(package, value))
            return xml_attribute(value, "value");
    }
    return xml_attribute(property, "value");
}

/* "key", "class.key" or "class.key.instance" */
static gboolean property_is(const xmlNode *section, const xmlNode *property, const char *name)
{
    g_autofree char *key = xml_attribute(property, "key");
    g_autofree char *class_name = xml_attribute(section, "class");
    g_autofree char *instance = xml_attribute(section, "instance");
    g_autofree char *with_class =
        g_strdup_printf("%s.%s", class_name ? class_name : "", key ? key : "");
    g_autofree char *full = g_strdup_printf("%s.%s", with_class, instance ? instance : "");
    return key &&
           (g_str_equal(name, key) || g_str_equal(name, with_class) || g_str_equal(name, full));
}

/* Of the system itself, then of the collections around it. */
static char *find_property(const OvfPackage *package, const xmlNode *system, const char *name)
{
    for (; system && system->type == XML_ELEMENT_NODE; system = system->parent) {
        for (const xmlNode *section = xml_child(system, NULL); section;
             section = xml_next(section, NULL)) {
            if (!ovf_is_section(section, "ProductSection"))
                continue;
            for (const xmlNode *property = xml_child(section, "Property"); property;
                 property = xml_next(property, "Property"))
                if (property_is(section, property, name) &&
                    ovf_package_is_configured(package, property))
                    return property_value(package, property);
        }
    }
    return NULL;
}

/* Takes text over: "${name}" becomes the property's value. */
static char *resolve(const OvfPackage *package, const xmlNode *system, char *text)
{
    if (!text || !g_str_has_prefix(text, "${") || !g_str_has_suffix(text, "}"))
        return text;
    g_autofree char *name = g_strndup(text + 2, strlen(text) - 3);
    g_free(text);
    return find_property(package, system, name);
}

static gboolean read_capacity(const OvfPackage *package, const xmlNode *system, const char *id,
                              const xmlNode *element, uint64_t *ret_bytes, GError **error)
{
    g_autofree char *units = xml_attribute(element, "capacityAllocationUnits");
    g_autofree char *text = resolve(package, system, xml_attribute(element, "capacity"));
    uint64_t number, unit_bytes;
    if (text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number, NULL) &&
        ovf_units_parse(units, &unit_bytes) && g_uint64_checked_mul(ret_bytes, number, unit_bytes))
        return TRUE;
    *ret_bytes = 0;
    g_autofree char *file = xml_attribute(element, "fileRef");
    if (file)
        return TRUE; /* its image knows */
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "write its size in bytes as ovf:capacity",
                      "the disk '%s' has no file and its capacity '%s %s' is no size", id,
                      text ? text : "", units ? units : "");
    return FALSE;
}

static gboolean is_remote(const char *name)
{
    g_autofree char *scheme = g_uri_parse_scheme(name);
    return scheme && strlen(scheme) > 1 && g_strcmp0(scheme, "file") != 0;
}

static gboolean fill_file(const OvfPackage *package, const char *id, MachineDisk *disk,
                          GError **error)
{
    const OvfFile *file = g_hash_table_lookup(package->files, id);
    if (!file) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "export it again",
                          "a disk refers to the file '%s', which is not listed", id);
        return FALSE;
    }
    if (is_remote(file->name)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "download it beside the OVF and write its bare name into the OVF",
                          "the disk '%s' is somewhere in the network", file->name);
        return FALSE;
    }
    gboolean is_plain = !file->compression || g_str_equal(file->compression, "identity");
    /* Packages made by hand only have it in the name; the content decides in the end. */
    disk->is_gzip = file->compression ? g_str_equal(file->compression, "gzip")
                                      : g_str_has_suffix(file->name, ".gz");
    if (!is_plain && !disk->is_gzip) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "uncompress it and remove ovf:compression from the OVF",
                          "the file '%s' is compressed with '%s', which is not known", file->name,
                          file->compression);
        return FALSE;
    }
    if (file->chunk_bytes > 0 && file->chunk_bytes < CHUNK_MINIMUM_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "export it again",
                          "the file '%s' is said to come in pieces of %" G_GUINT64_FORMAT " bytes",
                          file->name, file->chunk_bytes);
        return FALSE;
    }
    g_free(disk->stored_name);
    disk->stored_name = g_strdup(file->name);
    disk->stored_bytes = file->size_bytes;
    disk->chunk_bytes = file->chunk_bytes;
    return TRUE;
}

/* The ID in "ovf:/kind/ID", "/kind/ID" or "kind/ID"; NULL: something else. Borrowed. */
static const char *resource_id(const char *resource, const char *kind)
{
    if (g_ascii_strncasecmp(resource, "ovf:", 4) == 0)
        resource += 4;
    resource += strspn(resource, "/");
    size_t length = strlen(kind);
    return strncmp(resource, kind, length) == 0 && resource[length] == '/' && resource[length + 1]
               ? resource + length + 1
               : NULL;
}

gboolean ovf_package_fill_disk(const OvfPackage *package, const xmlNode *system,
                               const char *resource, MachineDisk *disk, GError **error)
{
    const char *file_id = resource_id(resource, "file");
    const char *id = resource_id(resource, "disk");
    if (file_id)
        return fill_file(package, file_id, disk, error);
    const xmlNode *element = id ? g_hash_table_lookup(package->disks, id) : NULL;
    if (!element) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "export it again",
                          "a machine has the disk '%s', which is not described", resource);
        return FALSE;
    }
    g_autofree char *parent = xml_attribute(element, "parentRef");
    if (parent) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "delete the machine's snapshots, then export it again",
                          "the disk '%s' only holds what changed against the disk '%s'", id,
                          parent);
        return FALSE;
    }
    if (!read_capacity(package, system, id, element, &disk->capacity_bytes, error))
        return FALSE;
    g_autofree char *file = xml_attribute(element, "fileRef");
    return !file || fill_file(package, file, disk, error);
}

const char *ovf_package_file_name(const OvfPackage *package, const char *resource)
{
    const char *id = resource ? resource_id(resource, "file") : NULL;
    const OvfFile *file = id ? g_hash_table_lookup(package->files, id) : NULL;
    return file ? file->name : NULL;
}
