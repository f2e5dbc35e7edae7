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

char *image_options_for_file(const char *driver, const char *path)
{
    g_autofree char *escaped = image_options_escape(path);
    return g_strdup_printf("driver=%s,file.driver=file,file.filename=%s", driver, escaped);
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
