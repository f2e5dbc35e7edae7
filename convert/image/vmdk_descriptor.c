/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text part of a VMDK. */
#include "convert/image/vmdk_descriptor.h"

#include <string.h>

#include "base/error.h"

#define MAGIC "# Disk DescriptorFile"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define EXTENTS_LIMIT 4096
#define SECTORS_LIMIT (UINT64_C(1) << 41)

/* How far qemu looks for CID and parentFileNameHint, and how long an extent's name it takes. */
#define QEMU_SETTINGS_BYTES (20 * 512)
#define QEMU_NAME_BYTES 511

/* What goes along while the lines are read. */
typedef struct {
    VmdkDescriptor *descriptor;
    char *encoding; /* NULL: not said */
    GRegex *extent_like, *extent, *plain_extent, *plain_setting;
    gboolean after_blank_line, has_parent_cid, has_hint;
} Parser;

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
    g_free(descriptor->uuid);
    g_ptr_array_unref(descriptor->extents);
    g_free(descriptor);
}

gboolean vmdk_descriptor_is_text(const uint8_t *head, size_t length)
{
    size_t start = 0;
    if (length >= strlen(BYTE_ORDER_MARK) &&
        memcmp(head, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
        start = strlen(BYTE_ORDER_MARK);
    while (start < length && g_ascii_isspace((char)head[start]))
        start++;
    return length - start >= strlen(MAGIC) &&
           g_ascii_strncasecmp((const char *)head + start, MAGIC, strlen(MAGIC)) == 0;
}

static gboolean parse_number(const char *text, uint64_t limit, uint64_t *ret_number)
{
    return g_ascii_string_to_unsigned(text, 10, 0, limit, ret_number, NULL);
}

/* Names are in the code page of the host that wrote them (encoding="windows-1252"). A name that is
   UTF-8 is taken as it is, whatever the descriptor says: copying to a Linux host may have changed
   the one and not the other. */
static char *decode_name(const Parser *parser, const char *name)
{
    if (g_utf8_validate(name, -1, NULL))
        return g_strdup(name);
    const char *encoding = parser->encoding ? parser->encoding : "windows-1252";
    char *decoded = g_convert(name, -1, "UTF-8", encoding, NULL, NULL, NULL);
    if (decoded && g_utf8_validate(decoded, -1, NULL))
        return decoded;
    g_free(decoded);
    return g_utf8_make_valid(name, -1);
}

static gboolean refuse_line(const char *line, GError **error)
{
    g_autofree char *shown = g_utf8_make_valid(line, (gssize)MIN(strlen(line), 100));
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "compare it with the descriptor in the source",
                      "its descriptor has an impossible extent line (%s)", shown);
    return FALSE;
}

/* The shape of the line alone: qemu wants an offset for FLAT and none for anything else, and takes
   what follows an empty line twice. */
static gboolean extent_is_plain(const Parser *parser, const char *line, const VmdkExtent *extent,
                                gboolean has_offset)
{
    return !parser->after_blank_line && g_regex_match(parser->plain_extent, line, 0, NULL) &&
           extent->file_name && strlen(extent->file_name) <= QEMU_NAME_BYTES &&
           has_offset == g_str_equal(extent->type, "FLAT");
}

static gboolean parse_extent(const Parser *parser, const char *line, GError **error)
{
    GPtrArray *extents = parser->descriptor->extents;
    g_autoptr(GMatchInfo) match = NULL;
    if (extents->len >= EXTENTS_LIMIT || !g_regex_match(parser->extent, line, 0, &match))
        return refuse_line(line, error);
    g_autofree char *access = g_match_info_fetch(match, 1);
    g_autofree char *sectors = g_match_info_fetch(match, 2);
    g_autofree char *type = g_match_info_fetch(match, 3);
    g_autofree char *file_name = g_match_info_fetch(match, 4);
    g_autofree char *offset = g_match_info_fetch(match, 5);
    gboolean has_offset = offset && *offset;

    VmdkExtent *extent = g_new0(VmdkExtent, 1);
    g_ptr_array_add(extents, extent);
    extent->access = g_ascii_strup(access, -1);
    extent->type = g_ascii_strup(type, -1);
    if (file_name && *file_name)
        extent->file_name = decode_name(parser, file_name);
    if (!parse_number(sectors, SECTORS_LIMIT, &extent->sectors) || extent->sectors == 0 ||
        (has_offset && !parse_number(offset, SECTORS_LIMIT, &extent->offset_sectors)))
        return refuse_line(line, error);
    extent->is_plain = extent_is_plain(parser, line, extent, has_offset) &&
                       g_str_equal(file_name, extent->file_name);
    return TRUE;
}

static gboolean parse_cid(const char *value, uint32_t *ret_cid)
{
    guint64 number;
    if (!g_ascii_string_to_unsigned(value, 16, 0, G_MAXUINT32, &number, NULL))
        return FALSE;
    *ret_cid = (uint32_t)number;
    return TRUE;
}

/* "60 00 C2 9b a1 b2 c3 d4-e5 f6 …"; NULL: it is none. */
static char *parse_uuid(const char *value)
{
    GString *digits = g_string_new(NULL);
    for (; *value; value++) {
        if (g_ascii_isxdigit(*value))
            g_string_append_c(digits, g_ascii_tolower(*value));
        else if (*value != ' ' && *value != '-')
            g_string_append_c(digits, '?');
    }
    gboolean ok = digits->len == 32 && !strchr(digits->str, '?');
    return g_string_free(digits, !ok);
}

static gboolean refuse_cid(const char *key, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "compare it with the descriptor in the source",
                      "its descriptor's %s is no number", key);
    return FALSE;
}

