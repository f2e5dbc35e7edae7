/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Elephant diffuser. */
#include "disk/bitlocker_diffuser.h"

#include <glib.h>
#include <string.h>

#define CYCLES_A 5
#define CYCLES_B 3

static const guint rotations_a[] = {9, 0, 13, 0};
static const guint rotations_b[] = {0, 10, 0, 25};

static uint32_t rotate_left(uint32_t word, guint bits)
{
    return bits == 0 ? word : word << bits | word >> (32 - bits);
}

/* Words count around; count is a power of two. */
static void diffuse_a(uint32_t *words, guint count)
{
    for (guint cycle = 0; cycle < CYCLES_A; cycle++)
        for (guint i = 0; i < count; i += 4)
            for (guint j = 0; j < 4; j++)
                words[i + j] += words[(i + j - 2) & (count - 1)] ^
                                rotate_left(words[(i + j - 5) & (count - 1)], rotations_a[j]);
}

static void undo_a(uint32_t *words, guint count)
{
    for (guint cycle = 0; cycle < CYCLES_A; cycle++)
        for (guint i = count; i > 0; i -= 4)
            for (guint j = 4; j-- > 0;)
                words[i - 4 + j] -=
                    words[(i - 4 + j - 2) & (count - 1)] ^
                    rotate_left(words[(i - 4 + j - 5) & (count - 1)], rotations_a[j]);
}

static void diffuse_b(uint32_t *words, guint count)
{
    for (guint cycle = 0; cycle < CYCLES_B; cycle++)
        for (guint i = 0; i < count; i += 4)
            for (guint j = 0; j < 4; j++)
                words[i + j] += words[(i + j + 2) & (count - 1)] ^
                                rotate_left(words[(i + j + 5) & (count - 1)], rotations_b[j]);
}

static void undo_b(uint32_t *words, guint count)
{
    for (guint cycle = 0; cycle < CYCLES_B; cycle++)
        for (guint i = count; i > 0; i -= 4)
            for (guint j = 4; j-- > 0;)
                words[i - 4 + j] -=
                    words[(i - 4 + j + 2) & (count - 1)] ^
                    rotate_left(words[(i - 4 + j + 5) & (count - 1)], rotations_b[j]);
}

static void load(uint32_t *words, const uint8_t *sector, size_t length)
{
    memcpy(words, sector, length);
    for (size_t i = 0; i < length / 4; i++)
        words[i] = GUINT32_FROM_LE(words[i]);
}

static void store(uint8_t *sector, uint32_t *words, size_t length)
{
    for (size_t i = 0; i < length / 4; i++)
        words[i] = GUINT32_TO_LE(words[i]);
    memcpy(sector, words, length);
}

void diffuser_encrypt(uint8_t *sector, size_t length, uint32_t *room)
{
    load(room, sector, length);
    undo_a(room, (guint)(length / 4));
    undo_b(room, (guint)(length / 4));
    store(sector, room, length);
}

void diffuser_decrypt(uint8_t *sector, size_t length, uint32_t *room)
{
    load(room, sector, length);
    diffuse_b(room, (guint)(length / 4));
    diffuse_a(room, (guint)(length / 4));
    store(sector, room, length);
}
