/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text part of a VMDK. */
#include "convert/vmdk_descriptor.h"

#include <string.h>

#include "base/error.h"

#define MAGIC "# Disk DescriptorFile"
#define EXTENTS_LIMIT 4096

static void extent_free(gpointer data)
{
    VmdkExtent *extent = data;
    g_free(extent->access);
    g_free(extent->type);
    g_free(extent->file_name);
    g_free(extent);
}

void vmdk_descriptor_free(VmdkDescriptor *descriptor)
{
    if (!descriptor)
        return;
    g_free(descriptor->create_type);
    g_free(descriptor->parent_hint);
    g_ptr_array_unref(descriptor->extents);
    g_free(descriptor);
}

gboolean vmdk_descriptor_is_text(const uint8_t *head, size_t length)
{
    size_t start = 0;
    while (start < length && g_ascii_isspace((char)head[start]))
        start++;
    return length - start >= strlen(MAGIC) &&
           g_ascii_strncasecmp((const char *)head + start, MAGIC, strlen(MAGIC)) == 0;
}

static gboolean parse_number(const char *text, uint64_t *ret_number)
{
    return g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, ret_number, NULL);
}

static gboolean parse_extent(const GMatchInfo *match, VmdkDescriptor *descriptor,
                             gboolean after_blank_line, GError **error)
{
    VmdkExtent *extent = g_new0(VmdkExtent, 1);
    g_ptr_array_add(descriptor->extents, extent);
    g_autofree char *access = g_match_info_fetch(match, 1);
    g_autofree char *sectors = g_match_info_fetch(match, 2);
    g_autofree char *type = g_match_info_fetch(match, 3);
    g_autofree char *file_name = g_match_info_fetch(match, 4);
    g_autofree char *offset = g_match_info_fetch(match, 5);

    extent->access = g_ascii_strup(access, -1);
    extent->type = g_ascii_strup(type, -1);
    extent->after_blank_line = after_blank_line;
    if (file_name && *file_name)
        extent->file_name = g_steal_pointer(&file_name);
    if (descriptor->extents->len > EXTENTS_LIMIT || !parse_number(sectors, &extent->sectors) ||
        (offset && *offset && !parse_number(offset, &extent->offset_sectors))) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "its descriptor has an impossible extent line (%s %s %s)", access,
                          sectors, type);
        return FALSE;
    }
    return TRUE;
}

static uint32_t parse_cid(const char *value)
{
    guint64 number;
    if (!g_ascii_string_to_unsigned(value, 16, 0, G_MAXUINT32, &number, NULL))
        return VMDK_NO_PARENT;
    return (uint32_t)number;
}

static void parse_setting(const char *line, VmdkDescriptor *descriptor)
{
    const char *equals = strchr(line, '=');
    if (!equals)
        return;
    g_autofree char *key = g_strstrip(g_strndup(line, (gsize)(equals - line)));
    g_autofree char *value = g_strstrip(g_strdup(equals + 1));
    size_t length = strlen(value);
    if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
        memmove(value, value + 1, length - 2);
        value[length - 2] = '\0';
    }
    if (g_ascii_strcasecmp(key, "createType") == 0) {
        g_free(descriptor->create_type);
        descriptor->create_type = g_steal_pointer(&value);
    } else if (g_ascii_strcasecmp(key, "CID") == 0) {
        descriptor->cid = parse_cid(value);
    } else if (g_ascii_strcasecmp(key, "parentCID") == 0) {
        descriptor->parent_cid = parse_cid(value);
    } else if (g_ascii_strcasecmp(key, "parentFileNameHint") == 0) {
        g_free(descriptor->parent_hint);
        descriptor->parent_hint = g_steal_pointer(&value);
    }
}

VmdkDescriptor *vmdk_descriptor_parse(const char *text, size_t length, GError **error)
{
    g_autoptr(VmdkDescriptor) descriptor = g_new0(VmdkDescriptor, 1);
    descriptor->parent_cid = VMDK_NO_PARENT;
    descriptor->extents = g_ptr_array_new_with_free_func(extent_free);

    g_autoptr(GRegex) extent_line = g_regex_new("^\\s*(RW|RDONLY|NOACCESS)\\s+(\\d+)\\s+(\\w+)"
                                                "(?:\\s+\"([^\"]*)\"(?:\\s+(\\d+))?)?\\s*$",
                                                G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL);
    g_autofree char *copy = g_strndup(text, length);
    g_auto(GStrv) lines = g_strsplit_set(copy, "\n", -1);
    gboolean after_blank_line = FALSE;
    for (char **line = lines; *line; line++) {
        g_strchomp(*line);
        g_autoptr(GMatchInfo) match = NULL;
        if (g_regex_match(extent_line, *line, 0, &match)) {
            if (!parse_extent(match, descriptor, after_blank_line, error))
                return NULL;
        } else if (**line != '#') {
            parse_setting(*line, descriptor);
        }
        after_blank_line = **line == '\0';
    }
    return g_steal_pointer(&descriptor);
}
