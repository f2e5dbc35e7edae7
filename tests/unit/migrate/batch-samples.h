/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batches that never ran, for the reports. */
#ifndef TESTS_BATCH_SAMPLES_H
#define TESTS_BATCH_SAMPLES_H

#include "migrate/batch/report.h"

typedef struct {
    BatchManifest *manifest;
    GPtrArray *results;
    BatchReport report;
} BatchSample;

/* The same for the same number. Names, sentences and paths are hostile here and there. */
BatchSample *batch_sample_new(guint machines, const char *folder);
void batch_sample_free(BatchSample *sample);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchSample, batch_sample_free)

/* A name that tries to be markup; machine number 1 has it, and its error as well. */
#define SAMPLE_HOSTILE_NAME "</script><script>document.documentElement.dataset.pwned=1</script>"

#endif
