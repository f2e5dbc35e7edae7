/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The JSON of a LUKS2 header, after libcryptsetup has validated it: where the data is, and what
   opens it. */
#include <string.h>

#include "disk/luks_header.h"

/* NULL: not there, or of another type. */
static JsonObject *get_object(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static const char *get_text(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

/* Numbers of 64 bits are decimal texts there. FALSE: neither. */
static gboolean get_number(JsonObject *object, const char *name, uint64_t *ret_number)
{
    const char *text = get_text(object, name);
    if (text)
        return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, ret_number, NULL);
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;
    if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64 ||
        json_node_get_int(node) < 0)
        return FALSE;
    *ret_number = (uint64_t)json_node_get_int(node);
    return TRUE;
}

static gboolean is_plain_word(const char *text)
{
    return *text && strlen(text) <= 64 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
               strlen(text);
}

/* The first requirement, so that the message can name it; NULL: none. */
static const char *find_requirement(JsonObject *root)
{
    JsonObject *requirements = get_object(get_object(root, "config"), "requirements");
    JsonNode *node = requirements ? json_object_get_member(requirements, "mandatory") : NULL;
    if (!node || !JSON_NODE_HOLDS_ARRAY(node))
        return NULL;
    JsonArray *array = json_node_get_array(node);
    if (json_array_get_length(array) == 0)
        return NULL;
    JsonNode *first = json_array_get_element(array, 0);
    const char *text = JSON_NODE_HOLDS_VALUE(first) ? json_node_get_string(first) : NULL;
    return text && is_plain_word(text) ? text : "unknown";
}

static void refuse(Luks *luks, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void refuse(Luks *luks, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_free(luks->reason);
    luks->reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

static void decode_segment(Luks *luks, JsonObject *segment)
{
    uint64_t sector_bytes = 0;
    const char *type = get_text(segment, "type"), *encryption = get_text(segment, "encryption");
    const char *size = get_text(segment, "size");
    if (g_strcmp0(type, "crypt") != 0) {
        refuse(luks, "its data is of the type '%s'", type && is_plain_word(type) ? type : "?");
        return;
    }
    if (get_object(segment, "integrity")) {
        refuse(luks, "it is protected by dm-integrity");
        return;
    }
    if (!encryption || !luks_encryption_parse(encryption, &luks->encryption)) {
        refuse(luks, "its cipher is '%s'",
               encryption && strlen(encryption) <= 64 ? encryption : "?");
        return;
    }
    luks->data_bytes = 0;
    if (!get_number(segment, "offset", &luks->data_offset) ||
        !get_number(segment, "iv_tweak", &luks->first_number) ||
        !get_number(segment, "sector_size", &sector_bytes) ||
        (g_strcmp0(size, "dynamic") != 0 &&
         (!get_number(segment, "size", &luks->data_bytes) || luks->data_bytes == 0)) ||
        sector_bytes < 512 || sector_bytes > 4096 || (sector_bytes & (sector_bytes - 1)) != 0) {
        refuse(luks, "where its data is makes no sense");
        return;
    }
    luks->sector_bytes = (uint32_t)sector_bytes;
}

static void decode_segments(Luks *luks, JsonObject *root)
{
    JsonObject *segments = get_object(root, "segments");
    const char *requirement = find_requirement(root);
    if (requirement && strstr(requirement, "reencrypt"))
        refuse(luks, "its reencryption has not finished");
    else if (requirement)
        refuse(luks, "it requires '%s'", requirement);
    else if (!segments || json_object_get_size(segments) != 1)
        refuse(luks, "its data is in several pieces");
    else {
        g_autoptr(GList) names = json_object_get_members(segments);
        decode_segment(luks, get_object(segments, names->data));
    }
}

static void decode_digests(Luks *luks, JsonObject *root)
{
    JsonObject *digests = get_object(root, "digests");
    g_autoptr(GList) names = digests ? json_object_get_members(digests) : NULL;
    for (GList *name = names; name; name = name->next) {
        uint64_t rounds = 0;
        if (get_number(get_object(digests, name->data), "iterations", &rounds))
            luks->digest_rounds = MAX(luks->digest_rounds, rounds);
    }
}

/* What Clevis asks: in the protected header of its JWE (RFC 7516), in base64url. NULL: not known.
 */
static char *find_clevis_pin(JsonObject *token)
{
    const char *protected = get_text(get_object(token, "jwe"), "protected");
    if (!protected)
        return NULL;
    size_t length = strlen(protected), decoded_length = 0;
    g_autofree char *padded = g_strconcat(protected, "===", NULL);
    padded[(length + 3) / 4 * 4] = '\0';
    g_strdelimit(padded, "-", '+');
    g_strdelimit(padded, "_", '/');
    g_autofree guchar *header = g_base64_decode(padded, &decoded_length);
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!json_parser_load_from_data(parser, (const char *)header, (gssize)decoded_length, NULL))
        return NULL;
    JsonNode *root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root))
        return NULL;
    const char *pin = get_text(get_object(json_node_get_object(root), "clevis"), "pin");
    return pin && is_plain_word(pin) ? g_strdup(pin) : NULL;
}

static void decode_tokens(Luks *luks, JsonObject *root)
{
    JsonObject *tokens = get_object(root, "tokens");
    g_autoptr(GList) names = tokens ? json_object_get_members(tokens) : NULL;
    for (GList *name = names; name; name = name->next) {
        JsonObject *token = get_object(tokens, name->data);
        const char *type = get_text(token, "type");
        if (!type || !is_plain_word(type))
            continue;
        g_autofree char *pin = g_str_equal(type, "clevis") ? find_clevis_pin(token) : NULL;
        g_ptr_array_add(luks->tokens, pin ? g_strdup_printf("%s (%s)", type, pin) : g_strdup(type));
    }
}

void luks_json_decode(Luks *luks, const char *json)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonNode *root =
        json_parser_load_from_data(parser, json, -1, NULL) ? json_parser_get_root(parser) : NULL;
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        refuse(luks, "its metadata is no JSON");
        return;
    }
    decode_segments(luks, json_node_get_object(root));
    decode_digests(luks, json_node_get_object(root));
    decode_tokens(luks, json_node_get_object(root));
}
