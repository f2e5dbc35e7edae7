/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units of quantities in an OVF. */
#include "convert/config/ovf_units.h"

#include <string.h>

static gboolean parse_word(const char *word, uint64_t *ret_bytes)
{
    static const struct {
        const char *word;
        guint shift;
    } words[] = {
        {"byte", 0},       {"bytes", 0}, {"b", 0},    {"kilobyte", 10},
        {"kilobytes", 10}, {"kb", 10},   {"kib", 10}, {"megabyte", 20},
        {"megabytes", 20}, {"mb", 20},   {"mib", 20}, {"gigabyte", 30},
        {"gigabytes", 30}, {"gb", 30},   {"gib", 30}, {"terabyte", 40},
        {"terabytes", 40}, {"tb", 40},   {"tib", 40},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_ascii_strcasecmp(word, words[i].word) == 0) {
            *ret_bytes = (uint64_t)1 << words[i].shift;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean parse_number(const char *text, uint64_t limit, uint64_t *ret_number)
{
    return g_ascii_string_to_unsigned(text, 10, 1, limit, ret_number, NULL);
}

/* "2^20", "1024" */
static gboolean parse_factor(char *text, uint64_t *ret_factor)
{
    char *hat = strchr(text, '^');
    uint64_t base, exponent;
    if (!hat)
        return parse_number(text, G_MAXUINT64, ret_factor);
    *hat = '\0';
    if (!parse_number(text, G_MAXUINT64, &base) || !parse_number(hat + 1, 63, &exponent))
        return FALSE;
    uint64_t factor = 1;
    for (uint64_t i = 0; i < exponent; i++)
        if (!g_uint64_checked_mul(&factor, factor, base))
            return FALSE;
    *ret_factor = factor;
    return TRUE;
}

gboolean ovf_units_parse(const char *text, uint64_t *ret_bytes)
{
    uint64_t bytes = 1;
    g_autoptr(GString) compact = g_string_new(NULL);
    for (const char *character = text ? text : ""; *character; character++)
        if (!g_ascii_isspace(*character))
            g_string_append_c(compact, *character);
    g_auto(GStrv) factors = g_strsplit(compact->str, "*", 8);
    for (guint i = 0; factors[i]; i++) {
        uint64_t factor;
        if (!(i == 0 ? parse_word(factors[i], &factor) : parse_factor(factors[i], &factor)) ||
            !g_uint64_checked_mul(&bytes, bytes, factor))
            return FALSE;
    }
    *ret_bytes = bytes;
    return TRUE;
}
