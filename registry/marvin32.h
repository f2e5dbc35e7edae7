/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Marvin32 checksum with the seed that Windows uses in transaction logs. For this folder only.
 */
#ifndef REGISTRY_MARVIN32_H
#define REGISTRY_MARVIN32_H

#include <stddef.h>
#include <stdint.h>

uint64_t marvin32(const uint8_t *bytes, size_t length);

#endif
