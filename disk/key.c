/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The secrets that open encrypted volumes. */
#include "disk/key.h"

#include <string.h>

#include "base/error.h"

typedef struct {
    char *id;           /* lower case, no braces; NULL: every volume */
    gboolean is_device; /* id is the name of one */
    gboolean is_chosen; /* was for a device, whose ring this is; id is NULL */
    uint8_t *secret;
    size_t length;
    uint8_t *whole; /* with the line break at its end; NULL: there is none */
    size_t whole_length;
} Key;

struct KeyRing {
    GPtrArray *keys; /* of Key */
};

static void key_free(gpointer data)
{
    Key *key = data;
    explicit_bzero(key->secret, key->length);
    g_free(key->secret);
    if (key->whole)
        explicit_bzero(key->whole, key->whole_length);
    g_free(key->whole);
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

/* "sda3", as volumes are listed, "xvda1", "nvme0n1p3", "md127", "group/volume". */
static gboolean is_device_name(const char *name)
{
    return g_regex_match_simple(
        "^(?:[hsv]d[a-z]+[0-9]*|xvd[a-z]+[0-9]*|nvme[0-9]+n[0-9]+(?:p[0-9]+)?|"
        "mmcblk[0-9]+(?:p[0-9]+)?|md[0-9]+(?:p[0-9]+)?|[^/]+/[^/]+)$",
        name, 0, 0);
}

/* FALSE: it says of no volume which one it is. *ret_id NULL: every volume. */
static gboolean normalise_id(const char *id, char **ret_id, gboolean *ret_is_device)
{
    static const char *const every[] = {"*", "any", "all"};
    *ret_id = NULL;
    *ret_is_device = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(every); i++)
        if (g_ascii_strcasecmp(id, every[i]) == 0)
            return TRUE;
    size_t length = strlen(id);
    gboolean in_braces = length > 2 && id[0] == '{' && id[length - 1] == '}';
    g_autofree char *bare = in_braces ? g_strndup(id + 1, length - 2) : g_strdup(id);
    const char *device = g_str_has_prefix(id, "/dev/") ? id + strlen("/dev/") : id;
    if (g_uuid_string_is_valid(bare))
        *ret_id = g_ascii_strdown(bare, -1);
    else if (is_device_name(device))
        *ret_id = g_strdup(device);
    *ret_is_device = *ret_id && !g_uuid_string_is_valid(bare);
    return *ret_id != NULL;
}

size_t key_text_length(const uint8_t *secret, size_t length)
{
    if (memchr(secret, 0, length))
        return length;
    if (length > 0 && secret[length - 1] == '\n')
        length--;
    if (length > 0 && secret[length - 1] == '\r')
        length--;
    return length;
}

static uint8_t *copy_secret(const uint8_t *secret, size_t length)
{
    uint8_t *copy = g_malloc0(length + 1);
    memcpy(copy, secret, length);
    return copy;
}

static void add_copy(KeyRing *ring, const Key *key)
{
    Key *copy = g_new0(Key, 1);
    *copy = *key;
    copy->id = g_strdup(key->id);
    copy->secret = copy_secret(key->secret, key->length);
    copy->whole = key->whole ? copy_secret(key->whole, key->whole_length) : NULL;
    g_ptr_array_add(ring->keys, copy);
}

gboolean key_ring_add(KeyRing *ring, const char *id, const uint8_t *secret, size_t length,
                      GError **error)
{
    g_autofree char *normal = NULL;
    gboolean is_device;
    if (!normalise_id(id, &normal, &is_device)) {
        drydock_error_set(
            error, DRYDOCK_ERROR_USAGE,
            "give the UUID of a volume or of one of its key protectors, its name (sda3), or all",
            "'%s' does not say which volume a key is for", id);
        return FALSE;
    }
    size_t text = key_text_length(secret, length);
    if (text == 0 || length > KEY_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "the key for '%s' %s", id,
                          text == 0 ? "is empty" : "is longer than any key");
        return FALSE;
    }
    Key *key = g_new0(Key, 1);
    key->id = g_steal_pointer(&normal);
    key->is_device = is_device;
    key->secret = copy_secret(secret, text);
    key->length = text;
    if (text < length)
        key->whole = copy_secret(secret, length);
    key->whole_length = length;
    g_ptr_array_add(ring->keys, key);
    return TRUE;
}

KeyRing *key_ring_for_device(const KeyRing *ring, const char *device)
{
    KeyRing *chosen = key_ring_new();
    for (guint i = 0; i < key_ring_count(ring); i++) {
        Key key = *(const Key *)g_ptr_array_index(ring->keys, i);
        if (key.is_device && !g_str_equal(key.id, device))
            continue;
        if (key.is_device) {
            key.is_chosen = TRUE;
            key.id = NULL;
        }
        add_copy(chosen, &key);
    }
    return chosen;
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

gboolean key_ring_names(const KeyRing *ring, guint index, const char *id)
{
    const Key *key = g_ptr_array_index(ring->keys, index);
    return key->is_chosen || g_strcmp0(key->id, id) == 0;
}

const uint8_t *key_ring_secret(const KeyRing *ring, guint index, size_t *ret_length)
{
    const Key *key = g_ptr_array_index(ring->keys, index);
    *ret_length = key->length;
    return key->secret;
}

const uint8_t *key_ring_whole_secret(const KeyRing *ring, guint index, size_t *ret_length)
{
    const Key *key = g_ptr_array_index(ring->keys, index);
    *ret_length = key->whole_length;
    return key->whole;
}
