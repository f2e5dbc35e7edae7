/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The undo file: what the changed places of one or more disks held before. All numbers are
   little-endian.

     magic, 16 bytes
     record HEAD, one DISK per disk, DATA …, DONE; perhaps APPL, then UNDO

   A record is a tag of four letters, the length of its content (32 bits), the content, and 32 bytes
   of SHA-256 over the previous record's sum (for the first: the magic, twice), tag, length and
   content: a record that is damaged, missing, or of another file is noticed. Up to DONE the file is
   written under another name, and stored before a byte of a disk changes; APPL and UNDO are
   appended later. What follows the last whole record is a mark that was cut off: as if it were not
   there.

   HEAD  version (32), number of disks (32), seconds since 1970 (64)
   DISK  size in bytes (64), kind of table (32: 0 none, 1 MBR, 2 GPT), its identity (16 bytes),
         number of witnesses (32), each: offset (64), sum (8 bytes); then path and format, each
         ended by NUL. A witness is a place that is not changed: UNDO_WITNESS_BYTES, fewer at the
         disk's end.
   DATA  number of the disk (32), length (32), offset (64); per UNDO_SECTOR_BYTES the sum of what is
         there afterwards (8 bytes); then length bytes: what was there before. In ascending order,
         disk by disk.
   DONE  number of DATA records (64), sum of their lengths (64)
   APPL  seconds (64): all of it was changed on the disks
   UNDO  seconds (64): all of it was brought back

   Sums of 8 bytes are the first of the SHA-256. */
#ifndef MIGRATE_FIX_UNDO_FORMAT_H
#define MIGRATE_FIX_UNDO_FORMAT_H

#define UNDO_MAGIC "drydock undo \x1a\r\n"
#define UNDO_MAGIC_BYTES 16
#define UNDO_VERSION 1

#define UNDO_HEAD "HEAD"
#define UNDO_DISK "DISK"
#define UNDO_DATA "DATA"
#define UNDO_DONE "DONE"
#define UNDO_APPLIED "APPL"
#define UNDO_UNDONE "UNDO"

#define UNDO_TAG_BYTES 4
#define UNDO_RECORD_HEAD_BYTES 8 /* tag and length */
#define UNDO_SUM_BYTES 32
#define UNDO_SHORT_SUM_BYTES 8
#define UNDO_SECTOR_BYTES 512u
#define UNDO_WITNESS_BYTES 4096u

/* What is in a file beyond these was not written by us. */
#define UNDO_DATA_LIMIT_BYTES (1u << 20)
#define UNDO_RECORD_LIMIT_BYTES (2u << 20)
#define UNDO_DISKS_LIMIT 64
#define UNDO_WITNESS_LIMIT 512

#endif
