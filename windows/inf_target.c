/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TargetOS decorations: nt[arch][.[major][.[minor][.[type][.[suite][.[build]]]]]]. */
#include "windows/inf_target.h"

/* Windows 10 1607's first build that looks at the build number of a decoration. */
#define FIRST_BUILD_WITH_BUILD_NUMBERS 14310

enum { PART_MAJOR, PART_MINOR, PART_PRODUCT_TYPE, PART_SUITE, PART_BUILD, PART_COUNT };

typedef struct {
    gboolean given;
    guint value;
} Part;

const char *inf_architecture_name(InfArchitecture architecture)
{
    static const char *const names[] = {
        [INF_ARCHITECTURE_X86] = "x86",
        [INF_ARCHITECTURE_AMD64] = "amd64",
        [INF_ARCHITECTURE_ARM64] = "arm64",
    };

    return names[architecture];
}

static gboolean parse_part(const char *text, Part *part)
{
    gboolean hex = g_ascii_strncasecmp(text, "0x", 2) == 0;
    guint64 value = 0;

    part->given = *text != '\0';
    if (!part->given)
        return TRUE;
    if (!g_ascii_string_to_unsigned(hex ? text + 2 : text, hex ? 16 : 10, 0, G_MAXUINT, &value,
                                    NULL))
        return FALSE;
    part->value = (guint)value;
    return TRUE;
}

/* FALSE: no decoration Windows would understand. */
static gboolean parse_decoration(const char *decoration, char **ret_architecture,
                                 Part parts[PART_COUNT])
{
    g_auto(GStrv) words = g_strsplit(decoration, ".", PART_COUNT + 2);
    guint count = g_strv_length(words);

    if (!count || count > PART_COUNT + 1 || g_ascii_strncasecmp(words[0], "nt", 2) != 0)
        return FALSE;
    for (guint i = 1; i < count; i++) {
        if (!parse_part(g_strstrip(words[i]), &parts[i - 1]))
            return FALSE;
    }
    *ret_architecture = g_strdup(words[0] + 2);
    return TRUE;
}

static gboolean version_is_met(const Part parts[PART_COUNT], const InfTarget *target)
{
    guint major = parts[PART_MAJOR].value;

    if (!parts[PART_MAJOR].given)
        return TRUE;
    if (major != target->major)
        return major < target->major;
    return !parts[PART_MINOR].given || parts[PART_MINOR].value <= target->minor;
}

static gboolean build_is_met(const Part parts[PART_COUNT], const InfTarget *target)
{
    if (!parts[PART_BUILD].given || target->build < FIRST_BUILD_WITH_BUILD_NUMBERS)
        return TRUE;
    /* The build belongs to the version it is written with: 10.0...16299 is also met by 11.x. */
    if (parts[PART_MAJOR].given && parts[PART_MAJOR].value < target->major)
        return TRUE;
    return parts[PART_BUILD].value <= target->build;
}

gboolean inf_target_applies(const char *decoration, const InfTarget *target, guint64 *ret_rank)
{
    Part parts[PART_COUNT] = {{0}};
    g_autofree char *architecture = NULL;
    guint64 rank;

    if (!decoration || !*decoration) {
        *ret_rank = 0;
        return target->architecture == INF_ARCHITECTURE_X86;
    }
    if (!parse_decoration(decoration, &architecture, parts))
        return FALSE;
    if (*architecture
            ? g_ascii_strcasecmp(architecture, inf_architecture_name(target->architecture)) != 0
            : target->architecture != INF_ARCHITECTURE_X86)
        return FALSE;
    if (!version_is_met(parts, target) || !build_is_met(parts, target))
        return FALSE;
    if (parts[PART_PRODUCT_TYPE].given && parts[PART_PRODUCT_TYPE].value != target->product_type)
        return FALSE;
    /* The suite of a guest is not known offline; a section for one suite is for that one only. */
    if (parts[PART_SUITE].given && parts[PART_SUITE].value != 0)
        return FALSE;

    rank = ((guint64)MIN(parts[PART_MAJOR].value, 0xffu) << 40) |
           ((guint64)MIN(parts[PART_MINOR].value, 0xffu) << 32) |
           ((guint64)MIN(parts[PART_BUILD].value, 0xffffffu) << 8);
    rank |= parts[PART_PRODUCT_TYPE].given ? 4 : 0;
    rank |= *architecture ? 2 : 0;
    *ret_rank = rank | 1;
    return TRUE;
}
