/* SPDX-License-Identifier: GPL-3.0-or-later */
/* batch-sample MACHINES DIR: the report of a batch that never ran, to be looked at. */
#include <stdio.h>
#include <stdlib.h>

#include "batch-samples.h"

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: batch-sample MACHINES DIR\n");
        return 2;
    }
    g_autofree char *folder = g_canonicalize_filename(argv[2], NULL);
    g_autoptr(BatchSample) sample =
        batch_sample_new((guint)g_ascii_strtoull(argv[1], NULL, 10), folder);
    g_autoptr(GError) error = NULL;
    const gint64 begun_us = g_get_monotonic_time();
    if (!batch_report_write(&sample->report, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    printf("%.1f ms\n", (double)(g_get_monotonic_time() - begun_us) / 1000);
    return 0;
}
