/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DriverVer = mm/dd/yyyy,w.x.y.z (Microsoft: "INF DriverVer Directive"). */
#include "windows/inf_version.h"

#include "windows/inf_registry.h"

/* 1601-01-01 to 1970-01-01. */
#define FILETIME_UNIX_EPOCH_SECONDS G_GINT64_CONSTANT(11644473600)
#define FILETIME_PER_SECOND 10000000

guint64 inf_read_date(const Inf *inf)
{
    const InfLine *line = inf_find_line(inf, "Version", "DriverVer");
    g_auto(GStrv) parts = g_strsplit_set(inf_line_field(line, 0), "/-", 4);
    g_autoptr(GDateTime) date = NULL;

    if (g_strv_length(parts) != 3)
        return 0;
    date = g_date_time_new_utc((gint)inf_parse_number(parts[2]), (gint)inf_parse_number(parts[0]),
                               (gint)inf_parse_number(parts[1]), 0, 0, 0);
    if (!date || g_date_time_get_year(date) < 1601)
        return 0;
    return (guint64)(g_date_time_to_unix(date) + FILETIME_UNIX_EPOCH_SECONDS) * FILETIME_PER_SECOND;
}

void inf_read_version(const Inf *inf, guint16 ret_version[4])
{
    const InfLine *line = inf_find_line(inf, "Version", "DriverVer");
    g_auto(GStrv) numbers = g_strsplit(inf_line_field(line, 1), ".", 5);

    for (guint i = 0; i < 4; i++)
        ret_version[i] = 0;
    for (guint i = 0; i < 4 && numbers[i]; i++) {
        guint32 number = inf_parse_number(g_strstrip(numbers[i]));

        ret_version[i] = number > G_MAXUINT16 ? G_MAXUINT16 : (guint16)number;
    }
}

char *inf_date_text(guint64 date)
{
    gint64 seconds = (gint64)(date / FILETIME_PER_SECOND) - FILETIME_UNIX_EPOCH_SECONDS;
    g_autoptr(GDateTime) time = date ? g_date_time_new_from_unix_utc(seconds) : NULL;

    return time ? g_date_time_format(time, "%Y-%m-%d") : NULL;
}

char *inf_version_text(const guint16 version[4])
{
    return g_strdup_printf("%u.%u.%u.%u", version[0], version[1], version[2], version[3]);
}
