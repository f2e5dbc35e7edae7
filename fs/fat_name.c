/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long and short names on FAT. */
#include <string.h>

#include "base/error.h"
#include "base/utf16.h"
#include "fs/fat_volume.h"

enum {
    BASE_BYTES = 8,
    EXTENSION_BYTES = 3,
    CASE_LOWER_BASE = 0x08, /* in an entry's byte 12, since NT 4 */
    CASE_LOWER_EXTENSION = 0x10,
};

/* Code page 437, upper half: what Linux assumes too. A table of our own, as iconv would load a
   module, which the confined worker cannot. */
static const uint16_t code_page[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef,
    0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
    0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa,
    0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
    0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4,
    0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
    0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

/* May not stand in a long name ("Naming Files, Paths, and Namespaces" of Windows); all ASCII. */
static gboolean is_forbidden(char c)
{
    return g_ascii_iscntrl(c) || strchr("\"*/:<>?\\|", c) != NULL;
}

gboolean fat_name_check(const char *name, GError **error)
{
    glong units = 0;
    g_autofree gunichar2 *utf16 = g_utf8_to_utf16(name, -1, NULL, &units, NULL);
    const char *problem = NULL;
    if (!utf16)
        problem = "it is not UTF-8";
    else if (units > FAT_LONG_NAME_UNITS)
        problem = "it is too long";
    else if (units == 0 || g_str_has_suffix(name, ".") || g_str_has_suffix(name, " "))
        problem = "it is empty or ends in a dot or a space";
    for (const char *c = name; !problem && *c; c++)
        if (is_forbidden(*c))
            problem = "it has a character that FAT does not allow";
    if (!problem)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "'%s' cannot be a name: %s", name,
                      problem);
    return FALSE;
}

/* Most names differ early: nothing is copied to find that out. */
gboolean fat_names_are_equal(const char *a, const char *b)
{
    for (; *a && *b; a += g_utf8_skip[(guchar)*a], b += g_utf8_skip[(guchar)*b]) {
        gunichar left = g_utf8_get_char(a), right = g_utf8_get_char(b);
        if (left != right && g_unichar_toupper(left) != g_unichar_toupper(right))
            return FALSE;
    }
    return *a == *b;
}

static gboolean can_be_in_path(const char *name)
{
    return *name && !g_str_equal(name, ".") && !g_str_equal(name, "..");
}

char *fat_name_from_utf16(const uint8_t *bytes, size_t length)
{
    g_autofree char *text = utf16_to_utf8(bytes, length, UTF16_LITTLE_ENDIAN);
    if (!can_be_in_path(text))
        return NULL;
    g_auto(GStrv) parts = g_strsplit(text, "/", -1);
    return g_strjoinv("\xef\xbf\xbd", parts); /* U+FFFD */
}

static void append_part(GString *name, const uint8_t *bytes, size_t length, gboolean lower)
{
    while (length > 0 && bytes[length - 1] == ' ')
        length--;
    for (size_t i = 0; i < length; i++) {
        gunichar c = bytes[i] >= 0x80 ? code_page[bytes[i] - 0x80] : bytes[i];
        if (c == '/' || c == 0)
            c = 0xfffd;
        g_string_append_unichar(name, lower ? g_unichar_tolower(c) : c);
    }
}

char *fat_short_name_decode(const uint8_t *short_name, uint8_t case_flags)
{
    uint8_t bytes[FAT_SHORT_NAME_BYTES];
    memcpy(bytes, short_name, sizeof(bytes));
    if (bytes[0] == 0x05) /* 0xe5 itself would say that the slot is free */
        bytes[0] = 0xe5;
    g_autoptr(GString) name = g_string_new(NULL);
    append_part(name, bytes, BASE_BYTES, (case_flags & CASE_LOWER_BASE) != 0);
    gsize base_length = name->len;
    g_string_append_c(name, '.');
    append_part(name, bytes + BASE_BYTES, EXTENSION_BYTES,
                (case_flags & CASE_LOWER_EXTENSION) != 0);
    if (name->len == base_length + 1)
        g_string_truncate(name, base_length);
    return can_be_in_path(name->str) ? g_strdup(name->str) : NULL;
}

/* ASCII that a short name may hold; everything else becomes '_' in one. */
static gboolean is_short_character(gunichar c)
{
    return c < 0x80 && (g_ascii_isupper((char)c) || g_ascii_isdigit((char)c) ||
                        (c > 0x20 && strchr("!#$%&'()-@^_`{}~", (int)c) != NULL));
}

/* Upper case, split at the last dot; up to max characters of each part. TRUE: nothing was lost but
   case. */
static gboolean make_basis(const char *name, char base[BASE_BYTES + 1],
                           char extension[EXTENSION_BYTES + 1])
{
    const char *start = name + strspn(name, ". ");
    const char *dot = strrchr(start, '.');
    gboolean exact = start == name;
    size_t base_length = 0, extension_length = 0;
    for (const char *c = start; *c; c += g_utf8_skip[(guchar)*c]) {
        gunichar upper = g_unichar_toupper(g_utf8_get_char(c));
        if (c == dot)
            continue;
        if (upper == ' ' || upper == '.') {
            exact = FALSE;
            continue;
        }
        if (!is_short_character(upper)) {
            exact = FALSE;
            upper = '_';
        }
        if (dot && c > dot && extension_length < EXTENSION_BYTES)
            extension[extension_length++] = (char)upper;
        else if (!(dot && c > dot) && base_length < BASE_BYTES)
            base[base_length++] = (char)upper;
        else
            exact = FALSE;
    }
    base[base_length] = extension[extension_length] = '\0';
    return exact && base_length > 0 && (!dot || extension_length > 0);
}

static void put_short_name(const char *base, const char *extension, uint8_t *short_name)
{
    memset(short_name, ' ', FAT_SHORT_NAME_BYTES);
    memcpy(short_name, base, strlen(base));
    memcpy(short_name + BASE_BYTES, extension, strlen(extension));
}

gboolean fat_short_name_encode(const char *name, uint8_t *short_name)
{
    char base[BASE_BYTES + 1], extension[EXTENSION_BYTES + 1];
    if (!make_basis(name, base, extension))
        return FALSE;
    for (const char *c = name; *c; c++)
        if (g_ascii_islower(*c))
            return FALSE;
    put_short_name(base, extension, short_name);
    return TRUE;
}

/* As Windows does: the name itself where only its case is lost, then four with a number, then ones
   with four digits of a hash, which large directories do not run out of. */
void fat_short_name_make(const char *name, guint attempt, uint8_t *short_name)
{
    char base[BASE_BYTES + 1], extension[EXTENSION_BYTES + 1];
    if (make_basis(name, base, extension) && attempt == 0) {
        put_short_name(base, extension, short_name);
        return;
    }
    g_autofree char *tail = attempt < 5
                                ? g_strdup_printf("~%u", MAX(attempt, 1))
                                : g_strdup_printf("%04X~1", (g_str_hash(name) + attempt) & 0xffff);
    size_t kept = MIN(strlen(base), BASE_BYTES - strlen(tail));
    base[kept] = '\0';
    g_autofree char *numbered = g_strconcat(base, tail, NULL);
    put_short_name(numbered, extension, short_name);
}

uint8_t fat_short_name_checksum(const uint8_t *short_name)
{
    guint sum = 0;
    for (guint i = 0; i < FAT_SHORT_NAME_BYTES; i++)
        sum = ((sum & 1) << 7 | (sum & 0xff) >> 1) + short_name[i];
    return (uint8_t)(sum & 0xff);
}
