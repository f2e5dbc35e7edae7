/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libntfs-3g's headers, with what they expect of a config.h that is not installed with them. */
#ifndef FS_NTFS_LIBRARY_H
#define FS_NTFS_LIBRARY_H

#define HAVE_STDARG_H 1
#define HAVE_TIME_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TYPES_H 1
/* Our device is a Disk; the library's own file operations are not wanted. */
#define NO_NTFS_DEVICE_DEFAULT_IO_OPS 1

#include <ntfs-3g/types.h>
#include <ntfs-3g/volume.h>
#include <ntfs-3g/device.h>
#include <ntfs-3g/attrib.h>
#include <ntfs-3g/cache.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/index.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/layout.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/reparse.h>
#include <ntfs-3g/security.h>
#include <ntfs-3g/unistr.h>

/* As the library's own NInoClear…() and so on, without their signed arithmetic. */
static inline void ntfs_state_clear(unsigned long *state, unsigned int bit)
{
    *state &= ~(1UL << bit);
}

#endif
