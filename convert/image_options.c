/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How qemu is told what a file is, so that it never has to guess. */
#include "convert/image_options.h"

#include "convert/source_format.h"

char *image_options_escape(const char *value)
{
    GString *escaped = g_string_new(value);
    g_string_replace(escaped, ",", ",,", 0);
    return g_string_free(escaped, FALSE);
}

char *image_options_for_place(const char *driver, const SourcePlace *place)
{
    g_autofree char *path = image_options_escape(place->path);
    if (source_place_is_whole(place))
        return g_strdup_printf("driver=%s,file.driver=%s,file.filename=%s", driver,
                               place->is_device ? "host_device" : "file", path);
    /* qemu wants whole sectors; archives pad their members to them. */
    uint64_t size = (place->length + 511) / 512 * 512;
    return g_strdup_printf("driver=%s,file.driver=raw,file.offset=%" G_GUINT64_FORMAT
                           ",file.size=%" G_GUINT64_FORMAT
                           ",file.file.driver=file,file.file.filename=%s",
                           driver, place->offset, size, path);
}

char *image_options_nest(const char *prefix, const char *options)
{
    GString *nested = g_string_new(NULL);
    g_string_append_printf(nested, "%s.", prefix);
    for (const char *c = options; *c; c++) {
        g_string_append_c(nested, *c);
        if (*c != ',')
            continue;
        if (c[1] == ',')
            g_string_append_c(nested, *++c);
        else
            g_string_append_printf(nested, "%s.", prefix);
    }
    return g_string_free(nested, FALSE);
}
