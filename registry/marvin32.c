/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Marvin32 checksum with the seed that Windows uses in transaction logs. */
#include "registry/marvin32.h"

#include "base/bytes.h"

typedef struct {
    uint32_t low, high;
} Marvin;

static uint32_t rotate_left(uint32_t value, unsigned int count)
{
    return value << count | value >> (32 - count);
}

static void marvin_mix(Marvin *state, uint32_t value)
{
    state->low += value;
    state->high ^= state->low;
    state->low = rotate_left(state->low, 20) + state->high;
    state->high = rotate_left(state->high, 9) ^ state->low;
    state->low = rotate_left(state->low, 27) + state->high;
    state->high = rotate_left(state->high, 19);
}

uint64_t marvin32(const uint8_t *bytes, size_t length)
{
    Marvin state = {.low = 0x7A4E55C5, .high = 0x82EF4D88};
    size_t at = 0;
    for (; length - at >= 4; at += 4) {
        marvin_mix(&state, get_le32(bytes + at));
    }
    uint8_t tail[4] = {0};
    size_t tail_length = length - at;
    for (size_t i = 0; i < tail_length; i++) {
        tail[i] = bytes[at + i];
    }
    tail[tail_length] = 0x80;
    marvin_mix(&state, get_le32(tail));
    marvin_mix(&state, 0);
    return (uint64_t)state.high << 32 | state.low;
}
