/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the folders below migrate/ say how far they are, without knowing who listens. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdint.h>

/* done and total in bytes or items, as the caller's stage says; total 0: not known. */
typedef void (*ProgressFunc)(void *data, uint64_t done, uint64_t total);

#endif
