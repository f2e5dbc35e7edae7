/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The secrets that open encrypted volumes. */
#include "disk/key.h"

#include <string.h>

#include "base/error.h"

typedef struct {
    char *id; /* lower case, no braces; NULL: every volume */
    uint8_t *secret;
    size_t length;
} Key;

struct KeyRing {
    GPtrArray *keys; /* of Key */
};

static void key_free(gpointer data)
{
    Key *key = data;
    explicit_bzero(key->secret, key->length);
    g_free(key->secret);
    g_free(key->id);
    g_free(key);
}

KeyRing *key_ring_new(void)
{
    KeyRing *ring = g_new0(KeyRing, 1);
    ring->keys = g_ptr_array_new_with_free_func(key_free);
    return ring;
}

void key_ring_free(KeyRing *ring)
{
    if (!ring)
        return;
    g_ptr_array_unref(ring->keys);
    g_free(ring);
}

void key_ring_wipe(KeyRing *ring)
{
    if (ring)
        g_ptr_array_set_size(ring->keys, 0);
}

/* NULL: neither a UUID nor a word for every volume. */
static char *normalise_id(const char *id, gboolean *ret_any)
{
    *ret_any = g_str_equal(id, "*") || g_ascii_strcasecmp(id, "any") == 0;
    if (*ret_any)
        return NULL;
    size_t length = strlen(id);
    gboolean in_braces = length > 2 && id[0] == '{' && id[length - 1] == '}';
    g_autofree char *bare = in_braces ? g_strndup(id + 1, length - 2) : g_strdup(id);
    return g_uuid_string_is_valid(bare) ? g_ascii_strdown(bare, -1) : NULL;
}

gboolean key_ring_add(KeyRing *ring, const char *id, const uint8_t *secret, size_t length,
                      GError **error)
{
    gboolean any;
    g_autofree char *normal = normalise_id(id, &any);
    if (!normal && !any) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "give the UUID of a volume or of one of its key protectors, or any",
                          "'%s' does not say which volume a key is for", id);
        return FALSE;
    }
    if (length == 0 || length > KEY_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "the key for '%s' %s", id,
                          length == 0 ? "is empty" : "is longer than any key");
        return FALSE;
    }
    Key *key = g_new0(Key, 1);
    key->id = g_steal_pointer(&normal);
    key->secret = g_malloc0(length + 1);
    key->length = length;
    memcpy(key->secret, secret, length);
    g_ptr_array_add(ring->keys, key);
    return TRUE;
}

guint key_ring_count(const KeyRing *ring)
{
    return ring ? ring->keys->len : 0;
}

gboolean key_ring_is_for(const KeyRing *ring, guint index, const char *id)
{
    const Key *key = g_ptr_array_index(ring->keys, index);
    return !key->id || g_str_equal(key->id, id);
}

const uint8_t *key_ring_secret(const KeyRing *ring, guint index, size_t *ret_length)
{
    const Key *key = g_ptr_array_index(ring->keys, index);
    *ret_length = key->length;
    return key->secret;
}
