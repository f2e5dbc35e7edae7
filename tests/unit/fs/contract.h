/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every filesystem driver must do alike, as one test run on a volume its program has made. */
#ifndef TESTS_UNIT_FS_CONTRACT_H
#define TESTS_UNIT_FS_CONTRACT_H

#include "fs/fs.h"

/* Opens the volume: first with old NULL, later to look at it again, then old (already synced) has
   to be closed. */
typedef Fs *(*FsContractReopen)(void *data, Fs *old);

/* The volume: fresh from mkfs, writable, with at least 12 MiB of free space; one of less than
   64 MiB is also filled up at the end. The run leaves files behind (each directory
   and every kind of name), synced, and closes its filesystem: afterwards let fsck look at it.
   For a volume that was filled up, the last sync was before that. */
void fs_contract_run(FsContractReopen reopen, void *data);

#endif