/* Without its quotes, if it has them. */
static char *copy_value(const char *text)
{
    char *value = g_strstrip(g_strdup(text));
    size_t length = strlen(value);
    if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
        memmove(value, value + 1, length - 2);
        value[length - 2] = '\0';
    }
    return value;
}

static gboolean parse_setting(Parser *parser, const char *line, GError **error)
{
    VmdkDescriptor *descriptor = parser->descriptor;
    const char *equals = strchr(line, '=');
    if (!equals)
        return TRUE;
    g_autofree char *key = g_strstrip(g_strndup(line, (gsize)(equals - line)));
    g_autofree char *value = copy_value(equals + 1);
    /* qemu takes the first one in the text; the name of an extent may hold the word. */
    static const char *const searched[] = {"createType", "CID", "parentCID", "parentFileNameHint",
                                           NULL};
    if (descriptor->extents->len > 0 && g_strv_contains(searched, key))
        descriptor->is_plain = FALSE;
    if (g_ascii_strcasecmp(key, "createType") == 0) {
        descriptor->is_plain = descriptor->is_plain && !descriptor->create_type;
        g_free(descriptor->create_type);
        descriptor->create_type = g_utf8_make_valid(value, -1);
    } else if (g_ascii_strcasecmp(key, "CID") == 0) {
        /* qemu takes the first "CID" in the text, which must not be that of parentCID. */
        descriptor->is_plain =
            descriptor->is_plain && !descriptor->has_cid && !parser->has_parent_cid;
        descriptor->has_cid = TRUE;
        return parse_cid(value, &descriptor->cid) || refuse_cid("CID", error);
    } else if (g_ascii_strcasecmp(key, "parentCID") == 0) {
        descriptor->is_plain = descriptor->is_plain && !parser->has_parent_cid;
        parser->has_parent_cid = TRUE;
        return parse_cid(value, &descriptor->parent_cid) || refuse_cid("parentCID", error);
    } else if (g_ascii_strcasecmp(key, "parentFileNameHint") == 0) {
        descriptor->is_plain = descriptor->is_plain && !parser->has_hint && *value;
        parser->has_hint = TRUE;
        g_free(descriptor->parent_hint);
        descriptor->parent_hint = *value ? decode_name(parser, value) : NULL;
    } else if (g_ascii_strcasecmp(key, "encoding") == 0) {
        g_free(parser->encoding);
        parser->encoding = g_steal_pointer(&value);
    } else if (g_ascii_strcasecmp(key, "ddb.uuid") == 0) {
        g_free(descriptor->uuid);
        descriptor->uuid = parse_uuid(value);
    } else if (g_ascii_strcasecmp(key, "ddb.iofilters") == 0) {
        descriptor->is_encrypted = descriptor->is_encrypted || strstr(value, "vmwarevmcrypt");
    } else if (g_ascii_strcasecmp(key, "keyID") == 0 || g_ascii_strcasecmp(key, "keySafe") == 0) {
        descriptor->is_encrypted = TRUE;
    }
    return TRUE;
}

