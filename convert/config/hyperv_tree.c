/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of a Hyper-V configuration. */
#include "convert/config/hyperv_tree.h"

#include <string.h>

#define NUMBER_LIMIT 9999

HypervKey *hyperv_key_new(const char *name, size_t length, HypervKeyType type)
{
    HypervKey *key = g_new0(HypervKey, 1);
    key->name = g_strndup(name, length);
    key->type = type;
    if (type == HYPERV_KEY_STRING)
        key->string = g_strdup("");
    if (type == HYPERV_KEY_BYTES)
        key->bytes = g_bytes_new(NULL, 0);
    if (type == HYPERV_KEY_NODE)
        key->children = g_ptr_array_new_with_free_func((GDestroyNotify)hyperv_key_free);
    return key;
}

void hyperv_key_free(HypervKey *key)
{
    if (!key)
        return;
    g_free(key->name);
    g_free(key->string);
    g_clear_pointer(&key->bytes, g_bytes_unref);
    g_clear_pointer(&key->children, g_ptr_array_unref);
    g_free(key);
}

void hyperv_key_add(HypervKey *node, HypervKey *child)
{
    g_ptr_array_add(node->children, child);
}

static const HypervKey *find_child(const HypervKey *node, const char *name, size_t length)
{
    for (guint i = 0; node->children && i < node->children->len; i++) {
        const HypervKey *child = g_ptr_array_index(node->children, i);
        if (strlen(child->name) == length && g_ascii_strncasecmp(child->name, name, length) == 0)
            return child;
    }
    return NULL;
}

const HypervKey *hyperv_key_find(const HypervKey *node, const char *path)
{
    while (node && *path) {
        size_t length = strcspn(path, "/");
        node = find_child(node, path, length);
        path += length;
        path += *path == '/';
    }
    return node;
}

const char *hyperv_key_get_string(const HypervKey *node, const char *path)
{
    const HypervKey *key = hyperv_key_find(node, path);
    return key && key->type == HYPERV_KEY_STRING && *key->string ? key->string : NULL;
}

gboolean hyperv_key_get_integer(const HypervKey *node, const char *path, gint64 *ret_integer)
{
    const HypervKey *key = hyperv_key_find(node, path);
    if (!key || key->type != HYPERV_KEY_INTEGER)
        return FALSE;
    *ret_integer = key->integer;
    return TRUE;
}

gboolean hyperv_key_get_boolean(const HypervKey *node, const char *path)
{
    const HypervKey *key = hyperv_key_find(node, path);
    return key && key->type == HYPERV_KEY_BOOLEAN && key->integer != 0;
}

gboolean hyperv_key_get_number(const HypervKey *key, const char *prefix, guint *ret_number)
{
    size_t length = strlen(prefix);
    guint64 number;
    if (g_ascii_strncasecmp(key->name, prefix, length) != 0 ||
        !g_ascii_string_to_unsigned(key->name + length, 10, 0, NUMBER_LIMIT, &number, NULL))
        return FALSE;
    *ret_number = (guint)number;
    return TRUE;
}
