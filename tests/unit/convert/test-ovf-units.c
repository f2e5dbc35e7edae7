/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units of an OVF: programmatic ones, words, and what is neither. */
#include "convert/config/ovf_units.h"

#define GIB ((uint64_t)1 << 30)
#define MIB ((uint64_t)1 << 20)

static void test_units(void)
{
    static const struct {
        const char *text;
        uint64_t bytes; /* 0: refused */
    } rows[] = {
        {NULL, 0},
        {"", 0},
        {"byte", 1},
        {"bytes", 1},
        {"byte * 2^20", MIB},
        {"byte*2^20", MIB},
        {"byte * 2 ^ 30", GIB},
        {" Byte * 1024 * 1024 ", MIB},
        {"byte * 10^9", 1000000000},
        {"MegaBytes", MIB},
        {"megabyte", MIB},
        {"MB", MIB},
        {"GigaBytes", GIB},
        {"KiloBytes", 1024},
        {"TB", 1024 * GIB},
        {"hertz * 10^6", 0},
        {"byte * 2^64", 0},
        {"byte * 2^63 * 2", 0},
        {"byte * 10^20", 0},
        {"byte * -1", 0},
        {"byte * 0", 0},
        {"byte *", 0},
        {"2^20 * byte", 0},
        {"byte * x", 0},
        {"byte*1*1*1*1*1*1*1*1*1", 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint64_t bytes = 0;
        gboolean is_default = !rows[i].text || !*rows[i].text;
        g_test_message("%s", rows[i].text ? rows[i].text : "NULL");
        g_assert_cmpint(ovf_units_parse(rows[i].text, &bytes), ==, is_default || rows[i].bytes > 0);
        g_assert_cmpuint(bytes, ==, is_default ? 1 : rows[i].bytes);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/ovf-units/units", test_units);
    return g_test_run();
}
