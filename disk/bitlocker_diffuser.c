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

/* Four words from first on, for those whose neighbours lie across the ends: words count around, and
   count is a power of two. In the middle the loops below do without the masks, three times as fast.
 */
static void diffuse_a_around(uint32_t *words, guint count, guint first)
{
    for (guint j = 0; j < 4; j++)
        words[first + j] += words[(first + j - 2) & (count - 1)] ^
                            rotate_left(words[(first + j - 5) & (count - 1)], rotations_a[j]);
}

static void undo_a_around(uint32_t *words, guint count, guint first)
{
    for (guint j = 4; j-- > 0;)
        words[first + j] -= words[(first + j - 2) & (count - 1)] ^
                            rotate_left(words[(first + j - 5) & (count - 1)], rotations_a[j]);
}

static void diffuse_b_around(uint32_t *words, guint count, guint first)
{
    for (guint j = 0; j < 4; j++)
        words[first + j] += words[(first + j + 2) & (count - 1)] ^
                            rotate_left(words[(first + j + 5) & (count - 1)], rotations_b[j]);
}

static void undo_b_around(uint32_t *words, guint count, guint first)
{
    for (guint j = 4; j-- > 0;)
        words[first + j] -= words[(first + j + 2) & (count - 1)] ^
                            rotate_left(words[(first + j + 5) & (count - 1)], rotations_b[j]);
}

static void diffuse_a(uint32_t *words, guint count)
{
    for (guint cycle = 0; cycle < CYCLES_A; cycle++) {
        diffuse_a_around(words, count, 0);
        diffuse_a_around(words, count, 4);
        for (uint32_t *word = words + 8; word < words + count; word += 4) {
            word[0] += word[-2] ^ rotate_left(word[-5], 9);
            word[1] += word[-1] ^ word[-4];
            word[2] += word[0] ^ rotate_left(word[-3], 13);
            word[3] += word[1] ^ word[-2];
        }
    }
}

static void undo_a(uint32_t *words, guint count)
{
    for (guint cycle = 0; cycle < CYCLES_A; cycle++) {
        for (uint32_t *word = words + count - 4; word >= words + 8; word -= 4) {
            word[3] -= word[1] ^ word[-2];
            word[2] -= word[0] ^ rotate_left(word[-3], 13);
            word[1] -= word[-1] ^ word[-4];
            word[0] -= word[-2] ^ rotate_left(word[-5], 9);
        }
        undo_a_around(words, count, 4);
        undo_a_around(words, count, 0);
    }
}

static void diffuse_b(uint32_t *words, guint count)
{
    for (guint cycle = 0; cycle < CYCLES_B; cycle++) {
        for (uint32_t *word = words; word < words + count - 8; word += 4) {
            word[0] += word[2] ^ word[5];
            word[1] += word[3] ^ rotate_left(word[6], 10);
            word[2] += word[4] ^ word[7];
            word[3] += word[5] ^ rotate_left(word[8], 25);
        }
        diffuse_b_around(words, count, count - 8);
        diffuse_b_around(words, count, count - 4);
    }
}

static void undo_b(uint32_t *words, guint count)
{
    for (guint cycle = 0; cycle < CYCLES_B; cycle++) {
        undo_b_around(words, count, count - 4);
        undo_b_around(words, count, count - 8);
        for (uint32_t *word = words + count - 8; word > words;) {
            word -= 4;
            word[3] -= word[5] ^ rotate_left(word[8], 25);
            word[2] -= word[4] ^ word[7];
            word[1] -= word[3] ^ rotate_left(word[6], 10);
            word[0] -= word[2] ^ word[5];
        }
    }
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
