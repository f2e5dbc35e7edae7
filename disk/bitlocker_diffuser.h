/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Elephant diffuser: makes every bit of a sector depend on every other one. Only for
   bitlocker_cipher.c. */
#ifndef DISK_BITLOCKER_DIFFUSER_H
#define DISK_BITLOCKER_DIFFUSER_H

#include <stddef.h>
#include <stdint.h>

/* Both diffusers, A and B, over one sector in place, in the order of encryption and of decryption.
   length: 512 or 4096; room: as many bytes
   for words. (N. Ferguson, AES-CBC + Elephant diffuser, 2006.) */
void diffuser_encrypt(uint8_t *sector, size_t length, uint32_t *room);
void diffuser_decrypt(uint8_t *sector, size_t length, uint32_t *room);

#endif