static gboolean parse_line(Parser *parser, char *line, GError **error)
{
    g_strchomp(line);
    if (g_regex_match(parser->extent_like, line, 0, NULL))
        return parse_extent(parser, line, error);
    if (*line && !g_regex_match(parser->plain_setting, line, 0, NULL))
        parser->descriptor->is_plain = FALSE;
    char *start = line + strspn(line, " \t");
    return *start == '#' || parse_setting(parser, start, error);
}

static void parser_init(Parser *parser, VmdkDescriptor *descriptor)
{
    const GRegexCompileFlags raw = G_REGEX_RAW;
    parser->descriptor = descriptor;
    parser->extent_like =
        g_regex_new("^\\s*(?:RW|RDONLY|NOACCESS)\\s", raw | G_REGEX_CASELESS, 0, NULL);
    /* Extents on devices have more words behind ("partitionUUID …"). */
    parser->extent = g_regex_new("^\\s*(RW|RDONLY|NOACCESS)\\s+(\\d+)\\s+([0-9A-Za-z_]+)"
                                 "(?:\\s+\"([^\"]*)\"(?:\\s+(\\d+)(?:\\s.*)?)?)?$",
                                 raw | G_REGEX_CASELESS, 0, NULL);
    parser->plain_extent = g_regex_new(
        "^RW \\d+ (?:FLAT|SPARSE|VMFS|VMFSSPARSE|SESPARSE) \"[^\"\\x01-\\x1f]+\"(?: \\d+)?$", raw,
        0, NULL);
    /* Words that qemu searches the whole text for must be nowhere else. */
    parser->plain_setting = g_regex_new(
        "^(?:(?:parent)?CID=[0-9a-fA-F]{1,8}|"
        "(?!.+(?:CID|createType|parentFileNameHint))"
        "(?:createType=\"[0-9A-Za-z]+\"|parentFileNameHint=\"[^\"\\x01-\\x1f]+\")|"
        "(?!.*(?:CID|createType|parentFileNameHint))(?:#.*|version=\\d+|encoding=\"[^\"]*\"|"
        "isNativeSnapshot=\"[a-z]*\"|changeTrackPath=\"[^\"]*\"|ddb\\.[0-9A-Za-z_.]+ ?= "
        "?\"[^\"]*\"))$",
        raw, 0, NULL);
}

static void parser_clear(Parser *parser)
{
    g_free(parser->encoding);
    g_regex_unref(parser->extent_like);
    g_regex_unref(parser->extent);
    g_regex_unref(parser->plain_extent);
    g_regex_unref(parser->plain_setting);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parser, parser_clear)

VmdkDescriptor *vmdk_descriptor_parse(const char *text, size_t length, GError **error)
{
    g_autoptr(VmdkDescriptor) descriptor = g_new0(VmdkDescriptor, 1);
    descriptor->parent_cid = VMDK_NO_PARENT;
    descriptor->extents = g_ptr_array_new_with_free_func(extent_free);
    g_auto(Parser) parser = {0};
    parser_init(&parser, descriptor);

    g_autofree char *copy = g_strndup(text, length);
    descriptor->is_plain = !g_str_has_prefix(copy, BYTE_ORDER_MARK);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    size_t position = 0;
    for (char **line = lines; *line; line++) {
        position += strlen(*line) + 1;
        if (!parse_line(&parser, *line, error))
            return NULL;
        parser.after_blank_line = **line == '\0';
        if (strchr(*line, '=') && position > QEMU_SETTINGS_BYTES)
            descriptor->is_plain = FALSE;
    }
    descriptor->is_plain = descriptor->is_plain && descriptor->has_cid && parser.has_parent_cid;
    return g_steal_pointer(&descriptor);
}
