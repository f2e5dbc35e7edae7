/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transaction logs of either format. */
#ifndef TESTS_REGISTRY_LOG_BUILDER_H
#define TESTS_REGISTRY_LOG_BUILDER_H

#include <glib.h>
#include <stdint.h>

/* A new-format log that begins with that sequence number; header is the hive's (512 bytes). */
GByteArray *log_new(const uint8_t *header, uint32_t sequence);
/* Appends an entry of one page (offset relative to the bins); returns where the entry starts. */
size_t log_add_entry(GByteArray *log, uint32_t sequence, uint32_t bins_size, uint32_t offset,
                     const void *data, uint32_t length);
/* Makes the hashes of the entry at start right again. */
void log_seal_entry(GByteArray *log, size_t start);

/* An old-format log with those 512-byte pages of bins; written: FILETIME in its header. */
GByteArray *log_old(const uint8_t *header, uint64_t written, uint32_t sequence, const uint8_t *bins,
                    uint32_t bins_size, const uint32_t *pages, size_t page_count);

#endif
