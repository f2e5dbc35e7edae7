/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qemu's option strings, with names that contain their separators. */
#include "convert/image_options.h"

#include <glib.h>

#include "convert/source_format.h"

static void test_escape(void)
{
    g_autofree char *options = image_options_for_file("vmdk", "/a,b/c,,d.vmdk");
    g_assert_cmpstr(options, ==, "driver=vmdk,file.driver=file,file.filename=/a,,b/c,,,,d.vmdk");
}

static void test_nest(void)
{
    static const struct {
        const char *options, *nested;
    } rows[] = {
        {"driver=raw", "backing.driver=raw"},
        {"driver=raw,file.filename=x", "backing.driver=raw,backing.file.filename=x"},
        {"file.filename=a,,b,driver=raw", "backing.file.filename=a,,b,backing.driver=raw"},
        {"file.filename=a,,,,b", "backing.file.filename=a,,,,b"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *nested = image_options_nest("backing", rows[i].options);
        g_assert_cmpstr(nested, ==, rows[i].nested);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/image-options/escape", test_escape);
    g_test_add_func("/convert/image-options/nest", test_nest);
    return g_test_run();
}
